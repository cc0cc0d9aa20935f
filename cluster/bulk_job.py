"""A bulk job's directory: what the job is, which shards are finished, and their durable result files."""

import fcntl
import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet

from models import weights
from models.cards import Card, all_cards

_UNFINISHED = ".unfinished"


class JobError(Exception):
    """The job cannot run in this directory. The text says why and what to do."""


def models_in_force() -> dict[str, str]:
    """Every model with what its scores depend on: they compare only where all of it agrees."""
    return {card.name: identity_of(card) for card in all_cards()}


def identity_of(card: Card) -> str:
    """A model's version with a digest of its weights and fitted constants."""
    parts = [[weights.entry(name).sha256 for name in card.weights], dict(card.parameters)]
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
    return f"{card.version} {digest[:16]}"


class Job:
    """Shards of consecutive items, one Parquet file each. A file that is there is whole, and is never touched again."""

    def __init__(self, directory: Path, items: int, shard_size: int) -> None:
        self.directory, self.items, self.shard_size = directory, items, shard_size
        self.shards = -(-items // shard_size)
        self.attempts = directory / ".attempts"

    @classmethod
    @contextmanager
    def opened(cls, directory: Path, definition: dict[str, Any]) -> Iterator[Self]:
        """Begins the job, or goes on with it, while no other process does.

        Args:
            definition: what makes results comparable: items, shard_size, manifest_sha256, service, models, ...

        Raises:
            JobError: the directory holds another job, or another process works on this one.
        """
        directory.mkdir(parents=True, exist_ok=True)
        with (directory / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise JobError(f"another process works on the job in {directory}") from None
            _claim(directory, definition)
            job = cls(directory, definition["items"], definition["shard_size"])
            job._sweep()
            yield job
            shutil.rmtree(job.attempts, ignore_errors=True)

    def file(self, shard: int) -> Path:
        """The result file of a shard, finished or not."""
        return self.directory / f"shard-{shard:06d}.parquet"

    def rows(self, shard: int) -> range:
        """The numbers of the shard's items."""
        return range(shard * self.shard_size, min((shard + 1) * self.shard_size, self.items))

    def unfinished(self) -> list[int]:
        """The shards without a result file, in order."""
        there = {name for name in os.listdir(self.directory) if name.startswith("shard-")}
        return [shard for shard in range(self.shards) if self.file(shard).name not in there]

    def finish(self, shard: int, results: pa.Table) -> None:
        """Writes the shard's results durably, ordered by row; they appear whole or not at all.

        Raises:
            JobError: the results are not exactly the shard's items.
        """
        ordered = results.sort_by("row")
        if ordered["row"].to_pylist() != list(self.rows(shard)):
            raise JobError(f"shard {shard} lacks items or has some twice; run the same command again")
        temporary = self.directory / f"{_UNFINISHED}-{shard}"
        with temporary.open("wb") as file:
            pa.parquet.write_table(ordered, file, compression="zstd")
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(self.file(shard))
        _sync(self.directory)

    def outcome(self) -> tuple[Counter[str], Counter[str]]:
        """How many items of the finished shards have each verdict, and each error code."""
        verdicts: Counter[str] = Counter()
        errors: Counter[str] = Counter()
        for file in sorted(self.directory.glob("shard-*.parquet")):
            table = pa.parquet.read_table(file, columns=["verdict", "error_code"])
            verdicts.update(name for name in table["verdict"].to_pylist() if name)
            errors.update(code for code in table["error_code"].to_pylist() if code)
        return verdicts, errors

    def _sweep(self) -> None:
        for left in self.directory.glob(f"{_UNFINISHED}-*"):
            left.unlink()
        # An item that was under way when the whole job was killed is not suspect.
        shutil.rmtree(self.attempts, ignore_errors=True)
        self.attempts.mkdir()


def _claim(directory: Path, definition: dict[str, Any]) -> None:
    """Writes what the job is, or compares it with what stands there."""
    file = directory / "job.json"
    if file.exists():
        stored = json.loads(file.read_text(encoding="utf-8"))
        different = sorted(
            name for name in definition.keys() | stored.keys() if definition.get(name) != stored.get(name)
        )
        if different:
            raise JobError(
                f"{directory} holds the results of another job (different: {', '.join(different)}); "
                "choose another directory, or repeat the first command exactly"
            )
        return
    if any(directory.glob("shard-*.parquet")):
        raise JobError(f"{directory} holds result files but no job.json; choose another directory")
    temporary = directory / f"{_UNFINISHED}-job"
    with temporary.open("w", encoding="utf-8") as out:
        json.dump(definition, out, indent=2, sort_keys=True)
        out.flush()
        os.fsync(out.fileno())
    temporary.rename(file)
    _sync(directory)


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
