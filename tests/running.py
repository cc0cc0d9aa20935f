"""A real cluster for tests: `veriscope up` in a process of its own, with a HOME of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from deployments.settings import Settings

ACCOUNT = ("bank", "correct horse battery staple")
SHAREID_KEY = ("example-key", "example-hash")


def free_port() -> int:
    """A port on 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Cluster:
    """A running cluster.

    Attributes:
        home: its VERISCOPE_HOME; start it again on the same one and it goes on where it stopped.
        environment: further settings.
    """

    home: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[str] | None = None
    lines: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Starts it and waits for its `ready` line."""
        self.home.mkdir(parents=True, exist_ok=True)
        weights = self.home / "weights"
        if not weights.exists():
            weights.symlink_to(weights_cache())
        environment = os.environ | {
            "VERISCOPE_HOME": str(self.home),
            "VERISCOPE_HTTP_PORT": str(self.port),
            "VERISCOPE_ACCOUNT": ":".join(ACCOUNT),
            "VERISCOPE_SSRF_ALLOW_CIDRS": "127.0.0.0/8",
            "VERISCOPE_WEBHOOK_TIME_SCALE": "0.01",
            "VERISCOPE_SHAREID_KEYS": ":".join((*SHAREID_KEY, ACCOUNT[0])),
            # Results are tested here, not how fast a busy machine is.
            "VERISCOPE_SHAREID_WAIT_S": "240",
            "VERISCOPE_TRUSTMATIC_WAIT_S": "240",
            **self.environment,
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cluster.cli", "up", *self.arguments],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if line.startswith("ready "):
                return
        raise AssertionError("the cluster did not start:\n" + "".join(self.lines))

    def settings(self) -> Settings:
        """The settings it was started with."""
        return Settings(
            home=self.home, **{k.removeprefix("VERISCOPE_").lower(): v for k, v in self.environment.items()}
        )

    def tree(self) -> list[psutil.Process]:
        """Every process of the cluster, the first one last."""
        assert self.process is not None
        try:
            first = psutil.Process(self.process.pid)
            return [*first.children(recursive=True), first]
        except psutil.NoSuchProcess:
            return []

    def replicas(self, deployment: str) -> list[psutil.Process]:
        """The processes of one deployment."""
        return [process for process in self.tree() if f":{deployment}" in _title(process)]

    def kill(self, deployment: str) -> int:
        """kill -9 for every replica of one deployment; returns how many there were."""
        replicas = self.replicas(deployment)
        for process in replicas:
            process.kill()
        return len(replicas)

    def kill_all(self) -> None:
        """kill -9 of the whole tree."""
        tree = self.tree()
        for process in reversed(tree):
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(tree, timeout=20)
        assert self.process is not None
        self.process.wait(20)

    def stop(self) -> list[psutil.Process]:
        """Ctrl-C; returns the processes that it left behind."""
        assert self.process is not None
        tree = self.tree()
        self.process.send_signal(signal.SIGINT)
        self.process.wait(60)
        _, alive = psutil.wait_procs(tree, timeout=15)
        return alive

    def client(self, **options: Any) -> httpx.Client:
        """An HTTP client with a token of the account."""
        token = httpx.post(f"{self.url}/auth/tokens", auth=ACCOUNT, timeout=30).json()["token"]
        return httpx.Client(base_url=self.url, headers={"Authorization": token}, timeout=30, **options)


def _title(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline()[:1])
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return ""


def weights_cache() -> Path:
    """The verified weights of this machine. Skips the test when `veriscope weights sync` has not run."""
    from models import weights

    for entry in weights.lock().values():
        if weights.fault_of(entry, weights.location(entry)):
            pytest.skip(f"weights {entry.name} are not here: run `veriscope weights sync`")
    return weights.cache_directory()


def until_finished(client: httpx.Client, path: str, timeout: float = 60) -> dict[str, Any]:
    """Polls a task until it is terminal."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        reply = client.get(path)
        body: dict[str, Any] = json.loads(reply.content)
        if reply.status_code != 200 or body["status"] != "in_progress":
            return body
        time.sleep(0.05)
    raise AssertionError(f"{path} was still in progress after {timeout:.0f} s")


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One cluster for all tests that only talk to it."""
    running = Cluster(tmp_path_factory.mktemp("home"))
    running.start()
    yield running
    left = running.stop()
    assert not left, f"left behind: {[process.cmdline() for process in left if process.is_running()]}"
