"""Webhook deliveries: claimed under a lease, tried on the schedule of contracts 2.7, kept until their task goes."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Engine, bindparam, literal, select, update

from deployments.tasks.announce import PENDING
from deployments.tasks.database import reader, writing
from deployments.tasks.schema import deliveries, endpoints, tasks

SCHEDULE: tuple[float, ...] = (5, 10, 20, 40, 80, 160, 320, 600, 600, 600)
"""Seconds between one attempt and the next: 1 + 10 attempts over some 40 minutes."""

JITTER = 0.2
MAX_RETRY_AFTER_S = 3600.0
DELIVERED, FAILED, CANCELLED = "delivered", "failed", "cancelled"
_LAST_ID = "n"  # Sorts after every "msg_...".

_OPEN = deliveries.c.ready_at.is_not(None)
_HELD = (deliveries.c.id == bindparam("of_id"), deliveries.c.lease == bindparam("of_lease"), _OPEN)
_ANY_DUE = select(literal(1)).where(_OPEN, deliveries.c.ready_at <= bindparam("now")).limit(1)
_DUE = (
    select(deliveries.c.id)
    .where(_OPEN, deliveries.c.ready_at <= bindparam("now"))
    .order_by(deliveries.c.ready_at)
    .limit(bindparam("at_most"))
    .with_for_update(skip_locked=True)
    .cte("due")
    .prefix_with("MATERIALIZED")
)
_CLAIM = (
    update(deliveries)
    .where(deliveries.c.id.in_(select(_DUE.c.id)))
    .values(
        attempts=deliveries.c.attempts + 1,
        ready_at=bindparam("until"),
        lease=bindparam("new_lease"),
        worker=bindparam("new_worker"),
    )
    .returning(deliveries.c.id)
)
_ATTEMPTS = select(deliveries.c.attempts, deliveries.c.endpoint_id).where(*_HELD)
_END = (
    update(deliveries)
    .where(*_HELD)
    .values(
        state=bindparam("new_state"),
        status=bindparam("new_status"),
        error=bindparam("new_error"),
        finished_at=bindparam("now"),
        ready_at=None,
        lease=None,
    )
)
_RETRY = (
    update(deliveries)
    .where(*_HELD)
    .values(status=bindparam("new_status"), error=bindparam("new_error"), ready_at=bindparam("next_at"), lease=None)
)
_LOAD = (
    select(deliveries, endpoints.c.url, endpoints.c.secret, endpoints.c.enabled, tasks.c.facade, tasks.c.service)
    .join(tasks, tasks.c.id == deliveries.c.task_id)
    .outerjoin(endpoints, endpoints.c.id == deliveries.c.endpoint_id)
)
_RELEASE = (
    update(deliveries)
    .where(_OPEN, deliveries.c.worker == bindparam("of_worker"), deliveries.c.lease.is_not(None))
    .values(attempts=deliveries.c.attempts - 1, ready_at=bindparam("now"), lease=None)
)


def scaled(factor: float) -> tuple[float, ...]:
    """The schedule with every wait multiplied by `factor`."""
    return tuple(wait * factor for wait in SCHEDULE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One result on its way to one endpoint.

    Attributes:
        id: sent as `webhook-id`, the same over all attempts; holds no dot.
        attempt: of this delivery, counted from 1, the one under way included.
        state: `pending`, `delivered`, `failed` (given up) or `cancelled` (endpoint removed or disabled).
        url, secret: of the endpoint as it is registered now; None once it was removed.
        lease: fences the report of this attempt; only on a delivery from `Outbox.due`.
        status, error: HTTP status or reason of the last attempt.
        next_at: Unix seconds of the next attempt, while pending.
    """

    id: str
    task_id: str
    tenant: str
    facade: str
    service: str
    event: str
    attempt: int
    state: str
    url: str | None
    secret: str | None = field(repr=False)
    lease: str | None = None
    status: int | None = None
    error: str | None = None
    created_at: float = 0.0
    finished_at: float | None = None
    next_at: float | None = None


class Outbox:
    """Deliveries to be made. Thread-safe; at least once: an attempt whose process died is made again.

    Args: schedule: waits between attempts in seconds, see `scaled`.
    """

    def __init__(
        self, engine: Engine, clock: Callable[[], float] = time.time, schedule: Sequence[float] = SCHEDULE
    ) -> None:
        self._engine, self._reader, self._clock, self._schedule = engine, reader(engine), clock, tuple(schedule)

    def due(self, worker: str, at_most: int, lease_s: float) -> list[Delivery]:
        """Takes up to `at_most` deliveries whose time has come. An idle call is one indexed read and takes no lock.

        The lease must outlast one attempt. Deliveries whose last attempt was never reported are given up.
        """
        now = self._clock()
        with self._reader.connect() as connection:
            if connection.execute(_ANY_DUE, {"now": now}).first() is None:
                return []
        lease = uuid4().hex
        parameters = {"now": now, "until": now + lease_s, "at_most": at_most, "new_lease": lease, "new_worker": worker}
        with writing(self._engine) as connection:
            ids = connection.execute(_CLAIM, parameters).scalars().all()
            rows = (
                connection.execute(_LOAD.where(deliveries.c.id.in_(ids)).order_by(deliveries.c.id)).all() if ids else []
            )
            taken = []
            for row in rows:
                if not row.enabled:
                    self._end(connection, row.id, lease, CANCELLED, None, "the endpoint is gone")
                elif row.attempts > 1 + len(self._schedule):
                    self._end(connection, row.id, lease, FAILED, row.status, "the last attempt was not reported")
                else:
                    taken.append(_delivery(row, lease))
        return taken

    def delivered(self, delivery_id: str, lease: str, status: int) -> bool:
        """The endpoint answered 2xx. False when the lease was lost."""
        with writing(self._engine) as connection:
            return self._end(connection, delivery_id, lease, DELIVERED, status, None)

    def failed(
        self,
        delivery_id: str,
        lease: str,
        *,
        status: int | None = None,
        error: str | None = None,
        retry_after: float | None = None,
    ) -> float | None:
        """The attempt failed, with that HTTP status or for that reason (a word or two, no URL, no data).

        Args: retry_after: seconds the endpoint asked for; waited for where longer than the schedule, up to an hour.
        Returns: Unix seconds of the next attempt; None when there is none (given up, or the lease was lost).
        """
        held = {"of_id": delivery_id, "of_lease": lease}
        with writing(self._engine) as connection:
            row = connection.execute(_ATTEMPTS, held).first()
            if row is None:
                return None
            if row.attempts > len(self._schedule):
                self._end(connection, delivery_id, lease, FAILED, status, error)
                return None
            wait = self._schedule[row.attempts - 1] * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311
            next_at = self._clock() + max(wait, min(retry_after or 0.0, MAX_RETRY_AFTER_S))
            connection.execute(_RETRY, held | {"new_status": status, "new_error": error, "next_at": next_at})
        return next_at

    def gone(self, delivery_id: str, lease: str) -> bool:
        """The endpoint answered 410: disables it and cancels all that was on its way to it."""
        with writing(self._engine) as connection:
            row = connection.execute(_ATTEMPTS, {"of_id": delivery_id, "of_lease": lease}).first()
            if row is None:
                return False
            self._end(connection, delivery_id, lease, CANCELLED, 410, "gone")
            connection.execute(update(endpoints).where(endpoints.c.id == row.endpoint_id).values(enabled=False))
            cancel(connection, [row.endpoint_id], self._clock())
        return True

    def release(self, worker: str) -> int:
        """Hands back all that `worker` holds, without using an attempt; for a graceful stop. Returns how many."""
        with writing(self._engine) as connection:
            return connection.execute(_RELEASE, {"of_worker": worker, "now": self._clock()}).rowcount

    def replay(self, tenant: str, delivery_id: str) -> bool:
        """Sends a delivery again, with the same `webhook-id` and all its attempts; False when it cannot be.

        It cannot while an attempt is under way, nor after its endpoint was removed or disabled.
        """
        enabled = select(endpoints.c.id).where(endpoints.c.enabled)
        again = (
            update(deliveries)
            .where(deliveries.c.id == delivery_id, deliveries.c.tenant == tenant, deliveries.c.lease.is_(None))
            .where(deliveries.c.endpoint_id.in_(enabled))
            .values(state=PENDING, attempts=0, ready_at=self._clock(), status=None, error=None, finished_at=None)
        )
        with writing(self._engine) as connection:
            return connection.execute(again).rowcount == 1

    def list(
        self, tenant: str, limit: int = 100, *, before: str | None = None, task_id: str | None = None
    ) -> list[Delivery]:
        """The tenant's deliveries (of one task, where given), newest first, from before the delivery id `before`."""
        found = _LOAD.where(deliveries.c.tenant == tenant, deliveries.c.id < (before or _LAST_ID))
        if task_id is not None:
            found = found.where(deliveries.c.task_id == task_id)
        with self._reader.connect() as connection:
            return [_delivery(row) for row in connection.execute(found.order_by(deliveries.c.id.desc()).limit(limit))]

    def _end(
        self, connection: Connection, delivery_id: str, lease: str, state: str, status: int | None, error: str | None
    ) -> bool:
        values = {"new_state": state, "new_status": status, "new_error": error, "now": self._clock()}
        return connection.execute(_END, {"of_id": delivery_id, "of_lease": lease} | values).rowcount == 1


def cancel(connection: Connection, endpoint_ids: Sequence[str], now: float) -> None:
    """Within a transaction: cancels all that is on its way to those endpoints."""
    connection.execute(
        update(deliveries)
        .where(deliveries.c.endpoint_id.in_(endpoint_ids), _OPEN)
        .values(state=CANCELLED, error="the endpoint is gone", ready_at=None, lease=None, finished_at=now)
    )


def _delivery(row: Any, lease: str | None = None) -> Delivery:
    return Delivery(
        id=row.id,
        task_id=row.task_id,
        tenant=row.tenant,
        facade=row.facade,
        service=row.service,
        event=row.event,
        attempt=row.attempts,
        state=row.state,
        url=row.url,
        secret=row.secret,
        lease=lease,
        status=row.status,
        error=row.error,
        created_at=row.created_at,
        finished_at=row.finished_at,
        next_at=row.ready_at,
    )
