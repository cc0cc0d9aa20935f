"""Fits the regressions of `document/retouching` and says how well they do on what they were not fitted on.

    python -m models.training.document_retouching.fit --train train.npz --unseen unseen.npz

Prints the card's parameters and figures. The controls (the same change before the only compression) are fitted as
honest: whoever learns to see them has learned what the picture shows, not what was done to the file.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.document.retouching import Regression

FALSE_ALARMS = {"portrait": 0.02, "field": 0.004}
"""Share of honest photographs that each regression may flag; a document has one portrait and many fields."""
_RIDGE = 20.0


@dataclass(frozen=True, slots=True, eq=False)
class Regions:
    """All rows of one kind of region: `measures` (N, M), `changed` (N,) bool and what they were."""

    measures: np.ndarray
    changed: np.ndarray
    kind: np.ndarray
    control: np.ndarray
    document: np.ndarray

    @property
    def honest(self) -> np.ndarray:
        """(N,) bool: nothing was changed."""
        return ~self.changed


def load(file: Path, region: str) -> Regions:
    """Reads the rows of `portrait` or `field` regions."""
    data = np.load(file)
    chosen = (data["region"] == "portrait") == (region == "portrait")
    fields = (data[name][chosen] for name in ("changed", "kind", "control", "document"))
    return Regions(data[region].astype(float), *fields)


def fit(rows: Regions) -> Regression:
    """A ridge logistic regression, both classes weighing the same, moved so that 0.5 is the false alarms' limit."""
    target = (rows.changed & ~rows.control).astype(float)
    mean, spread = rows.measures.mean(0), rows.measures.std(0) + 1e-3
    inputs = np.column_stack([np.clip((rows.measures - mean) / spread, -4, 4), np.ones(len(target))])
    share = target.mean()
    weight = np.where(target == 1, 0.5 / share, 0.5 / (1 - share))
    ridge = np.diag([_RIDGE] * (inputs.shape[1] - 1) + [1e-3])
    found = np.zeros(inputs.shape[1])
    for _ in range(30):
        guess = 1 / (1 + np.exp(-inputs @ found))
        slope = inputs.T @ (weight * (guess - target)) + ridge @ found
        bend = (inputs * (weight * guess * (1 - guess))[:, None]).T @ inputs + ridge
        found -= np.linalg.solve(bend, slope)
    return Regression(mean, spread, found[:-1], float(found[-1]))


def worst(scores: np.ndarray, rows: Regions, chosen: np.ndarray) -> np.ndarray:
    """The lowest score of each photograph: a document is as genuine as its most suspicious region."""
    keys = [f"{d}-{k}-{c}" for d, k, c in zip(rows.document, rows.kind, rows.control, strict=True)]
    lowest: dict[str, float] = {}
    for key, score, taken in zip(keys, scores, chosen, strict=True):
        if taken:
            lowest[key] = min(score, lowest.get(key, 1.0))
    return np.array(list(lowest.values()))


def scored(model: Regression, rows: Regions) -> np.ndarray:
    """(N,) scores, higher = more genuine."""
    found = [model.score(row) for row in rows.measures]
    return np.array([1.0 if score is None else score for score in found])


def moved(model: Regression, honest: np.ndarray, allowed: float) -> Regression:
    """The same with 0.5 where the allowed share of honest photographs lies below."""
    limit = float(np.quantile(honest, allowed))
    return Regression(model.mean, model.spread, model.weights, model.offset - float(np.log((1 - limit) / limit)))


def auc(genuine: np.ndarray, forged: np.ndarray) -> float:
    """Chance that a genuine one has the higher score."""
    return float((genuine[:, None] > forged).mean() + 0.5 * (genuine[:, None] == forged).mean())


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--unseen", type=Path, required=True)
    asked = parser.parse_args()
    for region in ("portrait", "field"):
        rows, held = load(asked.train, region), load(asked.unseen, region)
        model = moved(fit(rows), out_of_fold(rows), FALSE_ALARMS[region])
        print(f"\n[parameters.{region}]\noffset = {model.offset:.5g}")
        for name, values in (("mean", model.mean), ("spread", model.spread), ("weights", model.weights)):
            print(f"{name} = [{', '.join(f'{value:.5g}' for value in values)}]")
        report(model, held)


def out_of_fold(rows: Regions, folds: int = 5) -> np.ndarray:
    """Lowest scores of honest photographs, each from a fit that did not see its document."""
    found = []
    for fold in range(folds):
        seen = rows.document % folds != fold
        part = Regions(*(getattr(rows, name)[seen] for name in Regions.__slots__))
        scores = scored(fit(part), rows)
        found.append(worst(scores, rows, ~seen & rows.honest & ~np.char.startswith(rows.kind.astype(str), "field")))
    return np.concatenate(found)


def report(model: Regression, rows: Regions) -> dict[str, Any]:
    """Prints, for each kind of forgery, AUC against the honest photographs and the share found."""
    scores = scored(model, rows)
    honest = worst(scores, rows, rows.kind == "none")
    print(f"#  honest n={len(honest)} flagged {np.mean(honest < 0.5):.3f}")
    found: dict[str, Any] = {"honest": honest}
    for kind, control in sorted(
        {(str(k), bool(c)) for k, c in zip(rows.kind, rows.control, strict=True) if k != "none"}
    ):
        chosen = rows.changed & (rows.kind == kind) & (rows.control == control)
        forged = worst(scores, rows, chosen)
        found[kind + (" control" if control else "")] = forged
        if len(forged):
            print(f"#  {kind}{' control' if control else ''} n={len(forged)} auc {auc(honest, forged):.3f} "
                  f"found {np.mean(forged < 0.5):.3f}")  # fmt: skip
    return found


if __name__ == "__main__":
    main()
