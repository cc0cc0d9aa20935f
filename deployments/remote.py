"""Pipelines' workers behind Serve handles."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from ray.serve.handle import DeploymentHandle

from deployments.profile import Profile
from deployments.tasks.task import MediaRef
from pipelines.media.frames import DecodeRequest
from pipelines.stages import STAGES


class Merger:
    """Sends what waits as one call. While a call is under way, further items gather for the next one.

    A handle call costs several CPU milliseconds whatever it carries; under load this shares that cost out, and an idle
    system calls at once with one item.
    """

    def __init__(self, call: Callable[[list[Any]], Awaitable[list[Any]]], at_most: int, lanes: int = 2) -> None:
        """Args: at_most: items in a call. lanes: calls under way at the same time."""
        self._call, self._at_most, self._free = call, at_most, lanes
        self._waiting: list[tuple[Any, asyncio.Future[Any]]] = []

    async def __call__(self, item: Any) -> Any:
        """The item's own result; raises it where the call answered an exception for this item."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._free:
            self._free -= 1
            asyncio.ensure_future(self._drain())  # noqa: RUF006 - it ends by itself and reports through the futures
        return await future

    async def _drain(self) -> None:
        try:
            while self._waiting:
                sent, self._waiting = self._waiting[: self._at_most], self._waiting[self._at_most :]
                await self._send([pair for pair in sent if not pair[1].done()])
        finally:
            self._free += 1

    async def _send(self, sent: list[tuple[Any, asyncio.Future[Any]]]) -> None:
        if not sent:
            return
        try:
            results: Sequence[Any] = await self._call([item for item, _ in sent])
        except Exception as error:
            results = [error] * len(sent)
        for (_, future), result in zip(sent, results, strict=True):
            if future.done():
                continue
            if isinstance(result, Exception):
                future.set_exception(result)
            else:
                future.set_result(result)


class RemoteModels:
    """Predictors behind handles, wherever the profile put them."""

    def __init__(self, profile: Profile, hosts: Mapping[str, DeploymentHandle]) -> None:
        self._handles = {model: hosts[name] for name, host in profile.hosts.items() for model in host.models}

    async def predict(self, name: str, batch: Sequence[Any]) -> list[Any]:
        """See `pipelines.workers.Models`."""
        return await self._handles[name].predict.remote(name, batch) if batch else []


class RemoteWorkers:
    """Decodes in the media host and runs each stage beside its models, or here where they are spread out."""

    def __init__(self, profile: Profile, media: DeploymentHandle, hosts: Mapping[str, DeploymentHandle]) -> None:
        self._profile, self._media, self._hosts = profile, media, hosts
        self._models = RemoteModels(profile, hosts)
        self._mergers: dict[tuple[Any, ...], Merger] = {}

    async def look(self, source: MediaRef, request: DecodeRequest, stage: str, options: Mapping[str, Any]) -> Any:
        """See `pipelines.workers.Workers`."""
        # A long video would hold up the pictures that travel with it.
        if source.kind != "image":
            return await self.look_alone(source, request, stage, options)
        key = (stage, request, tuple(sorted(options.items())))
        if key not in self._mergers:
            self._mergers[key] = Merger(
                lambda blobs: self._call(blobs, request, stage, options), self._profile.dispatch.merge
            )
        return await self._mergers[key](source.blob)

    async def predict(self, name: str, batch: Sequence[Any]) -> list[Any]:
        """See `pipelines.workers.Models`."""
        return await self._models.predict(name, batch)

    async def look_alone(self, source: MediaRef, request: DecodeRequest, stage: str, options: Mapping[str, Any]) -> Any:
        """The same in a call that carries nothing else."""
        (result,) = await self._call([source.blob], request, stage, options)
        if isinstance(result, Exception):
            raise result
        return result

    async def _call(
        self, blobs: list[str], request: DecodeRequest, stage: str, options: Mapping[str, Any]
    ) -> list[Any]:
        decoded = self._media.decode.remote(blobs, request)
        host = self._together(stage)
        if host is not None:
            # Handing the response on unawaited lets the pixels go from host to host without passing through here.
            return await host.look.remote(decoded, stage, options)
        work = (self._stage(item, stage, options) for item in await decoded)
        return await asyncio.gather(*work, return_exceptions=True)

    async def _stage(self, item: Any, stage: str, options: Mapping[str, Any]) -> Any:
        return item if isinstance(item, Exception) else await STAGES[stage].run(item, self._models, options)

    def _together(self, stage: str) -> DeploymentHandle | None:
        """The host that holds every model of the stage, if there is one."""
        needed = set(STAGES[stage].models)
        return next(
            (self._hosts[name] for name, host in self._profile.hosts.items() if needed <= set(host.models)), None
        )


class Alone:
    """`RemoteWorkers` for a task that lost a worker before: if it is what kills them, it takes no other task along."""

    def __init__(self, workers: RemoteWorkers) -> None:
        self.look, self.predict = workers.look_alone, workers.predict
