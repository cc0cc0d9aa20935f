"""Calibrates the recapture scores on one set of photographs and measures them on others, document by document.

    python -m models.training.document_recapture.evaluate --model document_recapture.onnx --calibration calibration \
        --test layouts devices

The scores are posteriors shifted so that 0.25 is where a bona fide document and a recapture are equally likely (the
equal-cost point of contracts 5.1). A check passes from 0.25 up and fails below `fails_below`, which lies four standard
deviations under the mean of bona fide documents: unseen layouts stray further than those of the calibration. What is
between is inconclusive.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from models.cards import Measurement
from models.document.recapture import SIZE
from models.onnx import Session
from models.training.document_recapture.windows import SPECIES
from models.training.face_data import measured
from models.training.recapture.evaluate import auc, logistic, wilson

EQUAL_COST = 0.25
_DEVIATIONS, _RIDGE = 4.0, 3.0
COLUMNS = {"screen": ("screen",), "print": ("print_colour", "print_grey")}


def seen(net: Session, folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean logits (N, 2), species (N,) and hard (N,) of stored photographs."""
    crops, species, hard = (np.load(folder / f"{name}.npy") for name in ("crops", "species", "hard"))
    return np.stack([net(one.astype(np.float32))[0].astype(float).mean(0) for one in crops]), species, hard


def rows_of(species: np.ndarray, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Which photographs judge an instrument (its own and bona fide ones), and which of these are bona fide."""
    kept = (species == 0) | np.isin(species, [SPECIES.index(one) for one in COLUMNS[name]])
    return kept, species[kept] == 0


@dataclass(frozen=True, slots=True)
class Fit:
    """A logistic regression over both mean logits, and the score below which the check fails."""

    mean: np.ndarray
    spread: np.ndarray
    weights: np.ndarray
    offset: float
    fails_below: float

    def score(self, values: np.ndarray) -> np.ndarray:
        """(N,) scores of mean logits (N, 2)."""
        return _sigmoid((values - self.mean) / self.spread @ self.weights + self.offset)


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def calibrate(values: np.ndarray, species: np.ndarray) -> dict[str, Fit]:
    """The fits of both instruments."""
    shift = float(np.log(EQUAL_COST / (1 - EQUAL_COST)))
    mean, spread = values.mean(0), values.std(0)
    found = {}
    for name in COLUMNS:
        kept, genuine = rows_of(species, name)
        x = (values[kept] - mean) / spread
        # Both classes weigh the same in the fit, whose zero is therefore where they are equally likely.
        offset, *weights = logistic(x, genuine.astype(float), _RIDGE)
        own = x[genuine] @ np.array(weights) + offset + shift
        least = min(EQUAL_COST, float(_sigmoid(own.mean() - _DEVIATIONS * own.std())))
        found[name] = Fit(mean, spread, np.array(weights), float(offset) + shift, least)
    return found


def figures(on: str, values: np.ndarray, species: np.ndarray, fits: dict[str, Fit]) -> list[Measurement]:
    """AUC, and what becomes of bona fide documents and of each instrument."""
    rows = []
    for name, fit in fits.items():
        scores, fails_below = fit.score(values), fit.fails_below
        kept, genuine = rows_of(species, name)
        area = round(auc(scores[kept], genuine), 3)
        rows.append(Measurement(f"AUC, bona fide against {name}", on, int(kept.sum()), area))
        rows.append(_rate(f"bona fide failed as {name}", on, scores[species == 0] < fails_below))
        rows.append(_rate(f"bona fide not passed against {name}", on, scores[species == 0] < EQUAL_COST))
        for attack in COLUMNS[name]:
            mine = scores[species == SPECIES.index(attack)]
            rows.append(_rate(f"{attack} failed", on, mine < fails_below))
            rows.append(_rate(f"{attack} passed (APCER)", on, mine >= EQUAL_COST))
    return rows


def _rate(what: str, on: str, hits: np.ndarray) -> Measurement:
    value, low, high = wilson(int(hits.sum()), len(hits))
    return Measurement(what, on, len(hits), round(value, 3), round(low, 3), round(high, 3))


def main() -> None:
    """Command line: prints parameters and tables of the card."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--calibration", type=Path, required=True)
    parser.add_argument("--test", type=Path, nargs="+", required=True)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    net = Session(args.model, {"crops": ("batch", SIZE, SIZE, 3)})
    values, species, _ = seen(net, args.calibration)
    fits = calibrate(values, species)
    both = list(fits.values())
    for name in ("mean", "spread"):
        print(f"{name} =", np.round(getattr(both[0], name), 4).tolist())
    print("weights =", [np.round(fit.weights, 4).tolist() for fit in both])
    print("offset =", [round(fit.offset, 4) for fit in both])
    print(f"threshold = {EQUAL_COST}")
    for name, fit in fits.items():
        print(f"{name}_fails_below = {fit.fails_below:.4f}")
    for folder in args.test:
        values, species, hard = seen(net, folder)
        for conditions, rows in (("ordinary", ~hard), ("hard", hard)):
            on = f"simulated, {folder.name}, {conditions} conditions"
            print("".join(measured(row) for row in figures(on, values[rows], species[rows], fits)))


if __name__ == "__main__":
    main()
