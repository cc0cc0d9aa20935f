"""Claims tasks, runs their pipelines, and writes down how they ended."""

import asyncio
import contextlib
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from ray.exceptions import GetTimeoutError, RayActorError, RaySystemError
from ray.serve.exceptions import BackPressureError, DeploymentUnavailableError, RayServeException
from ray.serve.handle import DeploymentHandle

from deployments.fetching import Fetcher, LeaseLost
from deployments.places import Places
from deployments.profile import Profile
from deployments.remote import Alone, RemoteWorkers
from deployments.replica import replica_name, where
from deployments.settings import Settings
from deployments.social import SocialLinks, installed
from deployments.tasks.blobs import Blobs
from deployments.tasks.database import open_database
from deployments.tasks.galleries import Galleries, GalleryUnknown
from deployments.tasks.store import TaskStore
from deployments.tasks.task import MAX_ATTEMPTS, ArtifactRef, Completed, Failed, Outcome, Task
from pipelines.context import Context
from pipelines.deadline import Deadline
from pipelines.errors import MediaError
from pipelines.media.decoder import DecoderUnavailable
from pipelines.media.fetch import GuardedClient
from pipelines.report import Report
from pipelines.services import SERVICES

logger = logging.getLogger("ray.serve")

OVERLOADED = (BackPressureError, DeploymentUnavailableError)
"""Nothing is wrong with the task: it waits its turn again, and no attempt is used up."""

WORKER_LOST = (
    RayActorError, RaySystemError, RayServeException, GetTimeoutError, ConnectionError, DecoderUnavailable
)  # fmt: skip
"""A worker went away under the task, perhaps because of it: it is tried again, at most three times in all."""


@dataclass(frozen=True, slots=True)
class TenantGalleries:
    """`pipelines.workers.Galleries` of one tenant, for one task."""

    galleries: Galleries
    tenant: str
    task: str

    async def search(self, gallery: str, embedding: Any, at_most: int) -> list[tuple[str, float]]:
        """See `pipelines.workers.Galleries`."""
        with _known():
            return await asyncio.to_thread(self.galleries.search, self.tenant, gallery, embedding, at_most)

    async def enrol(self, gallery: str, subject: str, embedding: Any) -> None:
        """See `pipelines.workers.Galleries`."""
        with _known():
            await asyncio.to_thread(self.galleries.add, self.tenant, gallery, subject, embedding, self.task)


@contextlib.contextmanager
def _known() -> Iterator[None]:
    try:
        yield
    except GalleryUnknown:
        raise MediaError("unknown_gallery", "there is no gallery of that name") from None


class Dispatcher:
    """Works on a bounded number of tasks at a time, each under a lease that it renews while it works."""

    async def __init__(  # type: ignore[misc]
        self, profile: Mapping[str, Any], media: DeploymentHandle, hosts: Mapping[str, DeploymentHandle]
    ) -> None:
        shape = Profile.model_validate(profile)
        settings = Settings()
        engine = open_database(settings.database)
        self._shape = shape.dispatch
        self._store = TaskStore(engine)
        self._galleries = Galleries(engine)
        self._blobs = Blobs(settings.blobs, settings.blob_key)
        client = GuardedClient([str(network) for network in settings.ssrf_allow_cidrs])
        social = SocialLinks() if settings.social_sources and installed() else None
        self._fetcher = Fetcher(client, self._blobs, self._store, social)
        self._workers = RemoteWorkers(shape, media, hosts)
        self._name = replica_name()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._leases: dict[str, str] = {}
        self._further: dict[str, float] = {}
        self._places = Places(self._shape.concurrency, self._shape.slow)
        self._woken = asyncio.Event()
        self._loops = [asyncio.create_task(self._claim_forever()), asyncio.create_task(self._heartbeat_forever())]

    async def wake(self) -> bool:
        """Looks for work at once. Returns whether every place is taken, so that further calls can be saved."""
        self._woken.set()
        return not self._places.free

    def ready(self) -> None:
        """Answers when the replica is up."""

    async def check_health(self) -> None:
        """Serve restarts the replica when a loop has died."""
        for loop in self._loops:
            if loop.done():
                raise RuntimeError("a dispatcher loop ended") from loop.exception()

    async def __del__(self) -> None:
        """Hands its tasks back on a graceful stop."""
        for work in (*self._loops, *self._running.values()):
            work.cancel()
        await asyncio.to_thread(self._store.release, self._name)

    async def _claim_forever(self) -> None:
        while True:
            free = self._places.free
            self._woken.clear()
            claimed = await self._claim(free) if free else []
            for task in claimed:
                assert task.lease is not None
                if not self._places.take(task.id, task.spec.service):
                    await self._requeue(task, task.lease, use_attempt=False)
                    continue
                self._leases[task.id] = task.lease
                self._running[task.id] = asyncio.create_task(self._run(task))
            if len(claimed) < free or not free:
                await self._wait()

    async def _claim(self, at_most: int) -> list[Task]:
        try:
            lease_s, left_alone = self._shape.lease_s, self._places.left_alone
            return await asyncio.to_thread(self._store.claim, self._name, at_most, lease_s, left_alone)
        except Exception as error:
            logger.warning("could not claim tasks, trying again in a second: %s", where(error))
            await asyncio.sleep(1)
            return []

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(self._shape.poll_s):
                await self._woken.wait()
        except TimeoutError:
            pass

    async def _heartbeat_forever(self) -> None:
        while True:
            await asyncio.sleep(self._shape.lease_s / 3)
            leases, further = list(self._leases.items()), self._further
            if not leases:
                continue
            self._further = {}
            try:
                held = await asyncio.to_thread(self._store.heartbeat, leases, self._shape.lease_s, further)
            except Exception as error:
                logger.warning("could not renew leases, trying again before they run out: %s", where(error))
                self._further = further | self._further
                continue
            for task_id, _ in leases:
                if task_id not in held and task_id in self._running:
                    self._running[task_id].cancel()

    async def _run(self, task: Task) -> None:
        assert task.lease is not None
        try:
            outcome = await self._outcome(task)
            await self._write(task, task.lease, outcome)
        except OVERLOADED:
            await self._requeue(task, task.lease, use_attempt=False)
        except LeaseLost:
            pass  # whoever holds the task now goes on with it
        except Exception as error:
            await self._try_again(task, task.lease, error)
        finally:
            self._running.pop(task.id, None)
            self._leases.pop(task.id, None)
            self._places.give_back(task.id)
            self._further.pop(task.id, None)
            self._woken.set()

    async def _outcome(self, task: Task) -> Outcome:
        try:
            service = SERVICES[task.spec.service]
            seconds = self._shape.deadline_s * service.patience
            async with Deadline(seconds, partial(self._note, task.id)) as deadline:
                context = Context(
                    await self._fetcher.sources(task),
                    Alone(self._workers) if task.attempts > 1 else self._workers,
                    options=task.spec.options,
                    galleries=TenantGalleries(self._galleries, task.spec.tenant, task.id),
                    on_progress=deadline.advance,
                )
                report = await service.run(context)
        except MediaError as error:
            return Failed(error.code, error.message, error.subject)
        found = report.to_json() | {"trace": context.trace()}
        return Completed(found, await self._store_artifacts(task, report))

    def _note(self, task_id: str, share: float) -> None:
        """Remembers how far a task is, for the next heartbeat."""
        self._further[task_id] = share

    async def _store_artifacts(self, task: Task, report: Report) -> tuple[ArtifactRef, ...]:
        stored = [await self._blobs.put(artifact.data, task.spec.tenant) for artifact in report.artifacts]
        return tuple(
            ArtifactRef(name=artifact.name, mime=artifact.mime, blob=blob.key, size=blob.size)
            for artifact, blob in zip(report.artifacts, stored, strict=True)
        )

    async def _write(self, task: Task, lease: str, outcome: Outcome) -> None:
        written = await asyncio.to_thread(self._store.finish, task.id, lease, outcome)
        if not written and isinstance(outcome, Completed):
            # Another dispatcher finished it; what this one stored belongs to nobody.
            await self._blobs.delete([artifact.blob for artifact in outcome.artifacts])

    async def _try_again(self, task: Task, lease: str, error: Exception) -> None:
        logger.warning("task %s, attempt %d: %s", task.id, task.attempts, where(error))
        if task.attempts < MAX_ATTEMPTS or isinstance(error, WORKER_LOST):
            await self._requeue(task, lease, use_attempt=True)
        elif isinstance(error, TimeoutError):
            await self._write(task, lease, Failed("deadline_exceeded", "the analysis took too long"))
        else:
            await self._write(task, lease, Failed("internal", "internal error"))

    async def _requeue(self, task: Task, lease: str, *, use_attempt: bool) -> None:
        delay = 0.2 * 2 ** min(task.attempts, 6)
        try:
            await asyncio.to_thread(self._store.requeue, task.id, lease, delay, use_attempt=use_attempt)
        except Exception as error:
            logger.warning("task %s is claimed anew when its lease runs out, not requeued: %s", task.id, where(error))
