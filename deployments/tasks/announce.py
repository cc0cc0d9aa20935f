"""Turning the end of a task into webhook deliveries, within the transaction that ends it."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, bindparam, func, select, true
from sqlalchemy.dialects import postgresql, sqlite
from uuid_utils import uuid7

from deployments.tasks.schema import deliveries, endpoints

PENDING = "pending"

_ENDPOINTS = select(endpoints.c.id).where(
    endpoints.c.tenant == bindparam("tenant"), endpoints.c.event == bindparam("event"), endpoints.c.enabled == true()
)
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
