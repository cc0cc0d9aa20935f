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
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np

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
DRAW = 2
"""Of challenges, cameras and manners: clips of the first draw were looked at singly before limits were changed."""
_REPORT = """# Active liveness: figures

Rendered clips of the half `{half}` of the people (`benchmarks/active_liveness.py`; no person is in both halves).

{table}

Every clip has a challenge, a person and a seed of its own. A clip passes the active checks when all five pass, and is
genuine when the passive checks pass too; an attack is rejected when it is not genuine. One clip can have several
reasons. Kinds: see `ATTACKS` in `models/training/clips/scenarios.py`.

The clips are rendered from web portraits by moving the mesh that the judge reads, so these figures show that the logic
holds on clips of this kind, not how often real people are refused; see `docs/decisions/0008-active-liveness.md`.
"""


async def measure(people: dict[str, Head], half: str, jobs: list[tuple[str, int]], kept: Path) -> None:
    """Renders and judges the clips that are not in `kept` yet."""
    done = {(line["kind"], line["number"]) for line in lines(kept)}
    names, began = sorted(people), time.monotonic()
    todo = [job for job in jobs if job not in done]
    decoder = IsolatedDecoder()
    workers = LocalWorkers(decoder, LocalModels())
    try:
        for index, (kind, number) in enumerate(todo, start=1):
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
            _progress(index, len(todo), began)
    finally:
        decoder.close()


def lines(kept: Path) -> list[dict[str, Any]]:
    """What was found so far."""
    return [json.loads(line) for line in kept.read_text(encoding="utf-8").splitlines()] if kept.exists() else []


def table(found: list[dict[str, Any]]) -> str:
    """One row a kind, as Markdown."""
    rows = [
        "| kind | clips | people | passed the active checks | of these genuine in all | active reasons (clips) |",
        "|---|---|---|---|---|---|",
    ]
    by_kind: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in found:
        by_kind[line["kind"]].append(line)
    rows.extend(_row(kind, by_kind[kind]) for kind in KINDS if kind in by_kind)
    attacks = [line for line in found if line["kind"] in ATTACKS]
    if attacks:
        rows.append(_row("all attacks", attacks))
    return "\n".join(rows)


def _row(name: str, found: list[dict[str, Any]]) -> str:
    reasons = Counter(r for line in found for n in NAMES for r in line["checks"][n][1])
    active = [line for line in found if all(line["checks"][n][0] == "passed" for n in NAMES)]
    both = sum(line["verdict"] == "genuine" for line in active)
    told = ", ".join(f"{reason} {count}" for reason, count in reasons.most_common()) or "none"
    return f"| {name} | {len(found)} | {len({line['person'] for line in found})} | {len(active)} | {both} | {told} |"


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
    kept = arguments.keep / f"{arguments.half}-{number}.jsonl"
    studio = Studio()
    seated = ((person, studio.sit(image)) for person, image in portraits(arguments.data, arguments.half))
    people = {person: head for person, head in seated if head is not None}
    attacks = [(ATTACKS[n % len(ATTACKS)], n // len(ATTACKS)) for n in range(arguments.attacks)]
    honest = [("honest", n) for n in range(arguments.honest)]
    # Interleaved, so that a run that is stopped has seen some of each.
    jobs = sorted([*enumerate(honest), *enumerate(attacks)], key=lambda entry: entry[0])
    print(f"{len(people)} people of the half {arguments.half} will do")
    asyncio.run(measure(people, arguments.half, [job for _, job in jobs][number - 1 :: of], kept))
    found = [line for part in sorted(arguments.keep.glob(f"{arguments.half}-*.jsonl")) for line in lines(part)]
    print("\n" + table(found))
    if arguments.report is not None:
        arguments.report.write_text(_REPORT.format(half=arguments.half, table=table(found)), encoding="utf-8")


if __name__ == "__main__":
    main()
