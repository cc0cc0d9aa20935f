"""What else was tried, each attempt measured on foreign pictures (evaluation only: nothing is chosen by them).

`python -m models.training.ai_generated_image.attempts --views views.npz --fit DIR --data DIR --net net.pt`, after
`fit` has written DIR and `tune` the network.
"""

import argparse
import csv
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch

from models.deepfake.generated_image import PATCH, compressed, cut_patches, detail, has_texture, traces
from models.training.ai_generated_image.chains import compressed as recompressed
from models.training.ai_generated_image.chains import drawn
from models.training.ai_generated_image.dataset import SIDE, opened
from models.training.ai_generated_image.fit import SEED, Patches, Rule, auc, ridge
from models.training.ai_generated_image.network import GeneratedNet
from models.training.ai_generated_image.tune import scored

BLOCKS = {"spectrum": slice(0, 24), "lattices": slice(24, 33), "distribution": slice(33, 44), "colours": slice(44, 80)}
MEASURES = 80
Features = Callable[[np.ndarray], np.ndarray]


def foreign(data: Path) -> tuple[list[np.ndarray], list[np.ndarray], np.ndarray, np.ndarray]:
    """Middle squares as published and as JPEG 90, whether each is fake, and its source."""
    published, again, fake, source = [], [], [], []
    with (data / "MANIFEST.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["use"] != "eval-only" or row["kind"] not in ("ai_images", "real_photos"):
                continue
            pixels = opened(data / row["path"])
            if min(pixels.shape[:2]) >= SIDE:
                top, left = ((side - SIDE) // 2 for side in pixels.shape[:2])
                square = np.ascontiguousarray(pixels[top : top + SIDE, left : left + SIDE])
                published.append(square)
                again.append(recompressed(square, "JPEG", 90))
                fake.append(row["kind"] == "ai_images")
                source.append(row["path"].split("/")[1])
    return published, again, np.array(fake), np.array(source)


def described(pictures: list[np.ndarray], features: Features, most: int = 4) -> list[np.ndarray]:
    """Features of each picture's first patches."""
    return [np.stack([features(patch) for patch in cut_patches(picture)[0][:most]]) for picture in pictures]


def generated(views: Path, features: Features) -> Patches:
    """Generated pictures that no photograph was decoded for, each sent one way."""
    stored, rng = dict(np.load(views)), np.random.default_rng(SEED + 1)
    rows = np.flatnonzero(stored["fake"] & (stored["pairs"] < 0))
    x, kept = [], []
    for row in rows:
        patch = drawn(rng)(stored["pixels"][row])
        if has_texture(patch):
            x.append(features(patch))
            kept.append(row)
    there = np.array(kept)
    return Patches(np.array(x), np.ones(len(x), bool), there, stored["source"][there], stored["group"][there])


def joined(first: Patches, second: Patches) -> Patches:
    """Both together."""
    return Patches(*(np.concatenate([getattr(p, name) for p in (first, second)]) for name in Patches.__slots__))


def pair_direction(patches: Patches) -> Rule:
    """The mean change that decoders make, whitened by how photographs differ (a linear discriminant)."""
    mean, spread = patches.x.mean(0), patches.x.std(0) + 1e-6
    z = (patches.x - mean) / spread
    change = z[patches.fake].mean(0) - z[~patches.fake].mean(0)
    direction = np.linalg.solve(np.cov(z[~patches.fake].T) + 0.1 * np.eye(z.shape[1]), change)
    return lambda other: ((other - mean) / spread) @ direction


def two_layers(patches: Patches, seconds: float = 15.0) -> Rule:
    """A small network on the same features."""
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    mean, spread = patches.x.mean(0), patches.x.std(0) + 1e-6
    z = torch.tensor(np.clip((patches.x - mean) / spread, -5, 5), dtype=torch.float32)
    y = torch.tensor(patches.fake.astype(np.float32))
    chance = np.where(patches.fake, 0.5 / patches.fake.sum(), 0.5 / (~patches.fake).sum())
    parts = (torch.nn.Linear(z.shape[1], 32), torch.nn.ReLU(), torch.nn.Dropout(0.3), torch.nn.Linear(32, 1))
    net = torch.nn.Sequential(*parts)
    optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=3e-2)
    end = time.process_time() + seconds
    while time.process_time() < end:
        rows = rng.choice(len(z), 128, p=chance / chance.sum())
        found = net(z[rows] + 0.15 * torch.randn(128, z.shape[1]))[:, 0]
        loss = torch.nn.functional.binary_cross_entropy_with_logits(found, y[rows])
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
    net.eval()

    def rule(other: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return net(torch.tensor(np.clip((other - mean) / spread, -5, 5), dtype=torch.float32))[:, 0].numpy()

    return rule


def boosted(patches: Patches) -> Rule:
    """Boosted trees on the same features."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    trees = HistGradientBoostingClassifier(
        max_iter=150, learning_rate=0.06, max_leaf_nodes=12, l2_regularization=5, min_samples_leaf=100, random_state=0
    ).fit(patches.x, patches.fake)
    return lambda other: np.asarray(trees.decision_function(other))


def summed(first: Rule, second: Rule, weight: float) -> Rule:
    """One rule and so much of the other."""
    return lambda other: first(other) + weight * second(other)


def weighed(scores: np.ndarray, x: np.ndarray) -> float:
    """One score of a picture, as the detector weighs its patches; of other features the mean."""
    return float(np.average(scores, weights=detail(x))) if x.shape[1] == MEASURES else float(scores.mean())


def attempts(patches: Patches, made: Patches) -> Iterator[tuple[str, Rule]]:
    """Name and rule of each attempt on the detector's own features."""
    everything = np.ones(len(patches.fake), bool)
    yield "pairs, all features (shipped)", ridge(patches, everything, 0.1)[0]
    for name, block in BLOCKS.items():
        part = Patches(patches.x[:, block], patches.fake, patches.view, patches.source, patches.decoder)
        yield f"pairs, {name} alone", _of_block(ridge(part, everything, 0.1)[0], block)
    yield "pairs, linear discriminant", pair_direction(patches)
    yield "pairs, two layers", two_layers(patches)
    trees = boosted(patches)
    yield "pairs, boosted trees", trees
    yield "pairs, trees and ridge", summed(trees, ridge(patches, everything, 0.1)[0], 1.5)
    real = Patches(*(getattr(patches, name)[~patches.fake] for name in Patches.__slots__))
    for name, both in (("generated pictures alone", joined(real, made)), ("both", joined(patches, made))):
        yield name, ridge(both, np.ones(len(both.fake), bool), 0.1)[0]


def _of_block(rule: Rule, block: slice) -> Rule:
    return lambda other: rule(other[:, block])


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--views", "--fit", "--data", "--net"):
        parser.add_argument(name, type=Path, required=True)
    args = parser.parse_args()
    torch.set_num_threads(1)
    published, again, fake, _ = foreign(args.data)
    patches, made = Patches(**dict(np.load(args.fit / "patches.npz"))), generated(args.views, traces)
    seen = {"as published": described(published, traces), "JPEG 90": described(again, traces)}

    def shown(name: str, rule: Rule, others: dict[str, list[np.ndarray]]) -> None:
        scores = {kind: np.array([weighed(rule(x), x) for x in pictures]) for kind, pictures in others.items()}
        print(name, {kind: round(auc(s[fake], s[~fake]), 3) for kind, s in scores.items()}, flush=True)

    for name, rule in attempts(patches, made):
        shown(name, rule, seen)
        modern = {kind: round(auc(rule(made.x[chosen]), rule(patches.x[~patches.fake])), 3)
                  for kind, chosen in kinds(made)}  # fmt: skip
        print("   generators of today:", modern, flush=True)
    net = GeneratedNet()
    net.load_state_dict(torch.load(args.net, map_location="cpu", weights_only=True))
    for kind, pictures in {"as published": published, "JPEG 90": again}.items():
        scores = scored(net, [np.stack([compressed(one) for one in cut_patches(p)[0]]) for p in pictures])
        print("pairs, network,", kind, round(auc(scores[fake], scores[~fake]), 3), flush=True)


def kinds(made: Patches) -> Iterator[tuple[str, np.ndarray]]:
    """Generated pictures by where they come from."""
    previews = np.char.startswith(made.decoder.astype(str), "preview-")
    yield "previews", previews
    for name in sorted(set(made.decoder[~previews])):
        yield str(name), made.decoder == name


if __name__ == "__main__":
    assert PATCH <= SIDE
    main()
