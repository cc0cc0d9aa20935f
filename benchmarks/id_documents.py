"""What authenticating an identity document costs, step by step, and what it says of honest ones.

    python -m benchmarks.id_documents --data ../shared/data --count 40 --attacks 18 --seed 6101 --out docs/benchmarks

Documents are generated in layouts, with people and surroundings that nothing was fitted on and nobody looked at, and
photographed on both sides; a third of the photographs are careless ones. `--attacks` documents are photographed from
screens and prints of devices that nothing was fitted on either. One process, one thread: CPU seconds add up. Writes
`id-documents.json`, again after each document.
"""

import argparse
import asyncio
import json
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from models.training.document_recapture.photos import photograph
from models.training.recapture.settings import HELD_OUT
from models.training.specimens import RESERVED, Specimen, specimen
from models.training.specimens.capture import capture
from models.training.specimens.conditions import Conditions
from models.training.specimens.portraits import id_portraits
from models.training.specimens.surroundings import RESERVED_GROUNDS
from pipelines.document.id_document.authenticate import DPI, MAX_SIDE, PAGES, SERVICE, report
from pipelines.document.id_document.observe import observe
from pipelines.local import LocalModels
from pipelines.media.decode import decode_media
from pipelines.media.frames import DecodeRequest, Limits
from pipelines.policy import ENFORCED, NOT_APPLICABLE, deciding
from pipelines.report import Report, Status

STEPS = {
    "document/detector": "find the document",
    "document/recapture": "screen and print",
    "document/ocr": "read the text",
    "document/mrz-text-reader": "read the zone",
    "document/mrz-reader": "read the zone",
    "document/barcodes": "barcode",
    "face/detector": "portrait",
    "face/landmarks": "portrait",
    "face/embedder": "portrait",
    "document/retouching": "forgery: retouching",
    "document/ghosts": "forgery: JPEG ghosts",
}
HONEST = ("careful", "careless")
ATTACKS = ("screen", "print_colour", "print_grey")
_EVERY = 4
_WIDTHS = (950, 1250)  # of a recaptured document, camera pixels: as large as the honest ones
_ROOM = 1.35  # so that it is not refused for touching the frame
REQUEST = DecodeRequest(frames=PAGES, max_side=MAX_SIDE, kinds=frozenset({"image"}), dpi=DPI)


class TimedModels(LocalModels):
    """Predictors that run in the caller's thread and note their CPU seconds."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: Counter[str] = Counter()

    async def predict(self, name: str, batch: Sequence[Any]) -> list[Any]:
        """See `pipelines.workers.Models`."""
        if not batch:
            return []
        self._predict(name, batch[:0])  # loading is no part of it
        began = time.process_time()
        found = self._predict(name, batch)
        self.seconds[STEPS.get(name, name)] += time.process_time() - began
        return found


async def judge(files: Mapping[str, bytes], models: TimedModels, today: date) -> tuple[Report, Counter[str]]:
    """The report on one document, and CPU seconds of each step."""
    models.seconds.clear()
    started = time.process_time()
    seen = {}
    for role, data in files.items():
        began = time.process_time()
        decoded = decode_media(data, REQUEST, Limits())
        models.seconds["decode"] += time.process_time() - began
        seen[role] = await observe(decoded, models, {})
    found = report(seen, skip_forgery=False, today=today)
    total = time.process_time() - started
    steps = Counter(models.seconds)
    steps["rectify, compare, heat maps"] = total - sum(steps.values())
    return found, steps


def photographs(rng: np.random.Generator, document: Specimen) -> tuple[dict[str, bytes], str]:
    """JPEG files of the sides, and how they were taken."""
    careless = bool(rng.random() < 1 / 3)
    files = {}
    for role, side in document.sides().items():
        how = (Conditions.degraded if careless else Conditions.clean)(rng)
        shot = capture(rng, side.image, how, grounds=RESERVED_GROUNDS)
        files[role] = _file(shot.raw, how.quality)
    return files, "careless" if careless else "careful"


def recaptures(
    rng: np.random.Generator, document: Specimen, species: str, other: np.ndarray
) -> tuple[dict[str, bytes], str]:
    """JPEG files of the sides, each from a screen or a print, taken with some care."""
    files = {}
    for role, side in document.sides().items():
        image, _ = photograph(side.image, species, rng, HELD_OUT.ordinary(), other, _WIDTHS, _ROOM)
        files[role] = _file(image, 92)
    return files, species


def _file(image: np.ndarray, quality: int) -> bytes:
    return cv2.imencode(".jpg", np.ascontiguousarray(image[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, quality])[
        1
    ].tobytes()


@dataclass(slots=True)
class Tally:
    """What became of the documents so far; `kind` is how a document was taken, or from what."""

    seed: int
    steps: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    statuses: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    hindrances: Counter[str] = field(default_factory=Counter)
    fields: Counter[str] = field(default_factory=Counter)

    def add(self, document: Specimen, found: Report, spent: Counter[str], kind: str) -> None:
        """Counts one document."""
        for check in found.checks:
            self.statuses[f"{kind}: {check.name}"][check.status.value] += 1
        self.statuses[f"{kind}: verdict"][found.verdict.value] += 1
        self.hindrances += _hindrances(found, kind)
        if kind not in HONEST:
            return
        for step, seconds in spent.items():
            self.steps[step].append(seconds)
        said = {"driving_licence": "driver_license"}.get(document.layout.kind, document.layout.kind)
        self.statuses[f"{kind}: type"]["right" if found.data["document"]["type"] == said else "wrong"] += 1
        self.fields += _fields(document, found, kind)

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        count = max(1, len(self.steps["decode"]))
        costs = {step: round(sum(values) / count, 3) for step, values in self.steps.items()}
        return {
            "documents": count,
            "seed": self.seed,
            "cpu_seconds": dict(sorted(costs.items(), key=lambda cost: -cost[1])),
            "cpu_seconds_total": round(sum(costs.values()), 2),
            "checks": {name: dict(found) for name, found in sorted(self.statuses.items())},
            "hindrances": dict(self.hindrances.most_common()),
            "fields": dict(sorted(self.fields.items())),
        }


async def measure(data: Path, count: int, attacks: int, seed: int, out: Path) -> Tally:
    """Figures over so many documents."""
    faces, models, tally = id_portraits(data, "test", 60), TimedModels(), Tally(seed)
    for number in range(count + attacks + 1):
        rng = np.random.default_rng([seed, number])
        face, other = (faces[int(rng.integers(len(faces)))] for _ in range(2))
        document = specimen(rng, RESERVED[number % len(RESERVED)], face)
        turn, attack = divmod(number, _EVERY)  # in turn, so that a run that is ended early has some of both
        if attack == _EVERY - 1 and turn < attacks:
            files, kind = recaptures(rng, document, ATTACKS[turn % len(ATTACKS)], other)
        else:
            files, kind = photographs(rng, document)
        today = date.fromisoformat(document.truth["issue_date"])
        found, spent = await judge(files, models, today)
        if number == 0:
            continue  # models load
        tally.add(document, found, spent, kind)
        (out / "id-documents.json").write_text(json.dumps(tally.to_json(), indent=1) + "\n")
        print(number, kind, found.verdict.value, _hindrances(found, kind), flush=True)
    return tally


def _hindrances(found: Report, kind: str) -> Counter[str]:
    """What kept a report from being genuine, counted once a document, and once more where nothing else did."""
    decide = deciding(SERVICE)
    open_checks = {
        (check.name, check.status.value, *check.reasons)
        for check in found.checks
        if check.name in decide and check.status is not Status.PASSED and check.reasons != (NOT_APPLICABLE,)
    }
    open_checks = {one for one in open_checks if one[0] in ENFORCED[SERVICE] or one[1] == Status.FAILED.value}
    counted = Counter(f"{kind}: " + " ".join(one) for one in open_checks)
    if len({one[0] for one in open_checks}) == 1:
        counted += Counter({f"{kind}: alone: " + " ".join(sorted(open_checks)[0]): 1})
    return counted


def _fields(document: Specimen, found: Report, kind: str) -> Counter[str]:
    """How many of the key fields came out right."""
    values = {one["name"]: one["value"] for one in found.data.get("fields", [])}
    counted: Counter[str] = Counter()
    for name in ("document_number", "birth_date", "expiry_date", "sex"):
        if document.truth.get(name):
            counted[f"{kind}: {name} " + ("right" if values.get(name) == document.truth[name] else "not")] += 1
    return counted


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--attacks", type=int, default=18)
    parser.add_argument("--seed", type=int, default=6101)
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    asked.out.mkdir(parents=True, exist_ok=True)
    tally = asyncio.run(measure(asked.data, asked.count, asked.attacks, asked.seed, asked.out))
    print(json.dumps(tally.to_json(), indent=1))


if __name__ == "__main__":
    main()
