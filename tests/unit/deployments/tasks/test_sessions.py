"""Sessions: sliding ends, and pairs that replace each other."""

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Engine, select

from deployments.tasks.accounts import Accounts
from deployments.tasks.schema import sessions as table
from deployments.tasks.sessions import SessionExpired, SessionForeign, Sessions, SessionUnknown
from tests.unit.deployments.tasks.samples import Clock


@pytest.fixture
def sessions(engine: Engine, clock: Clock) -> Sessions:
    accounts = Accounts(engine, clock, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    for name in ("ann", "robot"):
        accounts.add(name, "password")
    return Sessions(engine, clock, life_s=900, long_life_s=1e8, service_accounts=["robot"])


def test_each_use_extends_a_session_and_silence_ends_it(sessions: Sessions, clock: Clock) -> None:
    opened = sessions.open("ann")
    assert opened.expires_at == clock() + 900
    for _ in range(3):
        clock.advance(800)
        assert sessions.use(opened.access_token) == "ann"
    clock.advance(901)
    with pytest.raises(SessionExpired):
        sessions.use(opened.access_token)


def test_service_accounts_live_long(sessions: Sessions, clock: Clock) -> None:
    opened = sessions.open("robot")
    clock.advance(9e7)
    assert opened.service
    assert sessions.use(opened.access_token) == "robot"


def test_tokens_that_were_never_issued_are_unknown(sessions: Sessions) -> None:
    opened = sessions.open("ann")
    for token in ("", "no", "\ud800", opened.expire_token):
        with pytest.raises(SessionUnknown):
            sessions.use(token)


def test_the_old_pair_dies_at_the_first_use_of_the_new(sessions: Sessions) -> None:
    old = sessions.open("ann")
    new = sessions.refresh(old.access_token, old.expire_token)
    assert new.session_id == old.session_id
    assert sessions.use(old.access_token) == "ann"
    assert sessions.use(new.access_token) == "ann"
    with pytest.raises(SessionUnknown):
        sessions.use(old.access_token)
    with pytest.raises(SessionUnknown):
        sessions.refresh(old.access_token, old.expire_token)


def test_an_expired_pair_can_be_refreshed_for_as_long_again(sessions: Sessions, clock: Clock) -> None:
    old = sessions.open("ann")
    clock.advance(1000)
    assert sessions.use(sessions.refresh(old.access_token, old.expire_token).access_token) == "ann"
    other = sessions.open("ann")
    clock.advance(1801)
    with pytest.raises(SessionUnknown):
        sessions.refresh(other.access_token, other.expire_token)


def test_tokens_of_two_sessions_refresh_neither(sessions: Sessions) -> None:
    one, other = sessions.open("ann"), sessions.open("robot")
    with pytest.raises(SessionForeign):
        sessions.refresh(one.access_token, other.expire_token)


def test_no_token_is_stored(sessions: Sessions, engine: Engine) -> None:
    opened = sessions.open("ann")
    with engine.connect() as connection:
        stored = str(connection.execute(select(table)).all())
    assert opened.access_token not in stored
    assert opened.expire_token not in stored


def test_a_poll_within_a_second_writes_nothing_and_a_later_one_extends(
    sessions: Sessions, engine: Engine, clock: Clock
) -> None:
    def ends() -> float:
        with engine.connect() as connection:
            return float(connection.execute(select(table.c.expires_at)).scalar_one())

    token, opened = sessions.open("ann").access_token, clock()
    clock.advance(0.5)
    sessions.use(token)
    assert ends() == opened + 900
    clock.advance(1)
    sessions.use(token)
    assert ends() == opened + 901.5
