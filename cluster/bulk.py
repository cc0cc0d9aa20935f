"""The offline job: Ray Data over a manifest, on a Ray of its own that leaves the online side its machine."""

import contextlib
import logging
import os
import re
import signal
from collections.abc import Callable, Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from cluster.bulk_job import Job, JobError, models_in_force
from cluster.bulk_judge import Judge
from cluster.bulk_manifest import Manifest
from models import weights
from pipelines.services import FILE_SERVICES

BLOCK = 32
"""Items that travel to a worker at once; what a worker that dies has to do again."""

WAVE = 50_000
"""Items that are planned at once: the plan's memory stays bounded, and workers start anew once in so many."""

LEAST_PRIORITY = 19
"""Niceness of a job unless it is told otherwise. Replicas outside `veriscope up` run at 15: 10 would overtake them."""


def definition_of(manifest: Manifest, service: str, shard_size: int) -> dict[str, object]:
    """What has to agree for results to belong together. Raises models.weights.WeightsError."""
    for name in weights.lock():
        weights.path(name)
    return {
        "service": service,
        "items": len(manifest.items),
        "manifest_sha256": manifest.sha256,
        "shard_size": shard_size,
        "models": models_in_force(),
    }


def usable_cpus() -> int:
    """The CPUs this process may use."""
    return len(os.sched_getaffinity(0))


def default_cpus() -> int:
    """All of them but one."""
    return max(1, usable_cpus() - 1)


def run(
    job: Job,
    manifest: Manifest,
    service: str,
    judged: Callable[[pa.Table], None],
    *,
    cpus: int,
    nice: int = LEAST_PRIORITY,
) -> None:
    """Judges every item of the unfinished shards and writes each shard when its last item is there.

    Args:
        service: one of `pipelines.services.FILE_SERVICES`.
        judged: is shown each block of results as it arrives.
        cpus: how many CPUs the job may use; it is bound to them.
        nice: what is added to the niceness of this process and all it starts.
    """
    assert service in FILE_SERVICES
    unfinished = job.unfinished()
    if not unfinished:
        return
    per_wave = max(1, WAVE // job.shard_size)
    with _own_ray(cpus, nice):
        for start in range(0, len(unfinished), per_wave):
            _run_wave(job, manifest, service, cpus, unfinished[start : start + per_wave], judged)


def _run_wave(
    job: Job,
    manifest: Manifest,
    service: str,
    cpus: int,
    shards: Sequence[int],
    judged: Callable[[pa.Table], None],
) -> None:
    import ray.data

    blocks = [block for shard in shards for block in _blocks(manifest.items, job.rows(shard))]
    results = ray.data.from_arrow(blocks).map_batches(
        Judge,
        fn_constructor_args=(service, manifest.base, str(job.attempts)),
        batch_size=None,
        batch_format="pyarrow",
        compute=ray.data.ActorPoolStrategy(size=min(cpus, len(blocks))),
        num_cpus=1,
    )
    collected: dict[int, list[pa.Table]] = {}
    for block in results.iter_batches(batch_size=None, batch_format="pyarrow"):
        judged(block)
        for shard, part in _by_shard(block, job.shard_size):
            parts = collected.setdefault(shard, [])
            parts.append(part)
            if sum(map(len, parts)) == len(job.rows(shard)):
                job.finish(shard, pa.concat_tables(collected.pop(shard)))


def _by_shard(block: pa.Table, shard_size: int) -> Iterator[tuple[int, pa.Table]]:
    """Takes a block of results apart. Ray Data promises nothing about which items come back together."""
    shards = pc.divide(block["row"], shard_size)
    for shard in pc.unique(shards).to_pylist():
        yield shard, block.filter(pc.equal(shards, shard))


def _blocks(items: pa.Table, rows: range) -> Iterator[pa.Table]:
    """The items of one shard in blocks."""
    for start in range(rows.start, rows.stop, BLOCK):
        yield items.slice(start, min(BLOCK, rows.stop - start))


@contextlib.contextmanager
def _own_ray(cpus: int, nice: int) -> Iterator[None]:
    """A Ray of this process alone, at that priority and on so many CPUs, decoders included."""
    os.environ |= {
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_BACKEND_LOG_LEVEL": "fatal",
        "RAY_worker_niceness": "0",
        "OMP_NUM_THREADS": "1",
    }
    os.environ.pop("RAY_ADDRESS", None)
    os.environ["VERISCOPE_HOME"] = str(weights.cache_directory().absolute().parent)
    os.nice(nice)
    allowed = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, allowed[-cpus:])
    import ray
    import ray.data

    with _quiet():
        ray.init(
            address="local",
            num_cpus=cpus,
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.ERROR,
            object_store_memory=256 << 20,
        )
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    try:
        yield
    except ray.exceptions.RayError as error:
        raise JobError(f"the workers cannot go on: {_reason(error)}; finished shards are kept") from error
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        ray.shutdown()


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keeps what Ray's native code says about its own log level off the terminal; exceptions come through."""
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _reason(error: Exception) -> str:
    """What a worker raised. Only the text of it crosses the process boundary."""
    raised: list[str] = re.findall(r"^(?:\w+\.)*\w*(?:Error|Unavailable): (.+)$", str(error), re.MULTILINE)
    return raised[-1] if raised else type(error).__name__
