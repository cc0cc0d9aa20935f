"""From the network's raw logits to calibrated evidence: fits the parameters of the four cards, and says them.

python -m models.training.face_manipulation.calibrate --train DIR --calibrate DIR

The grain's fit sees the training people, everything else the people of the split `calibrate`: who was trained on is
known too well for a calibration.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from models.deepfake.face_artifacts import FaceArtifactDetector
from models.deepfake.face_frequency import FEATURES, features
from models.training.face_manipulation.dataset import REAL
from models.training.recapture.evaluate import auc, logistic


def raw_logits(views: np.ndarray) -> tuple[np.ndarray, list[dict[str, float]]]:
    """(N,) uncalibrated logits of the shipped network, and the shares of the kinds."""
    detector = FaceArtifactDetector()
    detector.load()
    found = [detector.predict([view])[0] for view in views]
    scale, offset = (float(detector.card.parameters[name]) for name in ("scale", "offset"))
    return np.array([(each.log_odds - offset) / scale for each in found]), [each.kinds for each in found]


def squared(ratios: np.ndarray, mean: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """(N, 12) what `models.deepfake.face_frequency.log_odds` weighs."""
    scaled = (ratios - mean) / spread
    return np.hstack([scaled, (scaled**2).clip(0, 9)])


def grain(train: Path, most: int) -> dict[str, list[float]]:
    """Parameters of the card `deepfake/face-frequency`."""
    views, kinds = np.load(train / "views.npy", mmap_mode="r")[:most], np.load(train / "kinds.npy")[:most]
    ratios = np.stack([features(np.asarray(view)) for view in views])
    mean, spread = ratios.mean(0), ratios.std(0)
    weights = logistic(squared(ratios, mean, spread), kinds != REAL, ridge=1.0)
    return {"bias": weights[0], "mean": mean.tolist(), "spread": spread.tolist(), "weights": weights[1:].tolist()}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--calibrate", type=Path, required=True)
    parser.add_argument(
        "--most", type=int, default=4000, help="views of the training split that the grain is fitted on"
    )
    args = parser.parse_args()
    fit = grain(args.train, args.most)
    views, kinds = np.load(args.calibrate / "views.npy", mmap_mode="r"), np.load(args.calibrate / "kinds.npy")
    fake = kinds != REAL
    logits, shares = raw_logits(np.asarray(views))
    offset, scale = logistic(logits[:, None], fake)
    ratios = np.stack([features(np.asarray(view)) for view in views])
    weights = np.array(fit["weights"])
    odds = fit["bias"] + squared(ratios, np.array(fit["mean"]), np.array(fit["spread"])) @ weights
    network = scale * logits + offset
    both = logistic(np.column_stack([network, odds]), fake)
    fused = both[0] + np.column_stack([network, odds]) @ both[1:]
    probability = 1 / (1 + np.exp(-fused))
    said = {
        "face-artifacts": {"scale": float(scale), "offset": float(offset)},
        "face-frequency": fit,
        "face-fusion": {"bias": float(both[0]), "face_artifacts": float(both[1]), "face_frequency": float(both[2])},
        "auc": {"network": auc(-network, ~fake), "grain": auc(-odds, ~fake), "fused": auc(-fused, ~fake)},
        "fused_false_alarms": {
            share: float(np.quantile(probability[~fake], 1 - share)) for share in (0.1, 0.05, 0.02, 0.01, 0.005)
        },
        "n": len(kinds),
        "kinds": [
            {"least": least, **_kinds(shares, kinds, probability >= 0.8, least)} for least in (0.4, 0.5, 0.6, 0.7, 0.8)
        ],
    }
    assert len(weights) == 2 * FEATURES
    print(json.dumps(said, indent=1))


def _kinds(shares: list[dict[str, float]], kinds: np.ndarray, sure: np.ndarray, least: float) -> dict[str, float]:
    """How often the named kind is right among the surely fake ones of a known kind, and how many are named."""
    rows = [n for n in np.flatnonzero(sure) if kinds[n] >= 0]
    named = [(n, max(shares[n], key=lambda name: shares[n][name])) for n in rows]
    named = [(n, name) for n, name in named if shares[n][name] >= least]
    right = [list(shares[n]).index(name) == kinds[n] for n, name in named]
    return {"known": len(rows), "named": len(named), "right": float(np.mean(right)) if right else 0.0}


if __name__ == "__main__":
    main()
