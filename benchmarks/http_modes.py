"""What a request costs in each way of listening: the gateway itself, Serve's proxy, HAProxy. One run, ratios.

    python benchmarks/http_modes.py [--requests 2000] [--rounds 3] [--clients 8]

CPU milliseconds of every process of the cluster for a `GET /ping`; the client's own are left out. Bounded: it starts
one cluster after another on free ports of 127.0.0.1, sends `requests` x `rounds` to each, and stops it.
"""

import argparse
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import yaml
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.load import Round, measured
from cluster.server import DEFAULT_PROFILE
from tests.running import Cluster

MODES: dict[str, tuple[dict[str, Any], str, dict[str, str]]] = {
    "gateway listens (replica)": ({"proxy_location": "Disabled"}, "replica", {}),
    "Serve's proxy": ({"proxy_location": "EveryNode"}, "proxy", {}),
    "HAProxy": ({"proxy_location": "EveryNode"}, "proxy", {"RAY_SERVE_ENABLE_HA_PROXY": "1"}),
}


def profile(changes: dict[str, Any], http: str, file: Path) -> Path:
    """The default profile with another way of listening."""
    config = yaml.safe_load(DEFAULT_PROFILE.read_text()) | changes
    config["applications"][0]["args"]["http"] = http
    file.write_text(yaml.safe_dump(config))
    return file


def rounds_of(cluster: Cluster, requests: int, rounds: int, clients: int) -> list[Round]:
    limits = httpx.Limits(max_connections=clients)
    with httpx.Client(base_url=cluster.url, limits=limits, timeout=30) as client, ThreadPoolExecutor(clients) as pool:

        def work() -> None:
            for reply in pool.map(lambda _: client.get("/ping"), range(requests)):
                reply.raise_for_status()

        work()
        return [measured(work, requests, cluster.tree) for _ in range(rounds)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", type=int, default=8)
    wanted = parser.parse_args()
    table = Table("", "requests/s", "CPU-ms a request", "ratio to the first")
    first = None
    for mode, (changes, http, environment) in MODES.items():
        with tempfile.TemporaryDirectory() as folder:
            file = profile(changes, http, Path(folder) / "profile.yaml")
            cluster = Cluster(Path(folder) / "home", environment, ("--profile", str(file)))
            cluster.start()
            try:
                found = rounds_of(cluster, wanted.requests, wanted.rounds, wanted.clients)
            finally:
                cluster.stop()
        costs = [one.cpu_ms for one in found]
        first = first or median(costs)
        table.add_row(
            mode,
            f"{median(one.rate for one in found):.0f}",
            f"{median(costs):.2f} ({min(costs):.2f} to {max(costs):.2f})",
            f"{median(costs) / first:.1f}",
        )
    Console().print(table)


if __name__ == "__main__":
    main()
