"""Starts the cluster on this machine, keeps it up, and takes it down without leaving a process behind."""

import contextlib
import io
import json
import logging
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from deployments.profile import Profile
from deployments.settings import Settings
from deployments.tasks.accounts import Accounts
from deployments.tasks.database import migrate, open_database
from models import weights
from models.cards import card

DEFAULT_PROFILE = Path(__file__).resolve().parent.parent / "serve_config.yaml"
READY_S = 120.0


class StartError(Exception):
    """The cluster cannot start. The text names what is wrong and what to do."""


def read_profile(file: Path) -> tuple[dict[str, Any], Profile]:
    """The Serve config in that file and the profile in its application's arguments. Raises StartError."""
    from ray.serve.schema import ServeDeploySchema

    try:
        config = yaml.safe_load(file.read_text(encoding="utf-8"))
        ServeDeploySchema.model_validate(config)
        return config, Profile.model_validate(config["applications"][0]["args"])
    except OSError as error:
        raise StartError(f"cannot read the profile {file}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, yaml.YAMLError) as error:
        raise StartError(f"the profile {file} is not valid:\n{error}") from error


def prepare(settings: Settings, profile: Profile, say: Callable[[str], None]) -> None:
    """Everything that must hold before the first process starts: weights, database, account, port."""
    for host in profile.hosts.values():
        for model in host.models:
            for name in card(model).weights:
                try:
                    weights.path(name)
                except weights.WeightsError as error:
                    raise StartError(str(error)) from error
    settings.home.mkdir(parents=True, exist_ok=True)
    _ = settings.signing_key, settings.blob_key
    for warning in settings.warnings():
        say(f"WARNING: {warning}")
    engine = open_database(settings.database)
    migrate(engine)
    _ensure_account(Accounts(engine), settings, say)
    engine.dispose()
    with socket.socket(socket.AF_INET6 if ":" in settings.http_host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.http_host, settings.http_port))
        except OSError as error:
            raise StartError(
                f"port {settings.http_port} on {settings.http_host} is taken; "
                "stop what listens there, or choose another with VERISCOPE_HTTP_PORT"
            ) from error


def _ensure_account(accounts: Accounts, settings: Settings, say: Callable[[str], None]) -> None:
    if settings.account is not None:
        name, _, password = settings.account.get_secret_value().partition(":")
        if not name or not password:
            raise StartError("VERISCOPE_ACCOUNT must be user:password")
        if not accounts.exists(name):
            accounts.add(name, password)
    elif not accounts.exists("admin"):
        password = secrets.token_urlsafe(18)
        accounts.add("admin", password)
        say(f"account admin, password {password} (shown once; choose your own with VERISCOPE_ACCOUNT=user:password)")


def serve_until(stop: threading.Event, profile_file: Path, settings: Settings, say: Callable[[str], None]) -> None:
    """Runs the cluster until `stop` is set. Says `ready <url>` once it answers. Raises StartError."""
    config, profile = read_profile(profile_file)
    with _only_one(settings):
        prepare(settings, profile, say)
        with _ray(config, settings, profile) as deploy:
            deploy()
            wait_ready(settings, stop)
            if not stop.is_set():
                say(f"ready {url(settings)}")
                stop.wait()


@contextlib.contextmanager
def _ray(config: dict[str, Any], settings: Settings, profile: Profile) -> Iterator[Callable[[], None]]:
    os.environ |= {
        "RAY_USAGE_STATS_ENABLED": "0",
        # Ray would run replicas at niceness 15, behind everything else on the machine.
        "RAY_worker_niceness": "0",
        # What an idle Ray does ten times a second; measured, this and the metrics were a third of its idle cost.
        "RAY_SERVE_CONTROL_LOOP_INTERVAL_S": "0.5",
        "RAY_enable_metrics_collection": "0",
        # Model threads are the profile's to give; a BLAS that takes every core slows all hosts down.
        "OMP_NUM_THREADS": "1",
        # Ray adds its own variables for workers it starts; the settings reach them through the environment too.
        "VERISCOPE_HOME": str(settings.home),
    }
    import ray
    from ray import serve

    from deployments.app import build

    # Their own progress notes go to the log directory; the terminal holds what concerns the person in front of it.
    for name in ("ray", "ray.serve"):
        logging.getLogger(name).setLevel(logging.ERROR)
    log = {"logs_dir": str(settings.home / "logs"), **config.get("logging_config", {})}
    ray.init(
        address="local",
        include_dashboard=False,
        log_to_driver=False,
        logging_level=logging.ERROR,
        object_store_memory=512 << 20,
    )
    try:
        http = {"host": settings.http_host, "port": settings.http_port, **config.get("http_options", {})}
        serve.start(proxy_location=config.get("proxy_location", "EveryNode"), http_options=http, logging_config=log)

        def deploy() -> None:
            prefix = "/" if profile.http == "proxy" else None
            app = build(config["applications"][0]["args"])
            try:
                serve.run(app, name=config["applications"][0]["name"], route_prefix=prefix, logging_config=log)
            except RuntimeError as error:
                raise StartError(f"{error} The reason stands in {settings.home / 'logs'}.") from error

        yield deploy
    finally:
        # Ray reports here that the controller it was told to end has ended, as an error that alarms people.
        with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
            serve.shutdown()
            ray.shutdown()


@contextlib.contextmanager
def _only_one(settings: Settings) -> Iterator[None]:
    """Holds HOME for this process: two clusters on one SQLite file and one port help nobody."""
    running = state(settings)
    if running is not None:
        raise StartError(f"already running as process {running['pid']}; stop it with `veriscope down`")
    settings.home.mkdir(parents=True, exist_ok=True)
    file = settings.home / "run.json"
    file.write_text(json.dumps({"pid": os.getpid(), "url": url(settings), "since": time.time()}))
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def url(settings: Settings) -> str:
    """Where the API answers."""
    host = f"[{settings.http_host}]" if ":" in settings.http_host else settings.http_host
    return f"http://{host}:{settings.http_port}"


def state(settings: Settings) -> dict[str, Any] | None:
    """The running cluster of this HOME (`pid`, `url`, `since`), or None."""
    try:
        found: dict[str, Any] = json.loads((settings.home / "run.json").read_text())
        # A process id is used again after a restart of the machine: it has to be one of ours.
        if Path("/proc/self").exists() and b"up" not in Path(f"/proc/{found['pid']}/cmdline").read_bytes().split(b"\0"):
            return None
        os.kill(found["pid"], 0)
    except (OSError, ValueError, KeyError):
        return None
    return found


def readiness(settings: Settings, timeout: float = 3.0) -> dict[str, Any]:
    """What `/readyz` answers. Raises OSError while nothing answers there."""
    try:
        with urllib.request.urlopen(f"{url(settings)}/readyz", timeout=timeout) as reply:  # noqa: S310 - our own URL
            body: dict[str, Any] = json.load(reply)
    except urllib.error.HTTPError as error:
        body = json.load(error)
    return body


def wait_ready(settings: Settings, stop: threading.Event) -> None:
    """Waits until the cluster says it is ready. Raises StartError after two minutes."""
    deadline = time.monotonic() + READY_S
    last: object = "nothing answers"
    while time.monotonic() < deadline and not stop.is_set():
        try:
            last = readiness(settings)
            if last["status"] == "ready":
                return
        except (OSError, ValueError) as error:
            last = error
        stop.wait(0.1)
    if not stop.is_set():
        raise StartError(f"not ready after {READY_S:.0f} s: {last}; see {settings.home / 'logs'}")


def run(profile_file: Path, settings: Settings, say: Callable[[str], None]) -> None:
    """`veriscope up`: runs until Ctrl-C or SIGTERM."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    serve_until(stop, profile_file, settings, say)


def run_detached(profile_file: Path, settings: Settings, say: Callable[[str], None]) -> None:
    """`veriscope up --detach`: starts the same in the background and returns once it is ready. Raises StartError."""
    settings.home.mkdir(parents=True, exist_ok=True)
    log = settings.home / "veriscope.log"
    command = [sys.executable, "-m", "cluster.cli", "up", "--profile", str(profile_file)]
    with log.open("wb") as out:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)  # noqa: S603
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        text = log.read_text(errors="replace")
        if child.poll() is not None:
            raise StartError(text.strip() or f"the cluster ended with exit status {child.returncode}")
        ready = [line for line in text.splitlines() if line.startswith(("ready ", "account "))]
        if ready and ready[-1].startswith("ready "):
            for line in ready:
                say(line)
            return
        time.sleep(0.1)
    child.terminate()
    raise StartError(f"not ready after {READY_S:.0f} s; see {log}")


def stop_running(settings: Settings, timeout: float = 60.0) -> bool:
    """`veriscope down`: stops the cluster of this HOME. Returns whether one was running. Raises StartError."""
    running = state(settings)
    if running is None:
        return False
    os.kill(running["pid"], signal.SIGTERM)
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if state(settings) is None:
            return True
        time.sleep(0.1)
    raise StartError(f"process {running['pid']} did not stop within {timeout:.0f} s; see {settings.home / 'logs'}")
