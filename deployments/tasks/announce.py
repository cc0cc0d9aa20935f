"""Turning the end of a task into webhook deliveries, within the transaction that ends it."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, bindparam, delete, func, select, true, update
from sqlalchemy.dialects import postgresql, sqlite
from uuid_utils import uuid7

from deployments.tasks.schema import case_hooks, cases, deliveries, endpoints, tasks

PENDING = "pending"
CASE_EVENT = "case_complete"
"""The event of every endpoint that hears of cases."""

_ENDPOINTS = select(endpoints.c.id).where(
    endpoints.c.tenant == bindparam("tenant"), endpoints.c.event == bindparam("event"), endpoints.c.enabled == true()
)
_CASE_OF = (
    select(cases.c.id)
    .join(tasks, tasks.c.case_id == cases.c.id)
    .where(tasks.c.id == bindparam("of_id"))
    .with_for_update(of=cases)
)
_OPEN_IN_CASE = (
    select(tasks.c.id).where(tasks.c.case_id == bindparam("of_case"), tasks.c.ready_at.is_not(None)).limit(1)
)
_NEWEST_IN_CASE = select(func.max(tasks.c.id)).where(tasks.c.case_id == bindparam("of_case"))
_INSERT = {
    "sqlite": sqlite.insert(deliveries).on_conflict_do_nothing(index_elements=["task_id", "endpoint_id"]),
    "postgresql": postgresql.insert(deliveries).on_conflict_do_nothing(index_elements=["task_id", "endpoint_id"]),
}


def announce(connection: Connection, task_id: str, tenant: str, event: str, now: float) -> None:
    """Writes one delivery for each endpoint registered for the event; none costs no row."""
    lock_event(connection, tenant, event, shared=True)
    found = connection.execute(_ENDPOINTS, {"tenant": tenant, "event": event}).scalars().all()
    enqueue(connection, [(task_id, endpoint) for endpoint in found], tenant, event, now)


def enqueue(connection: Connection, pairs: Sequence[tuple[str, str]], tenant: str, event: str, now: float) -> None:
    """Writes one pending delivery for each (task id, endpoint id) that has none yet."""
    rows: Iterable[dict[str, object]] = (
        {
            # Sent as `webhook-id`, the same over all attempts; the specification forbids dots in it.
            "id": f"msg_{uuid7().hex}",
            "task_id": task_id,
            "endpoint_id": endpoint_id,
            "tenant": tenant,
            "event": event,
            "state": PENDING,
            "attempts": 0,
            "ready_at": now,
            "created_at": now,
        }
        for task_id, endpoint_id in pairs
    )
    if pairs:
        connection.execute(_INSERT[connection.dialect.name], list(rows))


def lock_event(connection: Connection, tenant: str, event: str, *, shared: bool) -> None:
    """Keeps an ending task and a registration for the same event apart until either commits.

    Without it, on PostgreSQL, each could miss what the other had not committed, and the result would never be sent.
    SQLite has one writer at a time and needs none.
    """
    if connection.dialect.name == "postgresql":
        lock = func.pg_advisory_xact_lock_shared if shared else func.pg_advisory_xact_lock
        connection.execute(select(lock(func.hashtextextended(f"{tenant}\n{event}", 0))))


def lock_case(connection: Connection, task_id: str) -> str | None:
    """The case of the task, locked until commit: of its tasks that end at the same time, exactly one is the last.

    Whoever writes to a case and its tasks locks the case first.
    """
    return connection.execute(_CASE_OF, {"of_id": task_id}).scalar()


def announce_case(connection: Connection, case_id: str, tenant: str, now: float) -> None:
    """After a task of a locked case ended: when it was the last, tells every endpoint that waits for that, once."""
    connection.execute(update(cases).where(cases.c.id == case_id).values(updated_at=now))
    if connection.execute(_OPEN_IN_CASE, {"of_case": case_id}).first() is not None:
        return
    waiting = delete(case_hooks).where(case_hooks.c.case_id == case_id).returning(case_hooks.c.endpoint_id)
    told = connection.execute(waiting).scalars().all()
    carrier = connection.execute(_NEWEST_IN_CASE, {"of_case": case_id}).scalar() if told else None
    if carrier is not None:
        enqueue(connection, [(carrier, endpoint) for endpoint in told], tenant, CASE_EVENT, now)
