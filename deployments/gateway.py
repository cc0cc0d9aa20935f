"""The HTTP ingress: accepts, stores, answers; runs no model."""

import asyncio
import logging
import socket
from collections.abc import Mapping, Sequence

import uvicorn
from fastapi import FastAPI
from ray import serve
from ray.serve.handle import DeploymentHandle

from deployments.ingress.app import create_app
from deployments.ingress.backend import Backend
from deployments.replica import where
from deployments.settings import Settings
from deployments.tasks.accounts import Accounts
from deployments.tasks.blobs import Blobs
from deployments.tasks.cases import Cases
from deployments.tasks.database import open_database
from deployments.tasks.galleries import Galleries
from deployments.tasks.idempotency import Idempotency
from deployments.tasks.outbox import Outbox
from deployments.tasks.sessions import Sessions
from deployments.tasks.store import TaskStore
from deployments.tasks.webhooks import Webhooks
from pipelines.media.frames import Decoded, DecodeRequest

logger = logging.getLogger("ray.serve")


PROBE = DecodeRequest(frames=1, max_side=320, kinds=frozenset({"image", "video", "zip"}))
"""Enough to tell what a file is, and for a small picture of it."""


class Waker:
    """Wakes another deployment without waiting for it, with at most one call under way.

    A dispatcher whose places are all taken answers so; it looks for work by itself as soon as one is free, so the next
    call is put off for a moment. A lost wake-up costs the poll interval, never a task.
    """

    def __init__(self, handle: DeploymentHandle, quiet_s: float = 0.25) -> None:
        self._handle, self._quiet_s = handle, quiet_s
        self._under_way = self._wanted = False
        self._loop = asyncio.get_running_loop()

    def __call__(self) -> None:
        """Safe from any thread; returns at once."""
        self._loop.call_soon_threadsafe(self._want)

    def _want(self) -> None:
        self._wanted = True
        if not self._under_way:
            self._under_way = True
            self._calls = self._loop.create_task(self._call_while_wanted())

    async def _call_while_wanted(self) -> None:
        try:
            while self._wanted:
                self._wanted = False
                if await self._handle.wake.remote():
                    await asyncio.sleep(self._quiet_s)
        except Exception as error:
            logger.warning("could not wake %s, which polls: %s", self._handle.deployment_name, where(error))
        finally:
            self._under_way = False


class Gateway:
    """One replica of the HTTP face."""

    async def __init__(  # type: ignore[misc]
        self, dispatcher: DeploymentHandle, deliverer: DeploymentHandle, hosts: Mapping[str, DeploymentHandle]
    ) -> None:
        settings = Settings()
        engine = open_database(settings.database)
        self.settings = settings
        self._handles = {"dispatcher": dispatcher, "deliverer": deliverer, **hosts}
        self._face = create_app(
            Backend(
                settings=settings,
                tasks=TaskStore(engine),
                accounts=Accounts(engine),
                webhooks=Webhooks(engine),
                outbox=Outbox(engine),
                idempotency=Idempotency(engine),
                galleries=Galleries(engine),
                sessions=Sessions(
                    engine,
                    life_s=settings.oz_session_ttl,
                    long_life_s=settings.oz_session_longlive_ttl,
                    service_accounts=settings.oz_service_accounts,
                ),
                cases=Cases(engine),
                blobs=Blobs(settings.blobs, settings.blob_key),
                wake=Waker(dispatcher),
                wake_deliverer=Waker(deliverer),
                probe=self._probe,
                readiness=self._readiness,
            )
        )

    async def _probe(self, keys: Sequence[str]) -> list[Decoded | Exception]:
        found: list[Decoded | Exception] = await self._handles["media"].decode.remote(list(keys), PROBE)
        return found

    async def _readiness(self) -> dict[str, str]:
        names = list(self._handles)
        states = await asyncio.gather(*(self._ready(self._handles[name]) for name in names))
        return dict(zip(names, states, strict=True))

    async def _ready(self, handle: DeploymentHandle) -> str:
        try:
            async with asyncio.timeout(2):
                await handle.ready.remote()
        except Exception as error:
            return f"unavailable ({type(error).__name__})"
        return "ready"


class ListeningGateway(Gateway):
    """A gateway that listens itself: on one node nothing needs to stand in front of it."""

    async def __init__(  # type: ignore[misc]
        self, dispatcher: DeploymentHandle, deliverer: DeploymentHandle, hosts: Mapping[str, DeploymentHandle]
    ) -> None:
        await super().__init__(dispatcher, deliverer, hosts)
        config = uvicorn.Config(
            self._face, log_config=None, access_log=False, server_header=False, date_header=False, proxy_headers=False
        )
        self._server = uvicorn.Server(config)
        self._serving = asyncio.create_task(self._server.serve([listening(self.settings)]))

    async def check_health(self) -> None:
        """Serve restarts the replica when the server has died."""
        if self._serving.done():
            raise RuntimeError("the HTTP server ended") from self._serving.exception()

    async def __del__(self) -> None:
        """Answers what is under way, then closes."""
        self._server.should_exit = True
        await self._serving


def listening(settings: Settings) -> socket.socket:
    """The API's own listening socket. Raises OSError when the port is taken by another program."""
    family = socket.AF_INET6 if ":" in settings.http_host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((settings.http_host, settings.http_port))
    return sock


@serve.ingress()
class ProxiedGateway(Gateway):
    """A gateway behind Serve's proxies, as many replicas as the profile says."""

    def __serve_build_asgi_app__(self) -> FastAPI:
        """Serve asks for it once the replica stands."""
        return self._face
