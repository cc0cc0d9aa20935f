"""Fits the linear detector to photographs and what decoders make of them, and calibrates it on sources left out.

`python -m models.training.ai_generated_image.fit --views views.npz --out DIR` writes the card's parameters, the figures
and the curves.
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np

from models.deepfake.generated_image import cut_patches, detail, has_texture, traces
from models.training.ai_generated_image.chains import drawn

matplotlib.use("Agg")
import matplotlib.pyplot as plt

SEED = 5
FOLDS, PENALTIES = 5, (0.01, 0.1, 1.0, 10.0)
WAYS_OF_PAIRS = 2
Rule = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, slots=True)
class Patches:
    """Patches of views that each went one way: `view` numbers the ways, `source` what must stay together."""

    x: np.ndarray
    fake: np.ndarray
    view: np.ndarray
    source: np.ndarray
    decoder: np.ndarray


def measured(file: Path) -> Patches:
    """Sends every photograph one way, and every pair of a photograph and its decoded view the same ways."""
    stored, rng = np.load(file), np.random.default_rng(SEED)
    pixels, fake, pairs = stored["pixels"], stored["fake"], stored["pairs"]
    jobs = [(int(row), drawn(rng)) for row in np.flatnonzero(~fake)]
    for row in np.flatnonzero(pairs >= 0):
        for _ in range(WAYS_OF_PAIRS):
            way = drawn(rng)
            jobs += [(int(row), way), (int(pairs[row]), way)]
    x, rows, views = [], [], []
    for number, (one, way) in enumerate(jobs):
        for patch in cut_patches(way(pixels[one], None))[0]:
            if has_texture(patch):
                x.append(traces(patch))
                rows.append(one)
                views.append(number)
    return Patches(np.array(x), fake[rows], np.array(views), stored["source"][rows], stored["group"][rows])


def ridge(patches: Patches, rows: np.ndarray, penalty: float) -> tuple[Rule, dict[str, Any]]:
    """Ridge regression on standardised features, both classes weighing the same."""
    x, fake = patches.x[rows], patches.fake[rows]
    mean, spread = x.mean(0), x.std(0) + 1e-6
    z = np.c_[np.clip((x - mean) / spread, -5, 5), np.ones(len(x))]
    weights = np.where(fake, 0.5 / fake.mean(), 0.5 / (1 - fake.mean()))
    gram = z.T @ (weights[:, None] * z) + penalty * len(x) * np.diag([1.0] * x.shape[1] + [0.0])
    solved = np.linalg.solve(gram, z.T @ (weights * np.where(fake, 1.0, -1.0)))

    def rule(other: np.ndarray) -> np.ndarray:
        return np.clip((other - mean) / spread, -5, 5) @ solved[:-1] + solved[-1]

    return rule, {"mean": mean, "spread": spread, "weights": solved[:-1], "bias": float(solved[-1])}


def left_out(patches: Patches, penalty: float) -> np.ndarray:
    """Scores of all patches by rules that never saw their source."""
    names = np.array(sorted(set(patches.source)))
    order = np.random.default_rng(SEED).permutation(len(names))
    fold_of = {name: int(order[number]) % FOLDS for number, name in enumerate(names)}
    fold = np.array([fold_of[name] for name in patches.source])
    scores = np.zeros(len(fold))
    for number in range(FOLDS):
        rule, _ = ridge(patches, fold != number, penalty)
        scores[fold == number] = rule(patches.x[fold == number])
    return scores


def without_decoder(patches: Patches, decoder: str, penalty: float) -> float:
    """AUC of one decoder's views where neither it nor their sources were seen."""
    own = (patches.decoder == decoder) & patches.fake
    sources = set(patches.source[own])
    seen = (patches.decoder != decoder) & np.array([name not in sources for name in patches.source])
    rule, _ = ridge(patches, seen, penalty)
    real = ~patches.fake & ~seen
    views = [by_view(patches, rule(patches.x), rows)[0] for rows in (own, real)]
    return auc(*views)


def by_view(patches: Patches, scores: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Score of each view among those rows, as the detector weighs its patches, and whether it is fake."""
    views = sorted(set(patches.view[rows]))
    own = [(patches.view == view) & rows for view in views]
    means = np.array([np.average(scores[mask], weights=detail(patches.x[mask])) for mask in own])
    return means, np.array([patches.fake[patches.view == view][0] for view in views])


def auc(fake: np.ndarray, real: np.ndarray) -> float:
    """Area under the ROC."""
    order = np.argsort(np.concatenate([real, fake]), kind="stable").argsort() + 1
    return float((order[len(real) :].sum() - len(fake) * (len(fake) + 1) / 2) / (len(fake) * len(real)))


def platt(scores: np.ndarray, fake: np.ndarray) -> tuple[float, float]:
    """Slope and offset of log odds, both classes weighing the same (Newton's method)."""
    z, y = np.c_[scores, np.ones(len(scores))], fake.astype(float)
    weights = np.where(fake, 0.5 / fake.mean(), 0.5 / (1 - fake.mean()))
    found = np.zeros(2)
    for _ in range(50):
        p = 1 / (1 + np.exp(-(z @ found)))
        gradient = z.T @ (weights * (p - y))
        hessian = z.T @ ((weights * p * (1 - p))[:, None] * z) + 1e-6 * np.eye(2)
        found -= np.linalg.solve(hessian, gradient)
    return float(found[0]), float(found[1])


def drawn_curves(views: np.ndarray, fake: np.ndarray, slope: float, offset: float, file: Path) -> None:
    """ROC of sources left out, and how sure it is of which."""
    odds = slope * views + offset
    thresholds = np.sort(odds)[::-1]
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4))
    left.plot([(odds[~fake] >= t).mean() for t in thresholds], [(odds[fake] >= t).mean() for t in thresholds])
    left.set(xlabel="false alarms", ylabel="found", title=f"left-out sources, AUC {auc(odds[fake], odds[~fake]):.3f}")
    for kind, label in ((fake, "decoded"), (~fake, "photographs")):
        right.hist(odds[kind], 30, range=(-6, 6), alpha=0.6, density=True, label=label)
    right.set(xlabel="log odds")
    right.legend()
    figure.tight_layout()
    figure.savefig(file, dpi=80)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--views", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    cached = args.out / "patches.npz"
    if not cached.exists():
        found = measured(args.views)
        np.savez(cached, **{name: getattr(found, name) for name in found.__slots__})
    patches = Patches(**dict(np.load(cached)))
    everything = np.ones(len(patches.fake), bool)
    figures: dict[str, Any] = {"penalties": {}}
    for penalty in PENALTIES:
        views, fake = by_view(patches, left_out(patches, penalty), everything)
        figures["penalties"][str(penalty)] = round(auc(views[fake], views[~fake]), 4)
    penalty = float(max(figures["penalties"], key=figures["penalties"].get))
    views, fake = by_view(patches, left_out(patches, penalty), everything)
    slope, offset = platt(views, fake)
    _, parameters = ridge(patches, everything, penalty)
    drawn_curves(views, fake, slope, offset, args.out / "curves.png")
    odds = slope * views + offset
    kinds = [name for name in sorted(set(patches.decoder[patches.fake])) if (patches.decoder == name).sum() >= 30]
    shares = (0.5, 0.9, 0.95, 0.98, 0.99, 0.995)
    figures |= {
        "penalty": penalty, "views": len(views), "fakes": int(fake.sum()), "slope": slope, "offset": offset,
        "real quantiles": {q: round(float(np.quantile(odds[~fake], q)), 3) for q in shares},
        "fake quantiles": {q: round(float(np.quantile(odds[fake], q)), 3) for q in (0.02, 0.05, 0.1, 0.5)},
        "a decoder never seen": {name: round(without_decoder(patches, name, penalty), 3) for name in kinds},
    }  # fmt: skip
    (args.out / "figures.json").write_text(json.dumps(figures, indent=1))
    lines = [f"slope = {slope:.5g}", f"offset = {offset:.5g}", f"bias = {parameters['bias']:.5g}"]
    lists = {name: ", ".join(f"{value:.5g}" for value in parameters[name]) for name in ("mean", "spread", "weights")}
    lines += [f"{name} = [{values}]" for name, values in lists.items()]
    (args.out / "parameters.toml").write_text("\n".join(lines) + "\n")
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
