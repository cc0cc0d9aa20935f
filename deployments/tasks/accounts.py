"""Accounts and their tokens. An account's name is its tenant."""

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import Engine, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from deployments.tasks.database import reader, writing
from deployments.tasks.schema import accounts, tokens

_REMEMBERED = 1024

_ACCOUNT = select(accounts).where(accounts.c.name == bindparam("of_name"))
_LIVE = (tokens.c.revoked_at.is_(None), tokens.c.expires_at > bindparam("now"))
_VALID = select(tokens.c.jti).where(tokens.c.jti == bindparam("of_jti"), *_LIVE)
_TOKENS = select(tokens.c.claims).where(tokens.c.account == bindparam("of_account"), *_LIVE)
_REVOKE = (
    update(tokens)
    .where(tokens.c.account == bindparam("of_account"), *_LIVE)
    .values(revoked_at=bindparam("now"))
    .returning(tokens.c.jti)
)


class AccountExists(Exception):
    """An account of that name is there already."""


@dataclass(frozen=True, slots=True)
class Account:
    """Who may submit tasks. `name` is the tenant of all that the account submits."""

    name: str
    created_at: float


class Accounts:
    """Accounts with argon2id password hashes, and the tokens issued to them. Thread-safe.

    Args: hasher: its costs; the default (64 MiB, 3 passes) takes tens of CPU-milliseconds a verification.
    """

    def __init__(
        self, engine: Engine, clock: Callable[[], float] = time.time, hasher: PasswordHasher | None = None
    ) -> None:
        self._engine, self._reader, self._clock = engine, reader(engine), clock
        self._hasher = hasher or PasswordHasher()
        self._nobody = self._hasher.hash(secrets.token_hex())
        self._verified = _Remembered()

    def add(self, name: str, password: str) -> Account:
        """Creates an account. Raises: AccountExists. ValueError: empty name or password, or a colon in the name."""
        if not name or not password or ":" in name or len(name) > 255:
            raise ValueError("an account needs a password and a name of at most 255 characters without a colon")
        account = Account(name, self._clock())
        row = {"name": name, "password_hash": self._hasher.hash(password), "created_at": account.created_at}
        try:
            with writing(self._engine) as connection:
                connection.execute(insert(accounts), row)
        except IntegrityError as error:
            raise AccountExists(name) from error
        return account

    def exists(self, name: str) -> bool:
        """Whether there is an account of that name."""
        return self._find(name) is not None

    def verify(self, name: str, password: str) -> Account | None:
        """The account, when the password is right. An unknown name takes as long as a wrong password.

        A verification that succeeded is remembered in memory (as a keyed hash, tied to the stored password hash), so
        clients that send Basic credentials with every request do not pay for argon2 each time.
        """
        row = self._find(name)
        stored = self._nobody if row is None else row.password_hash
        if row is not None and self._verified.knows(name, password, stored):
            return Account(row.name, row.created_at)
        try:
            self._hasher.verify(stored, password)
        except VerificationError:
            return None
        if row is None:
            return None
        self._verified.remember(name, password, stored)
        return Account(row.name, row.created_at)

    def set_password(self, name: str, password: str) -> bool:
        """Replaces the password; the old one is refused at once. False when there is no such account."""
        change = update(accounts).where(accounts.c.name == name).values(password_hash=self._hasher.hash(password))
        with writing(self._engine) as connection:
            return connection.execute(change).rowcount == 1

    def issue(self, account: str, claims: Mapping[str, Any]) -> None:
        """Records a token by its claims: `jti`, `iat` and `exp` (Unix seconds), and what else it says (`scopes`)."""
        row = {
            "jti": claims["jti"],
            "account": account,
            "claims": dict(claims),
            "issued_at": claims["iat"],
            "expires_at": claims["exp"],
        }
        with writing(self._engine) as connection:
            connection.execute(insert(tokens), row)

    def tokens(self, account: str) -> list[dict[str, Any]]:
        """The claims of the account's tokens that are neither revoked nor expired, oldest first."""
        with self._reader.connect() as connection:
            rows = connection.execute(_TOKENS.order_by(tokens.c.issued_at), self._at(of_account=account)).scalars()
            return list(rows)

    def revoke(self, account: str, jti: str | None = None) -> list[str]:
        """Revokes one token of the account, or all; returns the ids that were valid until now."""
        statement = _REVOKE if jti is None else _REVOKE.where(tokens.c.jti == jti)
        with writing(self._engine) as connection:
            return list(connection.execute(statement, self._at(of_account=account)).scalars())

    def token_valid(self, jti: str) -> bool:
        """Whether the token was issued here, and is neither revoked nor expired."""
        with self._reader.connect() as connection:
            return connection.execute(_VALID, self._at(of_jti=jti)).first() is not None

    def _find(self, name: str) -> Any:
        with self._reader.connect() as connection:
            return connection.execute(_ACCOUNT, {"of_name": name}).first()

    def _at(self, **parameters: Any) -> dict[str, Any]:
        return parameters | {"now": self._clock()}


class _Remembered:
    """The newest verifications that succeeded, as digests under a key that never leaves this process."""

    def __init__(self) -> None:
        self._key, self._digests, self._lock = secrets.token_bytes(32), OrderedDict[bytes, None](), Lock()

    def knows(self, name: str, password: str, stored: str) -> bool:
        with self._lock:
            return self._digest(name, password, stored) in self._digests

    def remember(self, name: str, password: str, stored: str) -> None:
        with self._lock:
            self._digests[self._digest(name, password, stored)] = None
            while len(self._digests) > _REMEMBERED:
                self._digests.popitem(last=False)

    def _digest(self, *parts: str) -> bytes:
        return hmac.digest(self._key, "\0".join(parts).encode("utf-8", "surrogatepass"), hashlib.sha256)
