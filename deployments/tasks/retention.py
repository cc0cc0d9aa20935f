"""What is no longer needed goes: expired results and media, orphaned blobs, spent keys and tokens."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine, and_, bindparam, delete, exists, false, or_, select, true, update

from deployments.tasks.announce import CASE_EVENT
from deployments.tasks.blobs import Blobs
from deployments.tasks.cases import erase_cases
from deployments.tasks.database import reader, writing
from deployments.tasks.schema import blobs as owned
from deployments.tasks.schema import (
    case_hooks,
    case_media,
    cases,
    deliveries,
    endpoints,
    idempotency,
    sessions,
    tasks,
    tickets,
    tokens,
)

ORPHAN_AGE_S = 3600.0
"""How long a blob may wait for the transaction that names it; longer than any upload or task takes."""

_BATCH = 200
_KEY_GRACE_S = 86400.0

_MEDIA_OF = exists().where(owned.c.task_id == tasks.c.id, owned.c.purpose == "media")
_EXPIRED = (
    select(tasks.c.id)
    # The tasks of a case go with their case.
    .where(tasks.c.finished_at < bindparam("before"), tasks.c.case_id.is_(None))
    .limit(_BATCH)
    .with_for_update(skip_locked=True)
)
_EXPIRED_CASES = (
    select(cases.c.id)
    .where(or_(cases.c.updated_at < bindparam("before"), cases.c.expires_at < bindparam("now")))
    .limit(_BATCH)
    .with_for_update(skip_locked=True)
)
_CASES_WITH_MEDIA = (
    select(cases.c.id)
    .where(
        cases.c.updated_at < bindparam("before"),
        exists().where(owned.c.case_id == cases.c.id),
    )
    .limit(_BATCH)
    .with_for_update(skip_locked=True)
)
_WITH_MEDIA = (
    select(tasks.c.id, tasks.c.media)
    .where(tasks.c.finished_at < bindparam("before"), _MEDIA_OF)
    .limit(_BATCH)
    .with_for_update(skip_locked=True)
)
_KNOWN = select(owned.c.key).where(owned.c.key.in_(bindparam("keys", expanding=True)))


@dataclass(frozen=True, slots=True)
class Swept:
    """How many expired tasks and cases, expired media of either, and blobs without an owner were deleted."""

    tasks: int
    media: int
    orphans: int


async def sweep(
    engine: Engine, blobs: Blobs, now: float, result_ttl: float, media_ttl: float, orphan_age: float = ORPHAN_AGE_S
) -> Swept:
    """Deletes what expired. Safe to run at any time, in several processes, and to be killed.

    Rows go before their blobs: a crash in between leaves orphans for the next sweep, never a row without its bytes.
    The blob store must belong to this database alone, or another's blobs would pass for orphans.

    Args (seconds): now: Unix time. result_ttl: from the end of a task until all of it goes. media_ttl: from the end of
        a task until the submitted media go. orphan_age: see `ORPHAN_AGE_S`.
    """
    expired = await _in_batches(_expire_tasks, engine, blobs, now - result_ttl)
    media = await _in_batches(_expire_media, engine, blobs, now - media_ttl)
    gone = await _in_batches(partial(_expire_cases, now=now), engine, blobs, now - result_ttl)
    emptied = await _in_batches(_expire_case_media, engine, blobs, now - media_ttl)
    orphans = 0
    async for batch in blobs.list_older_than(now - orphan_age):
        lost = await asyncio.to_thread(_orphans, engine, batch)
        await blobs.delete(lost)
        orphans += len(lost)
    await asyncio.to_thread(_drop_spent, engine, now)
    return Swept(expired + gone, media + emptied, orphans)


async def _in_batches(
    expire: Callable[[Connection, float], tuple[int, list[str]]], engine: Engine, blobs: Blobs, before: float
) -> int:
    """Expires batch after batch, in short transactions that leave room for the tasks at work."""

    def step() -> tuple[int, list[str]]:
        with writing(engine) as connection:
            return expire(connection, before)

    total = 0
    while True:
        count, keys = await asyncio.to_thread(step)
        await blobs.delete(keys)
        total += count
        if count < _BATCH:
            return total


def _expire_tasks(connection: Connection, before: float) -> tuple[int, list[str]]:
    ids = connection.execute(_EXPIRED, {"before": before}).scalars().all()
    keys = connection.execute(select(owned.c.key).where(owned.c.task_id.in_(ids))).scalars().all()
    connection.execute(delete(tasks).where(tasks.c.id.in_(ids)))
    return len(ids), list(keys)


def _expire_cases(connection: Connection, before: float, *, now: float) -> tuple[int, list[str]]:
    ids = connection.execute(_EXPIRED_CASES, {"before": before, "now": now}).scalars().all()
    return len(ids), list(erase_cases(connection, ids)) if ids else []


def _expire_case_media(connection: Connection, before: float) -> tuple[int, list[str]]:
    ids = connection.execute(_CASES_WITH_MEDIA, {"before": before}).scalars().all()
    connection.execute(update(case_media).where(case_media.c.case_id.in_(ids)).values(blob="", thumb=""))
    gone = delete(owned).where(owned.c.case_id.in_(ids)).returning(owned.c.key)
    return len(ids), list(connection.execute(gone).scalars())


def _expire_media(connection: Connection, before: float) -> tuple[int, list[str]]:
    keys: list[str] = []
    rows = connection.execute(_WITH_MEDIA, {"before": before}).all()
    for row in rows:
        emptied = [value | {"blob": ""} for value in row.media]
        connection.execute(update(tasks).where(tasks.c.id == row.id).values(media=emptied))
        of_task = delete(owned).where(owned.c.task_id == row.id, owned.c.purpose == "media").returning(owned.c.key)
        keys += connection.execute(of_task).scalars()
    return len(rows), keys


def _orphans(engine: Engine, keys: list[str]) -> list[str]:
    with reader(engine).connect() as connection:
        known = set(connection.execute(_KNOWN, {"keys": keys}).scalars())
    return [key for key in keys if key not in known]


def _drop_spent(engine: Engine, now: float) -> None:
    """Expired tokens, tickets and idempotency keys. The key of a dead gateway is kept for a day: it knows its task."""
    spent = or_(
        and_(idempotency.c.finished == true(), idempotency.c.expires_at < now),
        and_(idempotency.c.finished == false(), idempotency.c.expires_at < now - _KEY_GRACE_S),
    )
    with writing(engine) as connection:
        connection.execute(delete(idempotency).where(spent))
        connection.execute(delete(tokens).where(tokens.c.expires_at < now))
        connection.execute(delete(sessions).where(sessions.c.expires_at + sessions.c.life_s < now))
        connection.execute(_unheard(now))
        # A day longer than the ticket itself is good for, since the clocks of gateways differ.
        connection.execute(delete(tickets).where(tickets.c.expires_at < now - _KEY_GRACE_S))


def _unheard(now: float) -> Any:
    """Drops endpoints of cases that are gone; clients may name a URL of its own for each."""
    return delete(endpoints).where(
        endpoints.c.event == CASE_EVENT,
        endpoints.c.created_at < now - _KEY_GRACE_S,
        ~exists().where(cases.c.endpoint_id == endpoints.c.id),
        ~exists().where(case_hooks.c.endpoint_id == endpoints.c.id),
        ~exists().where(deliveries.c.endpoint_id == endpoints.c.id),
    )
