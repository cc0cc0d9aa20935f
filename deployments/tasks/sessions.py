"""Sessions of clients that sign in with a password: a pair of tokens with a sliding end, kept as digests."""

import hashlib
import secrets
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Engine, bindparam, delete, insert, select, update

from deployments.tasks.database import reader, writing
from deployments.tasks.schema import sessions

LIFE_S, LONG_LIFE_S = 900.0, 5 * 365 * 86_400.0
_EXTEND_S = 1.0
"""Seconds after which a further use is written down: clients that poll would write all the time."""

_FIND = select(sessions).where(sessions.c.access_hash == bindparam("of_access"))
_BY_EXPIRE = select(sessions).where(sessions.c.expire_hash == bindparam("of_expire"))


class SessionUnknown(Exception):
    """There is no such session, or a newer pair of it was used."""


class SessionExpired(Exception):
    """The session was not used for longer than it lives."""


class SessionForeign(Exception):
    """Both tokens exist, but do not belong together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A pair of tokens. `access_token` goes with every request, `expire_token` with a refresh; shown once."""

    session_id: str
    account: str
    access_token: str = field(repr=False)
    expire_token: str = field(repr=False)
    expires_at: float
    service: bool


class Sessions:
    """The sessions. Thread-safe.

    Args:
        life_s: seconds without a request after which a session ends.
        long_life_s: the same for service accounts.
        service_accounts: names of the accounts that programs use.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Callable[[], float] = time.time,
        *,
        life_s: float = LIFE_S,
        long_life_s: float = LONG_LIFE_S,
        service_accounts: Collection[str] = (),
    ) -> None:
        self._engine, self._reader, self._clock = engine, reader(engine), clock
        self._life_s, self._long_life_s, self._service = life_s, long_life_s, frozenset(service_accounts)

    def open(self, account: str) -> Session:
        """A new session of the account, whose password was right."""
        with writing(self._engine) as connection:
            return self._issue(connection, account, str(uuid4()), used=True)

    def use(self, access_token: str) -> str:
        """The account of the token. Extends the session; the first use of a refreshed pair ends all older ones.

        Raises: SessionUnknown, SessionExpired.
        """
        now = self._clock()
        access = _digest(access_token)
        with self._reader.connect() as connection:
            row = connection.execute(_FIND, {"of_access": access}).first()
        if row is None:
            raise SessionUnknown
        if row.expires_at <= now:
            raise SessionExpired
        if not row.used or now + row.life_s - row.expires_at >= _EXTEND_S:
            self._extend(row, now)
        account: str = row.account
        return account

    def refresh(self, access_token: str, expire_token: str) -> Session:
        """A new pair. The old one lives on until the new one is first used, in case the reply gets lost.

        An expired pair can be refreshed for as long again as it lived.
        Raises: SessionUnknown, SessionForeign.
        """
        now = self._clock()
        with writing(self._engine) as connection:
            row = connection.execute(_BY_EXPIRE, {"of_expire": _digest(expire_token)}).first()
            if row is None or row.expires_at + row.life_s <= now:
                raise SessionUnknown
            if not secrets.compare_digest(row.access_hash, _digest(access_token)):
                raise SessionForeign
            return self._issue(connection, row.account, row.session_id, used=False)

    def _issue(self, connection: Connection, account: str, session_id: str, *, used: bool) -> Session:
        service = account in self._service
        now, life = self._clock(), self._long_life_s if service else self._life_s
        access, expire = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        row: dict[str, Any] = {"access_hash": _digest(access), "expire_hash": _digest(expire), "session_id": session_id}
        row |= {"account": account, "life_s": life, "used": used, "created_at": now, "expires_at": now + life}
        connection.execute(insert(sessions), row)
        return Session(
            session_id=session_id,
            account=account,
            access_token=access,
            expire_token=expire,
            expires_at=now + life,
            service=service,
        )

    def _extend(self, row: Any, now: float) -> None:
        mine = sessions.c.access_hash == row.access_hash
        with writing(self._engine) as connection:
            connection.execute(update(sessions).where(mine).values(used=True, expires_at=now + row.life_s))
            if not row.used:
                connection.execute(delete(sessions).where(sessions.c.session_id == row.session_id, ~mine))


def _digest(token: str) -> str:
    # The tokens are 256 random bits: a slow hash would protect nothing more.
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
