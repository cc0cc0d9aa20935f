"""Idempotency keys: the same request sent twice is run once and answered twice (contracts 1.3)."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Engine, bindparam, case, delete, false, select, update

from deployments.tasks.database import insert_for, reader, writing
from deployments.tasks.schema import idempotency

RUNNING_TTL_S = 60.0
"""How long a request counts as running without a sign of life; the keys of a dead gateway are free after this."""

_OWNED = (
    idempotency.c.scope == bindparam("of_scope"),
    idempotency.c.key == bindparam("of_key"),
    idempotency.c.token == bindparam("of_token"),
    idempotency.c.finished.is_(False),
)
_FIND = select(idempotency).where(
    idempotency.c.scope == bindparam("of_scope"), idempotency.c.key == bindparam("of_key")
)
_SET = update(idempotency).where(*_OWNED)
_ABANDON = delete(idempotency).where(*_OWNED)


class Conflict(Exception):
    """The first request with this key is still running (HTTP 409)."""


class Mismatch(Exception):
    """The key was used for a different request (HTTP 422)."""


@dataclass(frozen=True, slots=True)
class StoredReply:
    """The reply to the first request: HTTP status, body bytes as sent, content type."""

    status: int
    body: bytes
    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyClaim:
    """What is known of a key when a request arrives.

    Attributes:
        state: `new` (this request owns the key), `running` (another one does) or `finished`.
        token: fences the owner: after its claim expired and was taken over, it can store nothing.
        fingerprint: of the first request, where known; of this one after `match`.
        reply: what to send again, when finished.
        task_id: the task the first request submitted. On a `new` claim: its gateway died before it could answer, so
            wait for that task instead of submitting another.
        case_id: likewise, the case that the first request made.
    """

    scope: str
    key: str
    state: str
    token: str
    fingerprint: str | None = None
    reply: StoredReply | None = None
    task_id: str | None = None
    case_id: str | None = None

    def match(self, fingerprint: str) -> "IdempotencyClaim":
        """This claim with the fingerprint of the request at hand, once its body was read.

        Send `reply` again when the result's `state` is `finished`; otherwise this request is the one to run.
        Raises: Conflict: the first request is still running. Mismatch: it was a different request.
        """
        if self.fingerprint is not None and self.fingerprint != fingerprint:
            raise Mismatch
        if self.state == "running":
            raise Conflict
        return replace(self, fingerprint=fingerprint)


class Idempotency:
    """The table of keys. `scope` is tenant + method + route, so tenants never meet."""

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.time, ttl: float = 86400) -> None:
        self._engine, self._reader, self._clock, self._ttl = engine, reader(engine), clock, ttl
        self._take = _take_statement(engine)

    def begin(self, scope: str, key: str) -> IdempotencyClaim:
        """Claims the key, or tells who holds it. One of any number of simultaneous callers gets `new`."""
        row = {"scope": scope, "key": key, "token": uuid4().hex, "finished": False}
        while True:
            now = self._clock()
            with writing(self._engine) as connection:
                taken = connection.execute(self._take, row | {"expires_at": now + RUNNING_TTL_S, "at": now}).first()
            if taken is not None:
                return _claim(taken, "new")
            with self._reader.connect() as connection:
                held = connection.execute(_FIND, {"of_scope": scope, "of_key": key}).first()
            if held is not None:
                return _claim(held, "finished" if held.finished else "running")

    def refresh(self, claim: IdempotencyClaim) -> bool:
        """Shows a sign of life for a request that takes long; False when the key was lost."""
        with writing(self._engine) as connection:
            changed = connection.execute(_SET.values(expires_at=self._clock() + RUNNING_TTL_S), _owner(claim))
        return changed.rowcount == 1

    def complete(
        self, claim: IdempotencyClaim, reply: StoredReply, task_id: str | None = None, *, case_id: str | None = None
    ) -> bool:
        """Stores the reply (2xx and 4xx, but not 429 or 5xx) of a matched claim; False when the key was lost.

        Args: task_id, case_id: the task or case that the reply speaks of: erasing it erases the reply.
        """
        with writing(self._engine) as connection:
            return settle(connection, claim, reply, task_id, self._clock() + self._ttl, case_id=case_id)

    def abandon(self, claim: IdempotencyClaim) -> None:
        """Frees the key of a request that came to nothing (429, 5xx), so that a retry runs."""
        with writing(self._engine) as connection:
            connection.execute(_ABANDON, _owner(claim))


def settle(
    connection: Connection,
    claim: IdempotencyClaim,
    reply: StoredReply | None,
    task_id: str | None,
    expires_at: float,
    *,
    case_id: str | None = None,
) -> bool:
    """Within a transaction: stores the reply, or with None only the task or case that is now under way for the key.

    Erasing the task or case that the reply speaks of erases the reply.
    """
    values: dict[str, Any] = {"fingerprint": claim.fingerprint, "expires_at": expires_at}
    if task_id is not None:
        values["task_id"] = task_id
    if case_id is not None:
        values["case_id"] = case_id
    if reply is not None:
        values |= {"finished": True, "status": reply.status, "body": reply.body, "content_type": reply.content_type}
    return connection.execute(_SET.values(values), _owner(claim)).rowcount == 1


def _take_statement(engine: Engine) -> Any:
    """Inserts the key, or takes over an expired row: a finished one starts anew, a dead one's stays."""
    take = insert_for(engine, idempotency)
    kept = {
        name: case((idempotency.c.finished, None), else_=idempotency.c[name])
        for name in ("fingerprint", "task_id", "case_id")
    }
    return take.on_conflict_do_update(
        index_elements=["scope", "key"],
        set_=kept
        | {"token": take.excluded.token, "expires_at": take.excluded.expires_at}
        | {"finished": false(), "status": None, "body": None, "content_type": None},
        where=idempotency.c.expires_at <= bindparam("at"),
    ).returning(idempotency)


def _owner(claim: IdempotencyClaim) -> dict[str, Any]:
    return {"of_scope": claim.scope, "of_key": claim.key, "of_token": claim.token}


def _claim(row: Any, state: str) -> IdempotencyClaim:
    reply = StoredReply(row.status, bytes(row.body), row.content_type) if row.finished else None
    return IdempotencyClaim(
        scope=row.scope,
        key=row.key,
        state=state,
        token=row.token if state == "new" else "",
        fingerprint=row.fingerprint,
        reply=reply,
        task_id=row.task_id,
        case_id=row.case_id,
    )
