"""Active liveness on rendered clips: how many honest answers are accepted, and how many attacks are rejected and why.

    python benchmarks/active_liveness.py --data ../shared/data --keep DIR [--half test] [--honest 200] [--attacks 200]
        [--report docs/benchmarks/active-liveness.md]

Every clip is drawn from its own seed, encoded, decoded by the isolated decoder and judged by the service's own
pipeline. What was found of each is kept in DIR, one line a clip, so that a run that was stopped goes on where it was.
Thresholds were set on people of the half `tune`; figures are of the half `test`, which shares nobody with it.
"""

import argparse
import asyncio
import json
import random
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks.active_liveness_page import Line, page, paint, table
from models.training.clips.head import Head
from models.training.clips.portraits import Studio, portraits
from models.training.clips.scenarios import ATTACKS, KINDS, clip
from pipelines.context import Context
from pipelines.identity.active_liveness.challenge import Challenge, draw
from pipelines.identity.active_liveness.verify import NAMES
from pipelines.identity.liveness import check_liveness
from pipelines.local import LocalModels, LocalWorkers
from pipelines.media.decoder import IsolatedDecoder
from pipelines.policy import LIVENESS

HALVES = ("tune", "test")
DRAW = 5
"""Of challenges, cameras and manners: what the first four showed went into the limits."""


async def measure(people: dict[str, Head], half: str, jobs: list[tuple[str, int]], kept: Path) -> None:
    """Renders and judges these clips, and adds what was found to `kept`."""
    names, began = sorted(people), time.monotonic()
    decoder = IsolatedDecoder()
    workers = LocalWorkers(decoder, LocalModels())
    try:
        for index, (kind, number) in enumerate(jobs, start=1):
            seed = [DRAW, HALVES.index(half), KINDS.index(kind), number]
            rng = np.random.default_rng(seed)
            challenge = Challenge(f"{half}-{kind}-{number}", draw(random.Random(str(seed))))
            first, other = (names[n] for n in rng.choice(len(names), 2, replace=False))
            recording = clip(kind, [a.value for a in challenge.actions], people[first], people[other], rng)
            began_cpu = time.process_time()
            report = await check_liveness(
                Context({"file": recording}, workers, options={"challenge": challenge.to_json()})
            )
            found = {c.name: [c.status.value, list(c.reasons)] for c in report.checks if c.name in (*NAMES, *LIVENESS)}
            evidence = {c.name: dict(c.evidence) for c in report.checks if c.name in NAMES}
            line = {"kind": kind, "number": number, "person": first, "verdict": report.verdict.value}
            line["cpu_s"] = round(time.process_time() - began_cpu, 2)
            with kept.open("a", encoding="utf-8") as out:
                out.write(json.dumps(line | {"checks": found, "evidence": evidence}) + "\n")
            _progress(index, len(jobs), began)
    finally:
        decoder.close()


def gathered(kept: Path, half: str) -> list[Line]:
    """What all processes found so far, each clip once."""
    texts = [part.read_text(encoding="utf-8") for part in sorted(kept.glob(f"{half}-*.jsonl"))]
    found = [json.loads(line) for text in texts for line in text.splitlines()]
    return list({(line["kind"], line["number"]): line for line in found}.values())


def _progress(done: int, of: int, began: float) -> None:
    spent = time.monotonic() - began
    bar = "#" * round(30 * done / of)
    left = spent / done * (of - done)
    sys.stderr.write(f"\r[{bar:<30}] {done}/{of} clips, {left / 60:.0f} min left ")
    sys.stderr.flush()


def _part(text: str) -> tuple[int, int]:
    number, of = (int(half) for half in text.split("/"))
    return number, of


def main() -> None:
    """Runs what is missing and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with MANIFEST.csv and faces/portraits")
    parser.add_argument("--keep", type=Path, required=True, help="folder for what was found of each clip")
    parser.add_argument("--half", choices=HALVES, default="test")
    parser.add_argument("--honest", type=int, default=200)
    parser.add_argument("--attacks", type=int, default=200)
    parser.add_argument("--part", type=_part, default=(1, 1), help="for one of several processes, such as 1/2")
    parser.add_argument("--report", type=Path, help="file to write the figures to")
    arguments = parser.parse_args()
    arguments.keep.mkdir(parents=True, exist_ok=True)
    number, of = arguments.part
    attacks = [(ATTACKS[n % len(ATTACKS)], n // len(ATTACKS)) for n in range(arguments.attacks)]
    honest = [("honest", n) for n in range(arguments.honest)]
    # Interleaved, so that a run that is stopped has seen some of each.
    jobs = [job for _, job in sorted([*enumerate(honest), *enumerate(attacks)], key=lambda entry: entry[0])]
    missing = set(jobs) - {(line["kind"], line["number"]) for line in gathered(arguments.keep, arguments.half)}
    if missing:
        studio = Studio()
        seated = ((person, studio.sit(image)) for person, image in portraits(arguments.data, arguments.half))
        people = {person: head for person, head in seated if head is not None}
        print(f"{len(people)} people of the half {arguments.half} will do")
        mine = [job for job in jobs[number - 1 :: of] if job in missing]
        asyncio.run(measure(people, arguments.half, mine, arguments.keep / f"{arguments.half}-{number}.jsonl"))
    found = gathered(arguments.keep, arguments.half)
    print("\n" + table(found))
    if arguments.report is not None:
        picture = arguments.report.with_suffix(".png")
        paint(picture, found)
        arguments.report.write_text(page(found, arguments.half, picture.name), encoding="utf-8")


if __name__ == "__main__":
    main()
