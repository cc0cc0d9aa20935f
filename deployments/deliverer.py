"""Sends what the outbox holds: at least once, signed, through the SSRF guard. Lets expired data go as well."""

import asyncio
import json
import logging
import time
from datetime import UTC, datetime

from standardwebhooks import Webhook

from deployments.ingress.envelopes import ENVELOPES, Sources
from deployments.replica import replica_name, where
from deployments.settings import Settings
from deployments.tasks.blobs import Blobs
from deployments.tasks.cases import Cases
from deployments.tasks.database import open_database
from deployments.tasks.outbox import Delivery, Outbox, scaled
from deployments.tasks.retention import sweep
from deployments.tasks.store import TaskStore
from pipelines.errors import MediaError
from pipelines.media.fetch import GuardedClient, Response

logger = logging.getLogger("ray.serve")

TIMEOUT_S = 20.0
LEASE_S = 60.0
POLL_S = 0.2
"""An idle look is one indexed read; a call for every finished task would cost more than looking."""
AT_ONCE = 32
SWEEP_S = 600.0
DAY_S = 86400.0


class Deliverer:
    """Works through due deliveries. A failed webhook never changes its task."""

    async def __init__(self) -> None:  # type: ignore[misc]
        settings = Settings()
        self._settings = settings
        self._engine = open_database(settings.database)
        self._blobs = Blobs(settings.blobs, settings.blob_key)
        self._store = TaskStore(self._engine)
        self._sources = Sources(settings, Cases(self._engine), self._blobs.get)
        self._outbox = Outbox(self._engine, schedule=scaled(settings.webhook_time_scale))
        self._client = GuardedClient([str(network) for network in settings.ssrf_allow_cidrs])
        self._name = replica_name()
        self._woken = asyncio.Event()
        self._loops = [asyncio.create_task(self._deliver_forever()), asyncio.create_task(self._sweep_forever())]

    def ready(self) -> None:
        """Answers when the replica is up."""

    def wake(self) -> None:
        """Looks for due deliveries at once."""
        self._woken.set()

    async def check_health(self) -> None:
        """Serve restarts the replica when a loop has died."""
        for loop in self._loops:
            if loop.done():
                raise RuntimeError("a deliverer loop ended") from loop.exception()

    async def __del__(self) -> None:
        """Hands deliveries back on a graceful stop."""
        for loop in self._loops:
            loop.cancel()
        await asyncio.to_thread(self._outbox.release, self._name)
        await self._client.aclose()

    async def _deliver_forever(self) -> None:
        while True:
            self._woken.clear()
            try:
                due = await asyncio.to_thread(self._outbox.due, self._name, AT_ONCE, LEASE_S)
            except Exception as error:
                logger.warning("could not read the outbox, trying again in a second: %s", where(error))
                await asyncio.sleep(1)
                continue
            await asyncio.gather(*(self._deliver(delivery) for delivery in due))
            if len(due) < AT_ONCE:
                await self._wait()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(POLL_S):
                await self._woken.wait()
        except TimeoutError:
            pass

    async def _sweep_forever(self) -> None:
        while True:
            settings = self._settings
            try:
                await sweep(
                    self._engine, self._blobs, time.time(), settings.result_days * DAY_S, settings.media_days * DAY_S
                )
            except Exception as error:
                logger.warning("could not sweep expired data, trying again later: %s", where(error))
            await asyncio.sleep(SWEEP_S)

    async def _deliver(self, delivery: Delivery) -> None:
        try:
            await self._attempt(delivery)
        except Exception as error:
            logger.warning(
                "delivery %s: %s; it is due again when its lease runs out", delivery.id, type(error).__name__
            )

    async def _attempt(self, delivery: Delivery) -> None:
        assert delivery.lease is not None
        assert delivery.url is not None
        assert delivery.secret is not None
        task = await asyncio.to_thread(self._store.get, delivery.tenant, delivery.task_id)
        if task is None:
            return  # Erased since: its deliveries went with it.
        values = await ENVELOPES[delivery.facade](task, self._sources)
        if values is None:
            return
        body = json.dumps(values, separators=(",", ":"))
        headers = signed(delivery.secret, delivery.id, body, time.time())
        try:
            response = await self._client.post(delivery.url, body.encode(), headers, TIMEOUT_S)
        except MediaError as error:
            await asyncio.to_thread(self._outbox.failed, delivery.id, delivery.lease, error=error.code)
        else:
            await asyncio.to_thread(self._record, delivery, delivery.lease, response)

    def _record(self, delivery: Delivery, lease: str, response: Response) -> None:
        if 200 <= response.status < 300:
            self._outbox.delivered(delivery.id, lease, response.status)
        elif response.status == 410:
            self._outbox.gone(delivery.id, lease)
        else:
            asked = response.headers.get("retry-after", "")
            wait = float(asked) if asked.isdigit() else None
            self._outbox.failed(delivery.id, lease, status=response.status, retry_after=wait)


def signed(secret: str, webhook_id: str, body: str, now: float) -> dict[str, str]:
    """Headers of one attempt (Standard Webhooks 1.0.0): the same id each time, timestamp and signature its own."""
    at = datetime.fromtimestamp(int(now), UTC)
    return {
        "content-type": "application/json",
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(now)),
        "webhook-signature": Webhook(secret).sign(webhook_id, at, body),
    }
