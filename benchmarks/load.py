"""What a liveness answer costs: bare model loop, `veriscope check` pipeline, full API. One run, ratios, spread.

    python benchmarks/load.py [--tasks 200] [--rounds 3] [--clients 16]

CPU milliseconds are those of every process that works for the answer; the client's own are left out. Bounded: it sends
`tasks` x `rounds` pictures to a cluster that it starts on a free port of 127.0.0.1, and stops it.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import psutil
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from models.registry import create
from pipelines.context import Context
from pipelines.identity.liveness import check_liveness
from pipelines.identity.observe import MODELS, observe
from pipelines.local import LocalModels, LocalWorkers
from pipelines.media.decoder import IsolatedDecoder
from pipelines.media.frames import DecodeRequest, Limits
from pipelines.media.image import decode_image
from tests.pictures import astronaut, hopper
from tests.running import Cluster

POLL_S = 0.5
"""How long a client waits between one look and the next; every look costs the gateway about a millisecond."""
REQUEST = DecodeRequest(frames=8, max_side=1920)


@dataclass(frozen=True, slots=True)
class Round:
    """Answers a second, and CPU milliseconds an answer, in all and by process."""

    rate: float
    cpu_ms: float
    parts: dict[str, float]


class Bare:
    """Predictors called straight."""

    def __init__(self) -> None:
        self._predictors = {name: create(name, threads=1) for name in MODELS}
        for predictor in self._predictors.values():
            predictor.load()

    async def predict(self, name: str, batch: Sequence[Any]) -> list[Any]:
        return self._predictors[name].predict(batch) if batch else []


def measured(work: Callable[[], None], count: int, processes: Callable[[], list[psutil.Process]]) -> Round:
    """Runs `work`, which gives `count` answers, and counts the CPU time of those processes meanwhile."""
    before, began = cpu_seconds(processes()), time.perf_counter()
    work()
    wall, after = time.perf_counter() - began, cpu_seconds(processes())
    parts: dict[str, float] = {}
    for process, seconds in after.items():
        name = part_of(process)
        parts[name] = parts.get(name, 0.0) + 1000 * (seconds - before.get(process, 0.0)) / count
    return Round(count / wall, sum(parts.values()), parts)


def cpu_seconds(processes: list[psutil.Process]) -> dict[psutil.Process, float]:
    found = {}
    for process in processes:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        found[process] = times.user + times.system
    return found


def part_of(process: psutil.Process) -> str:
    """A deployment's name, or `ray` for what Ray itself runs, or `decoder`."""
    try:
        title = " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return "ended"
    if "ServeReplica:veriscope:" in title:
        return title.split("ServeReplica:veriscope:")[1].split(".")[0].split()[0]
    return "decoder" if "pipelines.media" in title else "ray" if "ray" in title or "raylet" in title else "other"


def own_tree() -> list[psutil.Process]:
    this = psutil.Process()
    return [this, *this.children(recursive=True)]


def bare_loop(bare: Bare, pictures: list[bytes]) -> None:
    async def loop() -> None:
        for picture in pictures:
            await observe(decode_image(picture, REQUEST, Limits()), bare, {"liveness": True})

    asyncio.run(loop())


async def check_loop(workers: LocalWorkers, pictures: list[bytes]) -> None:
    for picture in pictures:
        await check_liveness(Context({"file": picture}, workers))


def through_api(client: httpx.Client, pictures: list[bytes], clients: int) -> None:
    def ask(picture: bytes) -> None:
        task = client.post("/tasks/liveness_detection", files={"file": ("a.jpg", picture)}).json()["report_id"]
        deadline = time.monotonic() + 120
        while client.get(f"/tasks/liveness_detection/{task}").json()["status"] == "in_progress":
            if time.monotonic() > deadline:
                raise TimeoutError(task)
            time.sleep(POLL_S)

    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(ask, pictures))


def show(rounds: dict[str, list[Round]]) -> None:
    """Prints medians with their spread, and how each round compares with the bare loop of the same round."""
    table = Table("", "answers/s", "CPU-ms an answer", "ratio to bare (median, min to max)")
    for name, found in rounds.items():
        ratios = [one.cpu_ms / bare.cpu_ms for one, bare in zip(found, rounds["bare model loop"], strict=True)]
        costs = [one.cpu_ms for one in found]
        table.add_row(
            name,
            f"{median(one.rate for one in found):.1f}",
            f"{median(costs):.1f} ({min(costs):.1f} to {max(costs):.1f})",
            f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})",
        )
    Console().print(table)
    parts = Table("part of the full API", "CPU-ms an answer (median)")
    for part in sorted({part for one in rounds["full API"] for part in one.parts}):
        cost = median(one.parts.get(part, 0.0) for one in rounds["full API"])
        if cost >= 0.05:
            parts.add_row(part, f"{cost:.1f}")
    Console().print(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", type=int, default=16)
    wanted = parser.parse_args()
    pictures = [astronaut() if number % 2 else hopper() for number in range(wanted.tasks)]
    rounds: dict[str, list[Round]] = {"bare model loop": [], "check pipeline": [], "full API": []}
    bare = Bare()
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner() as runner:
        decoder = IsolatedDecoder()
        runner.run(decoder.start())
        workers = LocalWorkers(decoder, LocalModels())
        cluster = Cluster(Path(folder))
        cluster.start()
        try:
            with cluster.client(limits=httpx.Limits(max_connections=wanted.clients)) as client:
                bare_loop(bare, pictures[:8])
                runner.run(check_loop(workers, pictures[:8]))
                through_api(client, pictures[:32], wanted.clients)
                mine = set(own_tree()) - set(cluster.tree())
                for _ in range(wanted.rounds):
                    found = measured(lambda: bare_loop(bare, pictures), wanted.tasks, lambda: list(mine))
                    rounds["bare model loop"].append(found)
                    found = measured(
                        lambda: runner.run(check_loop(workers, pictures)), wanted.tasks, lambda: list(mine)
                    )
                    rounds["check pipeline"].append(found)
                    found = measured(lambda: through_api(client, pictures, wanted.clients), wanted.tasks, cluster.tree)
                    rounds["full API"].append(found)
        finally:
            cluster.stop()
            decoder.close()
    show(rounds)


if __name__ == "__main__":
    main()
