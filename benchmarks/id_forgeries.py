"""How well forged identity documents are told from honest ones, on layouts, people and surroundings never fitted on.

    python -m benchmarks.id_forgeries --data ../shared/data --count 40 --seed 5101 --out docs/benchmarks

Writes `id-forgeries.json` and `id-forgeries.png` (ROC curves): every kind of forgery with its control, the same change
made before the only compression, for each check that ships.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np

from models.document.copy_move import CopyMoveDetector
from models.document.ghosts import GhostDetector, Picture
from models.document.retouching import RetouchingDetector
from models.training.document_retouching import dataset
from models.training.specimens import UNSEEN, specimen
from models.training.specimens.portraits import id_portraits
from models.training.specimens.surroundings import UNSEEN_GROUNDS
from pipelines.document.id_document.traces import around

matplotlib.use("Agg")
from matplotlib import pyplot as plt

CHECKS = ("portrait_substitution", "font_consistency", "jpeg_ghosts", "copy_move")
THRESHOLD = 0.5
Scores = dict[str, dict[str, list[float]]]


class Detectors:
    """What ships, loaded."""

    def __init__(self) -> None:
        self.retouching, self.ghosts, self.moved = RetouchingDetector(), GhostDetector(), CopyMoveDetector()
        for detector in (self.retouching, self.ghosts, self.moved):
            detector.load()

    def scores(self, rng: np.random.Generator, document: Any, forged: Any) -> dict[str, float | None]:
        """Score of each check, higher = more genuine; None where it could not judge."""
        item, _ = dataset.in_photo(rng, document, forged)
        found = self.retouching.predict([item])[0]
        crop, _ = around(item.photo, item.to_document, item.size)
        fields = [score for score in found.fields if score is not None]
        ghost = self.ghosts.predict([Picture(crop)])[0]
        # Costly, and nothing was copied in the other kinds.
        copy = self.moved.predict([crop])[0] if forged.kind in ("none", "copy_move") else None
        return {
            "portrait_substitution": found.portrait,
            "font_consistency": min(fields, default=None),
            "jpeg_ghosts": None if ghost is None else ghost.score,
            "copy_move": None if copy is None else copy.score,
        }


def measure(data: Path, count: int, seed: int) -> Iterator[tuple[Scores, int]]:
    """check -> kind (`... control`) -> scores, after each document."""
    detectors, faces = Detectors(), id_portraits(data, "test", 60)
    found: Scores = {check: defaultdict(list) for check in CHECKS}
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        document = specimen(rng, UNSEEN[number % len(UNSEEN)], faces[int(rng.integers(len(faces)))])
        other = faces[int(rng.integers(len(faces)))]
        for forged, control in dataset.forgeries(rng, document, other, UNSEEN_GROUNDS):
            kind = forged.kind + (" control" if control and forged.kind != "none" else "")
            for check, score in detectors.scores(rng, document, forged).items():
                if score is not None:
                    found[check][kind].append(score)
        yield found, number + 1


def auc(honest: list[float], forged: list[float]) -> float:
    """Chance that an honest one has the higher score."""
    high, low = np.array(honest)[:, None], np.array(forged)[None]
    return float((high > low).mean() + 0.5 * (high == low).mean())


def interval(hits: int, n: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson)."""
    share, z = hits / n, 1.96
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def table(found: Scores) -> list[dict[str, Any]]:
    """One row for each check and kind."""
    rows = []
    for check, kinds in found.items():
        for kind, scores in kinds.items():
            flagged = sum(score < THRESHOLD for score in scores)
            low, high = interval(flagged, len(scores))
            rows.append({"check": check, "kind": kind, "n": len(scores), "auc": round(auc(kinds["none"], scores), 3),
                         "flagged": round(flagged / len(scores), 3), "low": round(low, 3),
                         "high": round(high, 3)})  # fmt: skip
    return rows


def draw(found: Scores, file: Path) -> None:
    """ROC curves: one panel a check, controls dashed."""
    figure, panels = plt.subplots(1, len(CHECKS), figsize=(4.2 * len(CHECKS), 4.2), sharey=True)
    for panel, check in zip(panels, CHECKS, strict=True):
        honest = np.array(found[check]["none"])
        limits = np.concatenate([[-1], np.unique(np.concatenate(list(map(np.array, found[check].values())))), [2]])
        alarms = [(honest < limit).mean() for limit in limits]
        for kind, scores in sorted(found[check].items()):
            if kind != "none" and scores:
                hits = [(np.array(scores) < limit).mean() for limit in limits]
                panel.plot(alarms, hits, "--" if "control" in kind else "-", label=f"{kind} (n={len(scores)})")
        panel.plot([0, 1], [0, 1], color="grey", linewidth=0.5)
        panel.axvline(0.02, color="grey", linewidth=0.5, linestyle=":")
        panel.set(title=check, xlabel="honest photographs flagged", xlim=(0, 1), ylim=(0, 1.01))
        panel.legend(fontsize=6, loc="lower right")
    panels[0].set_ylabel("forged photographs flagged")
    figure.tight_layout()
    figure.savefig(file, dpi=110)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--seed", type=int, default=5101)
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    for found, count in measure(asked.data, asked.count, asked.seed):
        figures = {"documents": count, "seed": asked.seed, "rows": table(found)}
        (asked.out / "id-forgeries.json").write_text(json.dumps(figures, indent=1) + "\n")
        print(count, flush=True)
    draw(found, asked.out / "id-forgeries.png")


if __name__ == "__main__":
    main()
