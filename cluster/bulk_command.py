"""`veriscope bulk`: judges millions of files offline, restartable at any moment."""

import signal
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Annotated

import pyarrow as pa
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from cluster import bulk
from cluster.bulk_job import Job, JobError
from cluster.bulk_manifest import Manifest, ManifestError, read_manifest
from models.weights import WeightsError
from pipelines.services import FILE_SERVICES

bulk_app = typer.Typer(help="Judge many files offline, apart from the cluster.", no_args_is_help=True)
console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)

LINE_EVERY_S = 5.0
"""Seconds between lines where the output is no terminal."""


@bulk_app.callback()
def _bulk() -> None:
    """Judge many files offline, apart from the cluster."""


@bulk_app.command("run")
def run(
    manifest: Annotated[
        str, typer.Argument(help="CSV or Parquet file with a `path` column, a directory, or s3://.../")
    ],
    out: Annotated[Path, typer.Option(help="Directory of the results; the same one goes on where the job stopped.")],
    service: Annotated[str, typer.Option(help="Which question to ask.")] = "liveness_detection",
    shard_size: Annotated[int, typer.Option(min=1, help="Items in a result file.")] = 1000,
    max_cpus: Annotated[int | None, typer.Option(min=1, help="CPUs to use; by default all but one.")] = None,
    nice: Annotated[int, typer.Option(min=0, max=19, help="19: only what others leave; 0: as they do.")] = (
        bulk.LEAST_PRIORITY
    ),
    reference_column: Annotated[str, typer.Option(help="Column with the path of the reference photo.")] = "reference",
) -> None:
    """Judge every item of a manifest. Ctrl-C or a crash loses nothing finished: run the same command again."""
    if service not in FILE_SERVICES:
        raise _fail(f"no service {service!r} for bulk jobs; there are: {', '.join(sorted(FILE_SERVICES))}")
    cpus = min(max_cpus or bulk.default_cpus(), bulk.usable_cpus())
    interruption = Interruption()
    try:
        items = read_manifest(manifest, reference_column)
        with Job.opened(out, bulk.definition_of(items, service, shard_size)) as job:
            _judge(job, items, service, interruption, cpus, nice)
    except (ManifestError, JobError, WeightsError) as error:
        raise _fail(str(error)) from None
    except KeyboardInterrupt:
        errors.print(f"stopped; finished shards are in {out}. Run the same command again to go on.", soft_wrap=True)
        raise typer.Exit(130) from None


def _judge(job: Job, manifest: Manifest, service: str, interruption: "Interruption", cpus: int, nice: int) -> None:
    left = sum(len(job.rows(shard)) for shard in job.unfinished())
    if left < job.items:
        console.print(f"{job.items - left} of {job.items} items are finished already", soft_wrap=True)
    meter = Meter(left)

    def judged(results: pa.Table) -> None:
        interruption.check()
        meter.add(results)

    with meter:
        bulk.run(job, manifest, service, judged, cpus=cpus, nice=nice)
    _summarise(job, meter)


class Interruption:
    """Ctrl-C and SIGTERM. Ray swallows the exception when it comes at a bad moment, so it is remembered as well."""

    def __init__(self) -> None:
        self._asked = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._ask)

    def check(self) -> None:
        """Raises KeyboardInterrupt when either has come."""
        if self._asked:
            raise KeyboardInterrupt

    def _ask(self, _: int, __: FrameType | None) -> None:
        self._asked = True
        raise KeyboardInterrupt


class Meter:
    """Shows how far a run is: a bar on a terminal, else a line every few seconds."""

    def __init__(self, total: int) -> None:
        self.total, self.done, self.failed = total, 0, 0
        self._first = self._last_line = time.monotonic()
        self._warm: tuple[float, int] | None = None
        self._progress = Progress(
            TextColumn("judging"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn(), console=console,
            disable=not console.is_terminal,
        )  # fmt: skip
        self._bar = self._progress.add_task("judging", total=total, rate="starting")

    def __enter__(self) -> "Meter":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    @property
    def seconds(self) -> float:
        """Since the start, loading of the models included."""
        return time.monotonic() - self._first

    @property
    def rate(self) -> float:
        """Items a second; once more than the first block is there, without the start of the workers."""
        since, before = self._warm or (self._first, 0)
        if self.done == before:
            since, before = self._first, 0
        return (self.done - before) / (time.monotonic() - since)

    def add(self, results: pa.Table) -> None:
        """Counts a block of results."""
        self.done += len(results)
        first = self._warm is None
        self._warm = self._warm or (time.monotonic(), self.done)
        self.failed += len(results) - results["error_code"].null_count
        rate = f"{self.rate:.1f} items/s, {self.failed} errors"
        self._progress.update(self._bar, completed=self.done, rate=rate)
        now = time.monotonic()
        # The first block says how long the workers took to start, nothing about what is left.
        due = now - self._last_line >= LINE_EVERY_S and not first
        if not console.is_terminal and (due or self.done == self.total):
            self._last_line = now
            left = timedelta(seconds=round((self.total - self.done) / self.rate))
            print(f"{self.done} of {self.total} items, {rate}, {left} left", flush=True)


def _summarise(job: Job, meter: Meter) -> None:
    verdicts, codes = job.outcome()
    table = Table("outcome", "items", title=f"{job.items} items in {job.shards} shards")
    for name, count in (*verdicts.most_common(), *_prefixed(codes).most_common()):
        table.add_row(name, str(count))
    console.print(table)
    took = timedelta(seconds=round(meter.seconds))
    speed = f": {meter.done} judged in {took}, {meter.rate:.1f} items/s" if meter.done else ""
    console.print(f"done{speed}; results in {job.directory}", soft_wrap=True)


def _prefixed(codes: Counter[str]) -> Counter[str]:
    return Counter({f"error: {code}": count for code, count in codes.items()})


def _fail(text: str) -> typer.Exit:
    errors.print(f"[bold red]error[/] {text}", soft_wrap=True)
    return typer.Exit(1)
