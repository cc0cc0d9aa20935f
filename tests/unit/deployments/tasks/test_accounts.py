"""Accounts, passwords and tokens."""

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError

from deployments.tasks import schema
from deployments.tasks.accounts import AccountExists, Accounts
from tests.unit.deployments.tasks.samples import Clock

PASSWORD = "correct horse battery staple"


class CountingHasher(PasswordHasher):
    """A real argon2 hasher with the least costs, that counts its verifications."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.verified = 0

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override]
        self.verified += 1
        return super().verify(hash, password)


@pytest.fixture
def hasher() -> CountingHasher:
    return CountingHasher()


@pytest.fixture
def accounts(engine: Engine, clock: Clock, hasher: CountingHasher) -> Accounts:
    accounts = Accounts(engine, clock, hasher)
    accounts.add("bank", PASSWORD)
    return accounts


def _claims(clock: Clock, jti: str, life: float = 100) -> dict[str, object]:
    return {"jti": jti, "sub": "bank", "iat": clock.now, "exp": clock.now + life, "scopes": ["tasks"]}


def test_right_password_is_accepted_and_wrong_ones_are_not(accounts: Accounts) -> None:
    account = accounts.verify("bank", PASSWORD)
    assert account is not None
    assert account.name == "bank"
    for name, password in (
        ("bank", PASSWORD + "x"),
        ("bank", ""),
        ("shop", PASSWORD),
        ("", ""),
        ("bank\0", PASSWORD[:-1]),
    ):
        assert accounts.verify(name, password) is None


def test_password_is_stored_only_as_an_argon2id_hash(accounts: Accounts, engine: Engine) -> None:
    with engine.connect() as connection:
        stored = connection.execute(select(schema.accounts.c.password_hash)).scalar_one()
    assert stored.startswith("$argon2id$")
    assert PASSWORD not in stored


def test_default_hasher_costs_at_least_what_rfc_9106_asks_of_small_machines(engine: Engine) -> None:
    Accounts(engine).add("shop", PASSWORD)
    with engine.connect() as connection:
        stored = connection.execute(select(schema.accounts.c.password_hash)).scalar_one()
    assert "m=65536,t=3," in stored


def test_second_account_of_a_name_is_refused(accounts: Accounts) -> None:
    with pytest.raises(AccountExists):
        accounts.add("bank", "other")
    assert accounts.verify("bank", PASSWORD) is not None


@pytest.mark.parametrize(("name", "password"), [("", "x"), ("a", ""), ("a:b", "x"), ("a" * 256, "x")])
def test_account_that_basic_authentication_cannot_express_is_refused(
    accounts: Accounts, name: str, password: str
) -> None:
    with pytest.raises(ValueError, match="name"):
        accounts.add(name, password)


def test_existing_accounts_are_known(accounts: Accounts) -> None:
    assert accounts.exists("bank")
    assert not accounts.exists("shop")


def test_password_that_was_right_is_not_hashed_again(accounts: Accounts, hasher: CountingHasher) -> None:
    for _ in range(3):
        assert accounts.verify("bank", PASSWORD) is not None
    assert hasher.verified == 1
    assert accounts.verify("bank", PASSWORD + "x") is None
    assert hasher.verified == 2


def test_unknown_account_costs_as_much_as_a_wrong_password(accounts: Accounts, hasher: CountingHasher) -> None:
    accounts.verify("nobody", PASSWORD)
    assert hasher.verified == 1


def test_replaced_password_is_refused_at_once(accounts: Accounts) -> None:
    assert accounts.verify("bank", PASSWORD) is not None
    assert accounts.set_password("bank", "new")
    assert accounts.verify("bank", PASSWORD) is None
    assert accounts.verify("bank", "new") is not None
    assert not accounts.set_password("shop", "new")


def test_issued_token_is_valid_until_it_expires(accounts: Accounts, clock: Clock) -> None:
    accounts.issue("bank", _claims(clock, "one"))
    assert accounts.token_valid("one")
    assert not accounts.token_valid("two")
    clock.advance(100)
    assert not accounts.token_valid("one")
    assert accounts.tokens("bank") == []


def test_tokens_are_listed_with_their_claims_oldest_first(accounts: Accounts, clock: Clock) -> None:
    expected = []
    for jti in ("z", "a"):
        expected.append(_claims(clock, jti))
        accounts.issue("bank", expected[-1])
        clock.advance(1)
    assert accounts.tokens("bank") == expected


def test_revoked_token_is_refused_at_once_and_revoking_it_again_finds_nothing(accounts: Accounts, clock: Clock) -> None:
    for jti in ("one", "two"):
        accounts.issue("bank", _claims(clock, jti))
    assert accounts.revoke("bank", "one") == ["one"]
    assert (accounts.token_valid("one"), accounts.token_valid("two")) == (False, True)
    assert accounts.revoke("bank", "one") == []
    assert accounts.revoke("bank") == ["two"]
    assert accounts.revoke("bank") == []


def test_account_cannot_revoke_the_tokens_of_another(accounts: Accounts, clock: Clock) -> None:
    accounts.add("shop", PASSWORD)
    accounts.issue("bank", _claims(clock, "one"))
    assert accounts.revoke("shop", "one") == accounts.revoke("shop") == []
    assert accounts.token_valid("one")


def test_token_of_an_unknown_account_cannot_be_issued(accounts: Accounts, clock: Clock) -> None:
    with pytest.raises(IntegrityError):
        accounts.issue("nobody", _claims(clock, "one"))
