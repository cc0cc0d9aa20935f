"""Leave one family out: how well each frozen representation tells synthesis that it never heard, cheaply.

    python -m models.training.voice_spoof.compare --windows work/windows.npz --features work/features.npz

A family is tested on people and texts of one fold after training on the other families of the other fold (and of fold
2, which is always trained on); both folds take their turn. Copies and readings of a family are never trained on when
it is tested; what is distilled from a tested family is left out with it.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np

from models.training.voice_spoof.windows import LENGTH, is_real

KIN = {"kokoro": ("kokoro", "hibari"), "hibari": ("kokoro", "hibari")}
"""Families that fall together: hibari was distilled from Kokoro."""

Fit = Callable[[np.ndarray, np.ndarray, np.ndarray], Callable[[np.ndarray], np.ndarray]]


def equal_error(scores: np.ndarray, fake: np.ndarray) -> float:
    """Error rate at the threshold where misses equal false alarms."""
    order = np.argsort(scores)
    misses = np.cumsum(fake[order]) / max(1, fake.sum())
    alarms = 1 - np.cumsum(~fake[order]) / max(1, (~fake).sum())
    row = int(np.argmin(np.abs(misses - alarms)))
    return float((misses[row] + alarms[row]) / 2)


def balance(family: np.ndarray) -> np.ndarray:
    """Weights: real speech half of all, every synthetic family the same share of the rest."""
    weights, synthetic = np.zeros(len(family)), [name for name in np.unique(family) if not is_real(name)]
    for name in np.unique(family):
        rows = family == name
        weights[rows] = (0.5 if is_real(name) else 0.5 / len(synthetic)) / rows.sum()
    return weights * len(family)


def logistic(strength: float) -> Fit:
    """Standardised features and a ridge logistic regression."""

    def fit(x: np.ndarray, fake: np.ndarray, weights: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        line = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=300))
        line.fit(x, fake, logisticregression__sample_weight=weights)
        return line.decision_function

    return fit


def trees(x: np.ndarray, fake: np.ndarray, weights: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Gradient-boosted trees, as in the naive baseline."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    forest = HistGradientBoostingClassifier(max_iter=120, learning_rate=0.1, max_leaf_nodes=15, max_features=0.3)
    forest.fit(x, fake, sample_weight=weights)
    return forest.decision_function


def confounds(waves: np.ndarray) -> np.ndarray:
    """(N, 4): what must not tell the classes apart: level, loudest sample, bandwidth, length of the repeated part."""
    rows = []
    for wave in waves.astype(np.float32) / 32768:
        power = np.square(np.abs(np.fft.rfft(wave)))
        share = np.cumsum(power) / max(1e-12, power.sum())
        edge = np.searchsorted(share, 0.999) / len(share)
        start = np.flatnonzero(np.abs(wave) > 1e-4)
        level = np.log(np.square(wave).mean() + 1e-9)
        rows.append([level, np.log(np.abs(wave).max() + 1e-6), edge, len(start) / LENGTH])
    return np.array(rows)


def folds(family: np.ndarray, fold: np.ndarray) -> list[tuple[str, int, np.ndarray, np.ndarray]]:
    """Every (family, fold) with the rows of training and of the test."""
    mine = np.isin(fold, (0, 1, 2)) & ~np.char.startswith(family, "dev_") & ~np.char.startswith(family, "foreign_")
    found = []
    for name in np.unique(family[mine]):
        if name == "real":
            continue
        for test in (0, 1):
            trained = mine & (fold != test) & ~np.isin(family, KIN.get(name, (name,)))
            found.append((str(name), test, trained, (fold == test) & np.isin(family, ("real", name))))
    return found


def held_out(x: np.ndarray, family: np.ndarray, fold: np.ndarray, fit: Fit) -> dict[str, np.ndarray]:
    """Scores of each family's test rows, both folds, by family: (2, rows) of row number and score."""
    fake = family != "real"
    found: dict[str, list[np.ndarray]] = {}
    for name, _, trained, tested in folds(family, fold):
        score = fit(x[trained], fake[trained], balance(family[trained]))
        rows = np.flatnonzero(tested)
        found.setdefault(name, []).append(np.stack([rows, score(x[rows])]))
    return {name: np.concatenate(parts, 1) for name, parts in found.items()}


def report(found: dict[str, np.ndarray], family: np.ndarray, fold: np.ndarray, kind: np.ndarray) -> dict[str, dict]:
    """Equal error rate per family and kind, mean of both folds."""
    table: dict[str, dict] = {}
    for name, (rows, scores) in found.items():
        rows = rows.astype(int)
        for which in np.unique(kind):
            errors = []
            for test in (0, 1):
                some = (fold[rows] == test) & (kind[rows] == which)
                errors.append(equal_error(scores[some], family[rows[some]] != "real"))
            table.setdefault(which, {})[name] = float(np.mean(errors))
    return table


def show(title: str, table: dict[str, dict]) -> None:
    """One line a kind: mean, then each family in per cent."""
    for which, row in table.items():
        each = " ".join(f"{name}={100 * value:.0f}" for name, value in row.items())
        print(f"{title:28s} {which:9s} mean {100 * np.mean(list(row.values())):5.1f} | {each}", flush=True)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--windows", type=Path, required=True)
    parser.add_argument("--features", type=Path, required=True)
    parser.add_argument("--quick", action="store_true", help="without the boosted trees")
    args = parser.parse_args()
    stored, features = np.load(args.windows), np.load(args.features)
    family, fold, kind = stored["family"], stored["fold"], stored["kind"]
    layers = features["layers"]
    attempts: dict[str, tuple[np.ndarray, Fit]] = {"confounds alone": (confounds(stored["waves"]), logistic(1.0))}
    attempts["cepstra"] = (features["cepstra"], logistic(0.003))
    attempts["phases"] = (features["phases"], logistic(0.1))
    for row in range(layers.shape[1]):
        attempts[f"whisper layer {row}"] = (layers[:, row], logistic(0.003))
    attempts["whisper layers 1-2 + cepstra"] = (
        np.concatenate([layers[:, 1], layers[:, 2], features["cepstra"], features["phases"]], 1),
        logistic(0.001),
    )
    if not args.quick:
        attempts["cepstra, trees"] = (features["cepstra"], trees)
        attempts["confounds alone, trees"] = (attempts["confounds alone"][0], trees)
    for title, (x, fit) in attempts.items():
        show(title, report(held_out(x, family, fold, fit), family, fold, kind))


if __name__ == "__main__":
    main()
