"""Calibrates the recapture scores on one set of photographs and measures them on others, document by document.

    python -m models.training.document_recapture.evaluate --model document_recapture.onnx --calibration calibration \
        --test layouts devices

The scores are posteriors shifted so that 0.25 is where a bona fide document and a recapture are equally likely (the
equal-cost point of contracts 5.1). A check passes from 0.25 up and fails below `fails_below`, under which at most 2 %
of bona fide documents of the calibration set lie; what is between is inconclusive.
"""

import argparse
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
_FALSE_ALARMS = 0.015
COLUMNS = {"screen": ("screen",), "print": ("print_colour", "print_grey")}


def logits_of(net: Session, folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean logits (N, 2), species (N,) and hard (N,) of stored photographs."""
    crops, species, hard = (np.load(folder / f"{name}.npy") for name in ("crops", "species", "hard"))
    return np.stack([net(one.astype(np.float32))[0].mean(0) for one in crops]), species, hard


def rows_of(species: np.ndarray, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Which photographs judge an instrument (its own and bona fide ones), and which of these are bona fide."""
    kept = (species == 0) | np.isin(species, [SPECIES.index(one) for one in COLUMNS[name]])
    return kept, species[kept] == 0


def calibrate(logits: np.ndarray, species: np.ndarray) -> dict[str, tuple[float, float, float]]:
    """Scale, offset and `fails_below` of each instrument."""
    shift = float(np.log(EQUAL_COST / (1 - EQUAL_COST)))
    found = {}
    for column, name in enumerate(COLUMNS):
        kept, genuine = rows_of(species, name)
        x = logits[kept, column]
        # Both classes weigh the same in the fit, whose zero is therefore where they are equally likely.
        offset, scale = (float(value) for value in logistic(x[:, None], genuine.astype(float)))
        offset += shift
        scores = 1 / (1 + np.exp(-(scale * x + offset)))
        fails_below = min(EQUAL_COST, float(np.quantile(scores[genuine], _FALSE_ALARMS)))
        found[name] = scale, offset, fails_below
    return found


def figures(
    on: str, logits: np.ndarray, species: np.ndarray, fit: dict[str, tuple[float, float, float]]
) -> list[Measurement]:
    """AUC, and what becomes of bona fide documents and of each instrument."""
    rows = []
    for column, (name, (scale, offset, fails_below)) in enumerate(fit.items()):
        scores = 1 / (1 + np.exp(-(scale * logits[:, column] + offset)))
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
    logits, species, _ = logits_of(net, args.calibration)
    fit = calibrate(logits, species)
    print("scale =", [round(fit[name][0], 4) for name in COLUMNS])
    print("offset =", [round(fit[name][1], 4) for name in COLUMNS])
    for name in COLUMNS:
        print(f"{name}_fails_below = {fit[name][2]:.4f}")
    for folder in args.test:
        logits, species, hard = logits_of(net, folder)
        for conditions, rows in (("ordinary", ~hard), ("hard", hard)):
            on = f"simulated, {folder.name}, {conditions} conditions"
            print("".join(measured(row) for row in figures(on, logits[rows], species[rows], fit)))


if __name__ == "__main__":
    main()
