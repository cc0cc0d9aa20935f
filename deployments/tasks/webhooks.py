"""Webhook endpoints: who hears of which event, where, and under which secret."""

import base64
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, delete, exists, insert, select
from uuid_utils import uuid7

from deployments.tasks.announce import enqueue, lock_event
from deployments.tasks.database import reader, writing
from deployments.tasks.outbox import DELIVERED, SCHEDULE, cancel
from deployments.tasks.schema import deliveries, endpoints, tasks

MAX_URL = 2000
_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A URL registered for an event.

    Attributes:
        secret: `whsec_` + base64 of 32 random bytes; signs every delivery (Standard Webhooks).
        enabled: False after it answered 410; registering the URL again replaces the endpoint.
    """

    id: str
    tenant: str
    event: str
    url: str
    secret: str = field(repr=False)
    enabled: bool
    created_at: float


class Webhooks:
    """The endpoints. Thread-safe. A tenant without any costs its tasks no row and the outbox no work.

    Args: window: seconds for which a URL that is registered late still gets results: the length of the retries.
    """

    def __init__(
        self, engine: Engine, clock: Callable[[], float] = time.time, *, window: float = float(sum(SCHEDULE))
    ) -> None:
        self._engine, self._reader, self._clock, self._window = engine, reader(engine), clock, window

    def register(self, tenant: str, event: str, url: str) -> Endpoint:
        """Registers a URL; the same URL twice is one endpoint. Whether the URL may be called is the caller's check.

        Results of the last `window` seconds that were delivered to nobody are sent to it (contracts 2.7).
        Raises: ValueError: the URL is too long.
        """
        if len(url) > MAX_URL:
            raise ValueError(f"a webhook URL has at most {MAX_URL} characters")
        with writing(self._engine) as connection:
            lock_event(connection, tenant, event, shared=False)
            endpoint = find_or_add(connection, tenant, event, url, self._clock())
            missed = connection.execute(_missed(tenant, event, self._clock() - self._window)).scalars().all()
            enqueue(connection, [(task_id, endpoint.id) for task_id in missed], tenant, event, self._clock())
        return endpoint

    def remove(self, tenant: str, event: str, endpoint_id: str | None = None) -> int:
        """Removes one endpoint of the event, or all, and cancels what was on its way there. Returns how many."""
        chosen = delete(endpoints).where(endpoints.c.tenant == tenant, endpoints.c.event == event)
        if endpoint_id is not None:
            chosen = chosen.where(endpoints.c.id == endpoint_id)
        with writing(self._engine) as connection:
            lock_event(connection, tenant, event, shared=False)
            removed = connection.execute(chosen.returning(endpoints.c.id)).scalars().all()
            cancel(connection, removed, self._clock())
        return len(removed)

    def list(self, tenant: str, event: str | None = None) -> list[Endpoint]:
        """The tenant's endpoints (of one event, where given), oldest first, disabled ones included."""
        found = select(endpoints).where(endpoints.c.tenant == tenant).order_by(endpoints.c.id)
        if event is not None:
            found = found.where(endpoints.c.event == event)
        with self._reader.connect() as connection:
            return [_endpoint(row) for row in connection.execute(found)]


def find_or_add(connection: Connection, tenant: str, event: str, url: str, now: float) -> Endpoint:
    """Within a transaction: the endpoint of that URL; a new one where there is none that is enabled."""
    there = (endpoints.c.tenant == tenant, endpoints.c.event == event, endpoints.c.url == url)
    # A URL that had answered 410 starts anew: what was cancelled on its way there is sent once more.
    connection.execute(delete(endpoints).where(*there, ~endpoints.c.enabled))
    row = connection.execute(select(endpoints).where(*there)).first()
    if row is not None:
        return _endpoint(row)
    endpoint = Endpoint(
        id=str(uuid7()),
        tenant=tenant,
        event=event,
        url=url,
        secret="whsec_" + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode(),
        enabled=True,
        created_at=now,
    )
    connection.execute(insert(endpoints), {name: getattr(endpoint, name) for name in Endpoint.__slots__})
    return endpoint


def _missed(tenant: str, event: str, since: float) -> Any:
    """Tasks that ended since then and were delivered to nobody."""
    heard = exists().where(deliveries.c.task_id == tasks.c.id, deliveries.c.state == DELIVERED)
    return (
        select(tasks.c.id)
        .where(tasks.c.tenant == tenant, tasks.c.event == event, tasks.c.finished_at > since, ~heard)
        .order_by(tasks.c.id)
    )


def _endpoint(row: Any) -> Endpoint:
    return Endpoint(**row._mapping)
