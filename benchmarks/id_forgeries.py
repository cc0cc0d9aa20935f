"""How well forged identity documents are told from honest ones, on layouts, people and surroundings kept for this.

    python -m benchmarks.id_forgeries --data ../shared/data --count 75 --seed 7001 --rows rows.jsonl
    python -m benchmarks.id_forgeries --rows rows.jsonl --report docs/benchmarks

The first command measures and may be stopped and started again; it appends one line for each check of each photograph.
The second writes `id-forgeries.md` and `id-forgeries.png` (ROC curves): every kind of forgery with its control, for
each check.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.documents import id_forgeries_page
from benchmarks.documents.roc import draw, markdown, table
from models.document.copy_move import CopyMoveDetector
from models.document.ghosts import GhostDetector, Picture
from models.document.retouching import RetouchingDetector
from models.training.document_retouching import dataset
from models.training.specimens import RESERVED, Specimen, specimen
from models.training.specimens.forgeries import Forged
from models.training.specimens.portraits import id_portraits
from models.training.specimens.surroundings import RESERVED_GROUNDS
from pipelines.document.id_document.traces import around

CHECKS = {
    "portrait_substitution": ("portrait", *dataset.HONEST[1:]),
    "font_consistency": ("field",),
    "jpeg_ghosts": ("portrait", "field_same", "copy", *dataset.HONEST[1:]),
    "copy_move": ("copy",),
}
"""Check -> first words of the kinds that its ROC curves show."""
_CAREFUL = 85
"""Least JPEG quality of a photograph that counts as a clean capture; careless ones are compressed more."""


class Detectors:
    """What ships, loaded."""

    def __init__(self) -> None:
        self.retouching, self.ghosts, self.moved = RetouchingDetector(), GhostDetector(), CopyMoveDetector()
        for detector in (self.retouching, self.ghosts, self.moved):
            detector.load()

    def scores(self, rng: np.random.Generator, document: Specimen, forged: Forged) -> dict[str, float | None]:
        """Score of each check, higher = more genuine; None where it could not judge."""
        item, _ = dataset.in_photo(rng, document, forged)
        found = self.retouching.predict([item])[0]
        fields = [score for score in found.fields if score is not None]
        crop, _ = around(item.photo, item.to_document, item.size)
        ghost = self.ghosts.predict([Picture(crop)])[0]
        scores = {
            "portrait_substitution": found.portrait,
            "font_consistency": min(fields, default=None),
            "jpeg_ghosts": None if ghost is None else ghost.score,
        }
        if forged.kind in ("none", "copy_move"):  # costly, and nothing was copied in the other kinds
            copy = self.moved.predict([crop])[0]
            scores["copy_move"] = None if copy is None else copy.score
        return scores


def measure(data: Path, numbers: range, seed: int) -> Iterator[list[dict[str, Any]]]:
    """One row for each check of each photograph, document by document."""
    detectors = Detectors()
    faces = id_portraits(data, "monitor") + id_portraits(data, "test")[80:]
    for number in numbers:
        rng = np.random.default_rng([seed, number])
        document = specimen(rng, RESERVED[number % len(RESERVED)], faces[int(rng.integers(len(faces)))])
        other = faces[int(rng.integers(len(faces)))]
        rows = []
        for forged, control in dataset.forgeries(rng, document, other, RESERVED_GROUNDS):
            kind = forged.kind + (" control" if control and forged.kind not in dataset.HONEST else "")
            about = {"document": number, "layout": document.layout.name, "kind": kind,
                     "careful": forged.photo.how.quality >= _CAREFUL}  # fmt: skip
            rows += [{**about, "check": c, "score": s} for c, s in detectors.scores(rng, document, forged).items()]
        yield rows


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--count", type=int, default=75)
    parser.add_argument("--seed", type=int, default=7001)
    parser.add_argument("--rows", type=Path, required=True)
    parser.add_argument("--report", type=Path)
    asked = parser.parse_args()
    done = [json.loads(line) for line in asked.rows.read_text().splitlines()] if asked.rows.exists() else []
    if asked.report is not None:
        documents = len({row["document"] for row in done})
        page = id_forgeries_page.PAGE.format(
            documents=documents, seed=asked.seed, table=markdown(table(done, tuple(CHECKS)))
        )
        (asked.report / "id-forgeries.md").write_text(page, encoding="utf-8")
        draw(done, CHECKS, asked.report / "id-forgeries.png")
        return
    first = max((row["document"] for row in done), default=-1) + 1
    for rows in measure(asked.data, range(first, asked.count), asked.seed):
        with asked.rows.open("a") as out:
            out.writelines(json.dumps(row) + "\n" for row in rows)
        print(rows[0]["document"], flush=True)


if __name__ == "__main__":
    main()
