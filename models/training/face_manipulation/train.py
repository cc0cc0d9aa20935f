"""Fine-tunes the network on stored pairs.

python -m models.training.face_manipulation.train --train DIR --monitor DIR --trunk efficientnet-lite0.pth --out DIR \
    --minutes 20 --seed 1

Minutes are those of the process's own CPU time. A run that was interrupted goes on where its last checkpoint was.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from models.training.face_manipulation.dataset import REAL
from models.training.face_manipulation.network import FaceNet
from models.training.recapture.evaluate import auc

CROP = 160
"""Pixels of the view that one step of the training sees; the whole view is judged later."""
_PAIRS = 16
_RATE = 1.2e-3
_EVERY_S = 100.0
_WARM = 0.06


def crops(views: np.ndarray, masks: np.ndarray, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """A part of each view and of its mask, mirrored, brightened: alike for the two of a pair."""
    seen, hidden = [], []
    for number in range(0, len(views), 2):
        y, x = (int(n) for n in rng.integers(0, views.shape[1] - CROP + 1, 2))
        step = -1 if rng.random() < 0.5 else 1
        gain, shift = 1 + 0.1 * rng.normal(), 8 * rng.normal(size=3)
        for row in (number, number + 1):
            part = views[row, y : y + CROP, x : x + CROP][:, ::step].astype(np.float32)
            seen.append(np.clip(part * gain + shift, 0, 255).astype(np.float32))
            cells = masks[row, y // 8 : y // 8 + CROP // 8, x // 8 : x // 8 + CROP // 8][:, ::step]
            hidden.append(cells.reshape(CROP // 32, 4, CROP // 32, 4).max((1, 3)).astype(np.float32) / 255)
    return torch.from_numpy(np.stack(seen)), torch.from_numpy(np.stack(hidden))


def loss_of(
    net: torch.nn.Module, views: torch.Tensor, masks: torch.Tensor, kinds: np.ndarray
) -> tuple[torch.Tensor, float]:
    """The loss of a batch of pairs, and the part of it that tells manipulated from real."""
    logit, kind, where = net(views)
    fake = torch.from_numpy((kinds != REAL).astype(np.float32))
    told = functional.binary_cross_entropy_with_logits(logit, 0.96 * fake + 0.02)
    # Within a pair all but the manipulation is alike: the fake must stand above its own original.
    apart = functional.softplus(1.0 - (logit[1::2] - logit[0::2])).mean()
    placed = functional.binary_cross_entropy_with_logits(where, masks)
    loss = told + 0.3 * apart + 0.3 * placed
    known = torch.from_numpy(np.flatnonzero(kinds >= 0))
    if len(known):
        loss = loss + 0.2 * functional.cross_entropy(
            kind[known], torch.from_numpy(kinds[known.numpy()].astype(np.int64))
        )
    return loss, float(told.detach())


def predict(net: torch.nn.Module, views: np.ndarray) -> np.ndarray:
    """(N,) logits."""
    net.eval()
    with torch.inference_mode():
        parts = [net(torch.from_numpy(np.ascontiguousarray(views[i : i + 32])))[0] for i in range(0, len(views), 32)]
    return torch.cat(parts).numpy()


class Run:
    """One training with its running mean of the weights, clock, and curve, all of which a checkpoint holds."""

    def __init__(self, net: FaceNet, out: Path, minutes: float) -> None:
        self.net, self.out, self.minutes = net, out, minutes
        self.mean = AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(0.99), use_buffers=True)  # type: ignore[no-untyped-call]
        self.optimizer = torch.optim.AdamW(net.parameters(), lr=_RATE, weight_decay=0.02)
        self.curve: list[dict[str, float]] = []
        self.steps, self.spent = 0, 0.0
        self._file = out / "checkpoint.pt"
        if self._file.exists():
            self._resume()

    def step(self, views: torch.Tensor, masks: torch.Tensor, kinds: np.ndarray) -> float:
        """One step; returns the loss."""
        done = min(1.0, self.spent / (60 * self.minutes))
        for group in self.optimizer.param_groups:
            group["lr"] = _RATE * min(1.0, done / _WARM + 0.05) * (0.5 + 0.5 * np.cos(np.pi * done)) + 1e-6
        self.net.train()
        loss, told = loss_of(self.net, views, masks, kinds)
        self.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        self.optimizer.step()
        self.mean.update_parameters(self.net)
        self.steps += 1
        return told

    def save(self) -> None:
        """Writes the checkpoint and the curve."""
        state = {name: getattr(self, name).state_dict() for name in ("net", "mean", "optimizer")}
        state |= {"curve": self.curve, "steps": self.steps, "spent": self.spent}
        torch.save(state, self._file.with_suffix(".new"))
        self._file.with_suffix(".new").replace(self._file)
        (self.out / "curve.json").write_text(json.dumps(self.curve))

    def _resume(self) -> None:
        state = torch.load(self._file, weights_only=False)
        for name in ("net", "mean", "optimizer"):
            getattr(self, name).load_state_dict(state[name])
        self.curve, self.steps, self.spent = state["curve"], state["steps"], state["spent"]


def fit(run: Run, train: Path, monitor: Path, seed: int) -> None:
    """Trains until the run's minutes are spent; every while a checkpoint and the monitor's AUC."""
    views, masks = np.load(train / "views.npy", mmap_mode="r"), np.load(train / "masks.npy")
    kinds = np.load(train / "kinds.npy")
    seen, truth = np.load(monitor / "views.npy", mmap_mode="r")[:400], np.load(monitor / "kinds.npy")[:400] == REAL
    rng = np.random.default_rng([seed, run.steps])
    began, since, losses = time.process_time() - run.spent, time.process_time(), []
    order: list[int] = []
    while run.spent < 60 * run.minutes:
        if len(order) < _PAIRS:
            order = rng.permutation(len(kinds) // 2).tolist()
        rows = np.array([(2 * n, 2 * n + 1) for n in order[:_PAIRS]]).ravel()
        order = order[_PAIRS:]
        losses.append(run.step(*crops(views[np.sort(rows)], masks[np.sort(rows)], rng), kinds[np.sort(rows)]))
        run.spent = time.process_time() - began
        if time.process_time() - since > _EVERY_S or run.spent >= 60 * run.minutes:
            scores = predict(run.mean.module, seen)
            row = {"minutes": run.spent / 60, "steps": run.steps, "loss": float(np.mean(losses))}
            row |= {"auc": auc(-scores, truth), "paired": float((scores[1::2] > scores[0::2]).mean())}
            run.curve.append(row)
            print(" ".join(f"{name} {value:.3f}" for name, value in row.items()), flush=True)
            run.save()
            since, losses = time.process_time(), []


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("train", "monitor", "trunk", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    args.out.mkdir(parents=True, exist_ok=True)
    net = FaceNet()
    net.start_from(args.trunk)
    net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    run = Run(net, args.out, args.minutes)
    fit(run, args.train, args.monitor, args.seed)
    torch.save(run.mean.module.state_dict(), args.out / "net.pt")


if __name__ == "__main__":
    main()
