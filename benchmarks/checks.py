"""What an identity check costs through the API: liveness of a selfie and its match with a photo, on a whole cluster.

    python -m benchmarks.checks [--checks 200] [--rounds 3] [--clients 1 4 16] [--out docs/benchmarks/identity-load.md]

Starts a cluster on a free port of 127.0.0.1, warms it up, sends `checks` pairs of pictures a round from each number of
clients, and stops it. Each client sends its next check when it has the answer to the last one, so the load is bounded.
Latency is from sending the pictures to holding the report; answers are fetched every `POLL_S`. CPU seconds are those of
every process of the cluster; the client's own are left out.
"""

import argparse
import os
import platform
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median, quantiles

import httpx
from rich.console import Console
from rich.progress import Progress

from benchmarks.load import Round, measured
from tests.pictures import astronaut, hopper
from tests.running import Cluster

POLL_S = 0.05
DEADLINE_S = 120
WARM_UP = 32
Check = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Load:
    """One round: what it cost, the seconds that each check took, and how many came out as verdict `genuine`."""

    cost: Round
    seconds: list[float]
    genuine: int


def checks(count: int) -> list[Check]:
    """Pairs of a selfie and another file of the same photo, public domain."""
    pairs = [(astronaut(), astronaut(quality=70)), (hopper(), hopper())]
    return [pairs[number % len(pairs)] for number in range(count)]


def ask(client: httpx.Client, pair: Check) -> tuple[float, bool]:
    """Sends one check and waits for its report: seconds, and whether its verdict is `genuine`.

    Raises:
        RuntimeError: it did not end as `completed`.
        TimeoutError: no end within `DEADLINE_S`.
    """
    began = time.perf_counter()
    files = {role: (f"{role}.jpg", data) for role, data in zip(("selfie", "reference"), pair, strict=True)}
    accepted = client.post("/v1/solutions/identity", files=files).raise_for_status().json()
    while time.perf_counter() - began < DEADLINE_S:
        time.sleep(POLL_S)
        task = client.get(f"/v1/reports/{accepted['id']}").raise_for_status().json()
        if task["status"] == "completed":
            return time.perf_counter() - began, task["report"]["verdict"] == "genuine"
        if task["status"] not in ("queued", "running", "in_progress"):
            raise RuntimeError(f"a check ended as {task['status']}")
    raise TimeoutError(accepted["id"])


def loaded(cluster: Cluster, client: httpx.Client, pairs: list[Check], clients: int) -> Load:
    """One round."""
    answers: list[tuple[float, bool]] = []
    with ThreadPoolExecutor(clients) as pool:
        cost = measured(lambda: answers.extend(pool.map(partial(ask, client), pairs)), len(pairs), cluster.tree)
    return Load(cost, [seconds for seconds, _ in answers], sum(genuine for _, genuine in answers))


def row(clients: int, rounds: list[Load]) -> list[str]:
    """Medians over rounds, with their spread; latencies over all checks of all rounds."""
    seconds = [value for load in rounds for value in load.seconds]
    rates, costs = [load.cost.rate for load in rounds], [load.cost.cpu_ms / 1000 for load in rounds]
    return [
        str(clients),
        str(len(seconds)),
        f"{1000 * median(seconds):.0f} ms",
        f"{1000 * quantiles(seconds, n=20)[-1]:.0f} ms",
        f"{median(rates):.2f} ({min(rates):.2f} to {max(rates):.2f})",
        f"{median(costs):.3f} ({min(costs):.3f} to {max(costs):.3f})",
        f"{sum(load.genuine for load in rounds)}",
    ]


def page(found: dict[int, list[Load]], rounds: int) -> str:
    """The Markdown page."""
    head = [
        "clients",
        "checks",
        "median latency",
        "p95 latency",
        "checks/s (rounds)",
        "CPU-s a check (rounds)",
        "genuine",
    ]
    lines = [head, ["---"] * len(head), *(row(clients, loads) for clients, loads in found.items())]
    busiest = found[max(found)]
    names = sorted({part for load in busiest for part in load.cost.parts})
    parts = {name: median(load.cost.parts.get(name, 0.0) for load in busiest) for name in names}
    shares = [["part", "CPU-ms a check"], ["---", "---"]]
    shares += [[name, f"{ms:.1f}"] for name, ms in parts.items() if ms >= 0.05]
    rows, costs = ("\n".join(f"| {' | '.join(line)} |" for line in block) for block in (lines, shares))
    return f"""# Identity checks through the API

Made by `python -m benchmarks.checks`: liveness of a selfie and its match with a photo (`POST /v1/solutions/identity`,
JPEGs of about 512 px), from sending to holding the report, on {os.cpu_count()} cores ({platform.machine()}).
Default profile. The machine also runs the clients, whose CPU time is not counted. Reports are fetched every
{1000 * POLL_S:.0f} ms, which latency includes. {rounds} rounds a row after a warm-up of {WARM_UP} checks; in brackets
the lowest and highest round.

{rows}

CPU time at {max(found)} clients by process (median of the rounds):

{costs}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checks", type=int, default=200, help="a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 4, 16])
    parser.add_argument("--out", type=Path, help="Markdown file to write; the page is printed in any case")
    wanted = parser.parse_args()
    found: dict[int, list[Load]] = {clients: [] for clients in wanted.clients}
    pairs = checks(wanted.checks)
    with tempfile.TemporaryDirectory() as folder:
        cluster = Cluster(Path(folder))
        cluster.start()
        try:
            limits = httpx.Limits(max_connections=max(wanted.clients))
            with cluster.client(limits=limits) as client, Progress(console=Console(stderr=True)) as progress:
                loaded(cluster, client, checks(WARM_UP), max(wanted.clients))
                task = progress.add_task("rounds", total=wanted.rounds * len(found))
                for _ in range(wanted.rounds):
                    for clients, loads in found.items():
                        loads.append(loaded(cluster, client, pairs, clients))
                        progress.advance(task)
        finally:
            cluster.stop()
    text = page(found, wanted.rounds)
    if wanted.out:
        wanted.out.parent.mkdir(parents=True, exist_ok=True)
        wanted.out.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
