"""How well faces are verified, their quality is judged, and presentation attacks are told: one table set, one picture.

    python -m benchmarks.identity --data ../shared/data [--peers] [--cache DIR]

Writes docs/benchmarks/identity.md and identity.png. Seeded, one thread, about 15 minutes of one core with the peer;
what was looked at once is kept under --cache and looked at again only when code or weights that decide it have changed.
"""

import argparse
import platform
import tempfile
from collections.abc import Callable
from pathlib import Path

import cv2
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from benchmarks.biometrics.analysis import RATES, Verification, discarded
from benchmarks.biometrics.attacks import SETTINGS, Judged, judge
from benchmarks.biometrics.pairs import Collection, collect
from benchmarks.biometrics.plot import draw
from benchmarks.biometrics.recordings import judge_recordings
from benchmarks.biometrics.report import document
from benchmarks.biometrics.systems import ROOT, Dlib, Product, System
from benchmarks.biometrics.verification import Findings
from models.training.clips.presentations import PRESENTATIONS

TEMPORARY = Path(tempfile.gettempdir()) / "veriscope-identity-bench"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="development data with MANIFEST.csv")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "benchmarks")
    parser.add_argument("--cache", type=Path, default=TEMPORARY / "cache")
    parser.add_argument("--peers", action="store_true", help="also dlib, in an environment of its own")
    parser.add_argument("--peer-dir", type=Path, default=TEMPORARY / "peers")
    parser.add_argument("--captures", type=int, default=480, help="simulated captures a setting; 0 leaves liveness out")
    parser.add_argument("--recordings", type=int, default=30, help="of each presentation; 0 leaves them out")
    return parser.parse_args()


def verified(system: System, people: Collection, wanted: argparse.Namespace, progress: Progress) -> Verification:
    """Everything that one system made of the photos."""
    findings = Findings(people, system, wanted.data, wanted.cache)
    task = progress.add_task(f"{system.name}: photos", total=findings.total)
    findings.gather(_tick(progress, task))
    return Verification(system.name, findings, people.sources)


def attacked(product: Product, wanted: argparse.Namespace, progress: Progress) -> dict[str, Judged]:
    """What the liveness service said of attacks and of bona fide presentations."""
    task = progress.add_task("liveness: presentations", total=None)
    found = judge(product, wanted.data, wanted.cache, wanted.captures, _tick(progress, task))
    total = sum(len(one.status) for one in found.values())
    progress.update(task, total=total, completed=total)
    return found


def recorded(product: Product, wanted: argparse.Namespace, progress: Progress) -> tuple[Judged, int]:
    """What the liveness service said of short recordings, and of how many people they are."""
    task = progress.add_task("liveness: recordings", total=wanted.recordings * len(PRESENTATIONS))
    return judge_recordings(product, wanted.data, wanted.cache, wanted.recordings, _tick(progress, task))


def _tick(progress: Progress, task: object) -> Callable[[], None]:
    return lambda: progress.advance(task)  # type: ignore[arg-type]


def main() -> None:
    wanted = arguments()
    cv2.setNumThreads(1)
    people = collect(wanted.data)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    judged: dict[str, Judged] | None = None
    filmed: tuple[Judged, int] | None = None
    with Progress(*columns, console=Console(stderr=True)) as progress:
        product = Product()
        try:
            systems = [verified(product, people, wanted, progress)]
            if wanted.captures:
                judged = attacked(product, wanted, progress)
            if wanted.recordings:
                filmed = recorded(product, wanted, progress)
        finally:
            product.close()
        if wanted.peers:
            systems.append(verified(Dlib(wanted.peer_dir), people, wanted, progress))
    discard = {system.name: discarded(system, systems[0], RATES[1]) for system in systems}
    wanted.out.mkdir(parents=True, exist_ok=True)
    machine = f"Python {platform.python_version()} on {platform.machine()}; {len(SETTINGS)} capture settings."
    (wanted.out / "identity.md").write_text(document(systems, discard, judged, filmed, machine), encoding="utf-8")
    draw(wanted.out / "identity.png", systems, discard, judged, filmed)
    Console().print(f"wrote {wanted.out / 'identity.md'} and identity.png")


if __name__ == "__main__":
    main()
