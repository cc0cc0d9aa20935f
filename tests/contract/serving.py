"""The HTTP face over real HTTP, on a real database and blob directory, with nobody working on its tasks.

The database is SQLite; VERISCOPE_DATABASE_URL runs the same tests on an (empty) PostgreSQL database.
"""

import asyncio
import socket
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import uvicorn
from argon2 import PasswordHasher

from deployments.gateway import PROBE
from deployments.ingress.app import create_app
from deployments.ingress.backend import Backend
from deployments.settings import Settings, ShareIdSettings
from deployments.tasks.accounts import Accounts
from deployments.tasks.blobs import Blobs
from deployments.tasks.cases import Cases
from deployments.tasks.database import migrate, open_database
from deployments.tasks.galleries import Galleries
from deployments.tasks.idempotency import Idempotency
from deployments.tasks.outbox import Outbox
from deployments.tasks.sessions import Sessions
from deployments.tasks.store import TaskStore
from deployments.tasks.task import ArtifactRef, Completed, Failed, Outcome, State
from deployments.tasks.webhooks import Webhooks
from pipelines.media.decoder import IsolatedDecoder
from pipelines.media.frames import Decoded
from pipelines.report import Check, ModelRef, Report, Status, Verdict

FACE = (ModelRef("face/detector", "2023mar", "00" * 32),)


@dataclass
class Api:
    """A running face.

    Attributes:
        account: user name and password of an account that exists from the start.
        wakes: how often a dispatcher was woken.
    """

    home: Path
    account: tuple[str, str] = ("bank", "correct horse battery staple")
    wakes: list[str] = field(default_factory=list)
    components: dict[str, str] = field(default_factory=lambda: {"dispatcher": "ready"})
    options: dict[str, object] = field(default_factory=dict)
    store_class: type[TaskStore] = TaskStore

    def start(self) -> None:
        """Listens on a free port of 127.0.0.1."""
        self.app = create_app(self.backend())
        self._listen()

    def backend(self) -> Backend:
        """Opens the database and the blob directory."""
        keys = ShareIdSettings(keys="example-key:example-hash:bank")
        given = {"ssrf_allow_cidrs": "127.0.0.0/8", "public_host": "api.test", "shareid": keys} | self.options
        settings = Settings(home=self.home, **given)
        engine = open_database(settings.database)
        migrate(engine)
        self.store = self.store_class(engine)
        self.webhooks = Webhooks(engine)
        self.accounts = Accounts(engine, hasher=PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        if not self.accounts.exists(self.account[0]):
            self.accounts.add(*self.account)
        self.outbox = Outbox(engine)
        self.galleries = Galleries(engine)
        self.cases = Cases(engine)
        self.sessions = Sessions(engine, life_s=settings.oz_session_ttl, service_accounts=settings.oz_service_accounts)
        self.blobs = Blobs(settings.blobs, settings.blob_key)
        self.settings = settings
        self.engine = engine
        return Backend(
            settings=settings,
            tasks=self.store,
            accounts=self.accounts,
            webhooks=self.webhooks,
            outbox=self.outbox,
            idempotency=Idempotency(engine),
            galleries=self.galleries,
            sessions=self.sessions,
            cases=self.cases,
            probe=self._probe,
            blobs=self.blobs,
            wake=lambda: self.wakes.append("dispatcher"),
            wake_deliverer=lambda: self.wakes.append("deliverer"),
            readiness=self._readiness,
        )

    def _listen(self) -> None:
        sock = socket.socket()
        sock.bind(("127.0.0.1", 0))
        self.port = sock.getsockname()[1]
        self.base_url = f"http://127.0.0.1:{self.port}"
        config = uvicorn.Config(self.app, log_config=None, access_log=False, lifespan="off")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([sock],), daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.005)

    async def _probe(self, keys: Sequence[str]) -> list[Decoded | Exception]:
        """Decodes in an isolated process, as the media host does."""
        async with IsolatedDecoder() as decoder:
            data = [await self.blobs.get(key) for key in keys]
            return await asyncio.gather(*(decoder.decode(one, PROBE) for one in data), return_exceptions=True)  # type: ignore[return-value]

    async def _readiness(self) -> dict[str, str]:
        return self.components

    def stop(self) -> None:
        """Closes the port and the database."""
        self._server.should_exit = True
        self._thread.join(10)
        self.engine.dispose()

    def new_account(self) -> tuple[str, str]:
        """A further account."""
        name = f"tenant-{uuid.uuid4().hex[:12]}"
        self.accounts.add(name, "password")
        return name, "password"

    def anonymous(self) -> httpx.Client:
        """A client without a token."""
        # Loading the trusted authorities takes longer than most tests, and there is no TLS here.
        return httpx.Client(base_url=self.base_url, timeout=30, verify=False, trust_env=False)

    def client(self, account: tuple[str, str] | None = None, scope: str | None = None) -> httpx.Client:
        """A client with a token of the account; of a new one where none is given."""
        data = {"scope": scope} if scope else None
        with self.anonymous() as anonymous:
            reply = anonymous.post("/auth/tokens", auth=account or self.new_account(), data=data)
        assert reply.status_code == 200, reply.text
        client = self.anonymous()
        client.headers["Authorization"] = reply.json()["token"]
        return client

    def finish(self, task_id: str, outcome: Outcome) -> None:
        """Ends a queued task, as a dispatcher would."""
        for task in self.store.claim("test", 10_000, 60):
            assert task.lease is not None
            if task.id == task_id:
                assert self.store.finish(task.id, task.lease, outcome)
            else:
                self.store.requeue(task.id, task.lease, 0, use_attempt=False)

    def complete(self, task_id: str, report: Report, *artifacts: ArtifactRef) -> None:
        """Ends a queued task with a report."""
        self.finish(task_id, Completed(report.to_json(), artifacts))

    def fail(self, task_id: str, code: str, message: str) -> None:
        """Ends a queued task without one."""
        self.finish(task_id, Failed(code, message))

    def kept(self) -> tuple[int, int]:
        """How many open tasks and how many files in the blob directory there are, unfinished ones included."""
        depth = self.store.depth()
        files = [path for path in Path(self.settings.blobs).rglob("*") if path.is_file()]
        return depth[State.QUEUED] + depth[State.RUNNING], len(files)


def liveness_report(
    status: Status, verdict: Verdict, *, score: float | None = 0.9, no_faces: bool = False, quality: bool = True
) -> Report:
    """A report as the liveness pipeline writes it."""
    judged = () if no_faces or not quality else _quality()
    check = Check(
        name="liveness",
        status=status,
        score=score,
        threshold=0.5,
        reasons=("no_face",) if no_faces else (),
        evidence={"no_faces": no_faces},
        models=FACE,
    )
    return Report(service="liveness_detection", verdict=verdict, checks=(check, *judged))


def matching_report(score: float, threshold: float = 0.7, identification: dict[str, object] | None = None) -> Report:
    """A report as the matching pipeline writes it."""
    passed = score >= threshold
    check = Check(
        name="face_match",
        subject="file+extra_file",
        status=Status.PASSED if passed else Status.FAILED,
        score=score,
        threshold=threshold,
        models=FACE,
    )
    return Report(
        service="face_matching",
        verdict=Verdict.GENUINE if passed else Verdict.SUSPICIOUS,
        checks=(check,),
        data={"identification": identification or {}},
    )


def _quality() -> tuple[Check, ...]:
    pose = {"yaw": 3.1, "pitch": -2.0, "roll": 0.5}
    return (
        Check(name="quality.face_size", status=Status.PASSED, evidence={"value": 212}),
        Check(name="quality.pose", status=Status.PASSED, evidence={"value": pose}),
        Check(name="quality.single_face", status=Status.FAILED, evidence={"value": 2}),
        Check(name="quality.eyes_open", status=Status.NOT_PERFORMED),
        Check(name="quality", status=Status.FAILED, score=0.91),
    )


def until(true: Callable[[], bool], timeout: float = 10) -> None:
    """Waits until it is."""
    deadline = time.monotonic() + timeout
    while not true():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.01)
