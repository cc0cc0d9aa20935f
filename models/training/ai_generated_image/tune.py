"""Trains the network of decoder traces on pairs: a photograph and its decoded self, both after the same random chain.

`python -m models.training.ai_generated_image.tune --views views.npz --trunk lite0.pth --out DIR --minutes 12`. A
fifth of the photographs is left out and watched; `--without FAMILY ...` leaves decoders out, too, and `--start FILE`
goes on from weights that were written before.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from models.deepfake.generated_image import compressed, cut_patches, has_texture
from models.training.ai_generated_image.chains import drawn
from models.training.ai_generated_image.fit import FOLDS, auc
from models.training.ai_generated_image.network import GeneratedNet, pretrained

SIDE, _PAIRS, _CROPS, _LATTICE = 96, 8, 2, 8
_LOOKS = 6


@dataclass(frozen=True, slots=True)
class Pairs:
    """(N, 2) numbers of views: a photograph and what a decoder made of it; its source, and the decoder's family."""

    pixels: np.ndarray
    rows: np.ndarray
    source: np.ndarray
    family: np.ndarray

    @classmethod
    def read(cls, file: Path) -> "Pairs":
        """All of them."""
        stored = np.load(file)
        decoded = np.flatnonzero(stored["pairs"] >= 0)
        family = np.array([str(name).replace("real-", "real").split("-")[0] for name in stored["group"][decoded]])
        rows = np.stack([stored["pairs"][decoded], decoded], 1)
        return cls(stored["pixels"], rows, stored["source"][decoded], family)

    def of(self, chosen: np.ndarray) -> "Pairs":
        """Some of them."""
        return Pairs(self.pixels, self.rows[chosen], self.source[chosen], self.family[chosen])


def held_out(source: np.ndarray, fold: int = 0) -> np.ndarray:
    """Which belong to sources of that fold."""
    names = sorted(set(source))
    order = np.random.default_rng(5).permutation(len(names))
    fold_of = {name: int(order[number]) % FOLDS for number, name in enumerate(names)}
    return np.array([fold_of[name] == fold for name in source])


def disturbed(pictures: Sequence[np.ndarray], rng: np.random.Generator) -> list[np.ndarray]:
    """The same enlargement, blur, sharpening or noise for all, or none of it (every second time)."""
    kind = rng.random() / 0.5
    found = [np.asarray(picture) for picture in pictures]
    if kind < 0.3:
        factor = float(rng.uniform(1.05, 1.6))
        way = int(rng.choice((cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4)))
        return [cv2.resize(one, None, fx=factor, fy=factor, interpolation=way) for one in found]
    if kind < 0.8:
        width, amount = float(rng.uniform(0.4, 1.2)), -1.0 if kind < 0.5 else float(rng.uniform(0.3, 1.2))
        return [cv2.addWeighted(one, 1 + amount, cv2.GaussianBlur(one, (0, 0), width), -amount, 0) for one in found]
    if kind < 1:
        noise = rng.normal(0, rng.uniform(0.5, 5), found[0].shape)
        return [np.clip(np.round(one + noise), 0, 255).astype(np.uint8) for one in found]
    return found


def crops(pair: Sequence[np.ndarray], rng: np.random.Generator) -> list[np.ndarray]:
    """`_CROPS` squares of each picture, at the same places; fewer where the photograph shows nothing there."""
    way = drawn(rng)
    seen = [way(one, None) for one in disturbed(pair, rng)]
    found = []
    for _ in range(_CROPS):
        top, left = (int(rng.integers(0, side - SIDE + 1)) for side in seen[0].shape[:2])
        if rng.random() < 0.7:
            top, left = top // _LATTICE * _LATTICE, left // _LATTICE * _LATTICE
        both = [one[top : top + SIDE, left : left + SIDE] for one in seen]
        if has_texture(both[0]):
            found += [compressed(one) for one in both]
    return found


def watched(pairs: Pairs, seed: int = 7) -> list[tuple[np.ndarray, bool, str]]:
    """(patches, fake, family) of each pair after one chain."""
    rng, found = np.random.default_rng(seed), []
    for (real, decoded), family in zip(pairs.rows, pairs.family, strict=True):
        way = drawn(rng)
        for row in (real, decoded):
            patches = [one for one in cut_patches(way(pairs.pixels[row], None))[0] if has_texture(one)]
            if patches:
                found.append((np.stack([compressed(one) for one in patches]), row == decoded, str(family)))
    return found


@torch.inference_mode()
def scored(net: torch.nn.Module, pictures: Sequence[np.ndarray]) -> np.ndarray:
    """Mean logit of each picture's patches."""
    net.eval()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        return np.array([float(net(torch.from_numpy(patches)).float().mean()) for patches in pictures])


def told(scores: np.ndarray, fake: np.ndarray, family: np.ndarray) -> dict[str, float]:
    """AUC of each decoder family against all photographs, and of all together."""
    areas = {name: auc(scores[fake & (family == name)], scores[~fake]) for name in sorted(set(family[fake]))}
    return {str(name): round(area, 3) for name, area in {**areas, "all": auc(scores[fake], scores[~fake])}.items()}


def tune(net: GeneratedNet, pairs: Pairs, monitor: Pairs, out: Path, minutes: float, seed: int) -> None:
    """Trains for so many minutes of CPU time; writes the running average of the weights at every look."""
    rng = np.random.default_rng(seed)
    known, fresh = list(net.trunk.parameters()), [*net.residual.parameters(), *net.head.parameters()]
    optimizer = torch.optim.AdamW([{"params": known}, {"params": fresh}], lr=1e-3, weight_decay=2e-2)
    average = AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(0.995), use_buffers=True)  # type: ignore[no-untyped-call]
    looked_at = watched(monitor)
    labels, families = np.array([fake for _, fake, _ in looked_at]), np.array([name for *_, name in looked_at])
    names, counts = np.unique(pairs.family, return_counts=True)
    share = {name: count**-0.5 for name, count in zip(names, counts, strict=True)}
    chance = np.array([share[name] for name in pairs.family])
    begun, losses, looks = time.process_time(), [0.7], 0
    while (done := (time.process_time() - begun) / 60 / minutes) < 1:
        if done >= (looks + 1) / _LOOKS:
            looks += 1
            torch.save(average.module.state_dict(), out / "net.pt")
            found = told(scored(average.module, [x for x, *_ in looked_at]), labels, families)
            print(f"{done:.0%} steps {len(losses)} loss {np.mean(losses[-200:]):.4f} {found}", flush=True)
        net.train()
        net.trunk.set_training(-1)
        chosen = rng.choice(len(pairs.rows), _PAIRS, p=chance / chance.sum())
        batch = [crop for row in pairs.rows[chosen] for crop in crops([pairs.pixels[n] for n in row], rng)]
        rate = min(1, done / 0.03 + 0.02) * (0.5 + 0.5 * float(np.cos(np.pi * done))) + 0.01
        optimizer.param_groups[0]["lr"], optimizer.param_groups[1]["lr"] = 5e-4 * rate, 2e-3 * rate
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = net(torch.from_numpy(np.stack(batch)))
        goal = torch.tensor([0.0, 1.0]).repeat(len(batch) // 2) * 0.94 + 0.03
        loss = functional.binary_cross_entropy_with_logits(logits.float(), goal)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(net.parameters(), 2.0)
        optimizer.step()
        average.update_parameters(net)
        losses.append(float(loss.detach()))
    torch.save(average.module.state_dict(), out / "net.pt")
    scores = scored(average.module, [x for x, *_ in looked_at])
    print("trained:", told(scores, labels, families), flush=True)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--views", "--trunk", "--out"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--without", nargs="*", default=[])
    parser.add_argument("--start", type=Path)
    parser.add_argument("--minutes", type=float, default=12.0, help="CPU time")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    torch.manual_seed(args.seed)
    cv2.setNumThreads(1)
    pairs = Pairs.read(args.views)
    away = held_out(pairs.source)
    monitor, pairs = pairs.of(away), pairs.of(~away & ~np.isin(pairs.family, args.without))
    net = pretrained(torch.load(args.trunk, map_location="cpu", weights_only=True))
    if args.start:
        net.load_state_dict(torch.load(args.start, map_location="cpu", weights_only=True))
    net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    tune(net, pairs, monitor, args.out, args.minutes, args.seed)


if __name__ == "__main__":
    main()
