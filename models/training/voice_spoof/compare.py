"""Leave one family out: how well a frozen representation tells synthesis that it never heard, cheaply.

A family is tested on people and texts of one fold after training on the other families of the other fold (and of fold
2, which is always trained on); both folds take their turn. Copies and readings of a family are never trained on when
it is tested; what is distilled from a tested family is left out with it.
"""

from collections.abc import Callable, Sequence

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


def lines(strength: float, parts: Sequence[int]) -> Fit:
    """A ridge logistic regression for each part of the features, their log odds added."""

    def fit(x: np.ndarray, fake: np.ndarray, weights: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
        edges = np.cumsum(parts)[:-1]
        decide = [logistic(strength)(part, fake, weights) for part in np.split(x, edges, 1)]
        return lambda y: np.sum([one(part) for one, part in zip(decide, np.split(y, edges, 1), strict=True)], 0)

    return fit


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
