"""Fits the document recapture network on stored windows and exports it.

    python -m models.training.document_recapture.train --train train --monitor calibration --out DIR [--minutes 10]

The towers come from the face recapture network; the head is fitted on their features, then all of it together for the
given minutes. Needs the packages onnx and onnxscript.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from models.document.recapture import SIZE
from models.training.document_recapture.network import DocumentRecaptureNet, from_faces
from models.training.document_recapture.windows import SPECIES
from models.training.recapture.train import equal_error

_BATCH = 24  # windows; each gives one crop
_EPOCHS = 60


def load(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Crops (N, K, 128, 128, 3) and species (N,) that are drawn by now."""
    species = np.load(folder / "species.npy")
    drawn = int((species >= 0).sum())
    return np.load(folder / "crops.npy", mmap_mode="r")[:drawn], species[:drawn]


def wanted(species: np.ndarray) -> torch.Tensor:
    """(N, 2): 0 where the crop shows a screen, and where it shows a print; else 1."""
    screen, prints = species == SPECIES.index("screen"), species >= SPECIES.index("print_colour")
    return torch.from_numpy(np.stack([~screen, ~prints], 1).astype(np.float32))


def features(net: DocumentRecaptureNet, crops: np.ndarray) -> torch.Tensor:
    """(N, K, 262) features of the towers."""
    flat = crops.reshape(-1, SIZE, SIZE, 3)
    net.eval()
    with torch.inference_mode():
        parts = [net.towers(torch.from_numpy(np.ascontiguousarray(flat[i : i + 64]))) for i in range(0, len(flat), 64)]
    return torch.cat(parts).reshape(*crops.shape[:2], -1).clone()


def errors(net: DocumentRecaptureNet, known: torch.Tensor, species: np.ndarray) -> str:
    """Equal error rates of photographs or windows, from the mean logits of their crops."""
    net.eval()
    with torch.inference_mode():
        logits = net.head(known.flatten(0, 1)).reshape(*known.shape[:2], 2).mean(1).numpy()
    found = []
    for name, column, attack in (("screen", 0, (1,)), ("print", 1, (2, 3))):
        rows = (species == 0) | np.isin(species, attack)
        found.append(f"{name} {equal_error(logits[rows, column], species[rows] == 0):.3f}")
    return "equal error: " + ", ".join(found)


def fit_head(net: DocumentRecaptureNet, known: torch.Tensor, species: np.ndarray, seed: int) -> None:
    """Fits the head to the features of windows (N, K, 262)."""
    torch.manual_seed(seed)
    flat, goal = known.flatten(0, 1), wanted(species).repeat_interleave(known.shape[1], 0)
    optimizer = torch.optim.AdamW(net.head.parameters(), lr=2e-3, weight_decay=3e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, _EPOCHS)
    net.head.train()
    for _ in range(_EPOCHS):
        for rows in torch.split(torch.randperm(len(flat)), 128):
            loss = functional.binary_cross_entropy_with_logits(net.head(flat[rows]), goal[rows])
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
        schedule.step()


def varied(crops: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
    """Mirrors, exchange of axes, gain, tint and offset: float32 0..255."""
    if torch.rand(1, generator=rng) < 0.5:
        crops = crops.flip(1)
    if torch.rand(1, generator=rng) < 0.5:
        crops = crops.flip(2)
    if torch.rand(1, generator=rng) < 0.4:
        crops = crops.transpose(1, 2)
    count = len(crops)
    tint = 1 + 0.1 * torch.randn(count, 1, 1, 1, generator=rng) + 0.04 * torch.randn(count, 1, 1, 3, generator=rng)
    return (crops.float() * tint + 6 * torch.randn(count, 1, 1, 1, generator=rng)).clamp(0, 255)


def tune(net: DocumentRecaptureNet, train: Path, out: Path, minutes: float, seed: int) -> None:
    """Trains towers and head together for so many minutes; the statistics of normalisation stay."""
    rng, pick = torch.Generator().manual_seed(seed), np.random.default_rng(seed)
    crops, species = load(train)
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-4, weight_decay=1e-2)
    begun, losses, order = time.monotonic(), [0.0], np.empty(0, int)
    net.eval()
    while (done := (time.monotonic() - begun) / 60 / minutes) < 1:
        if len(order) < _BATCH:
            order = pick.permutation(len(crops))
            torch.save(net.state_dict(), out / "recapture.pt")
            print(f"{done:.0%} loss {np.mean(losses[-80:]):.4f}", flush=True)
        rows, order = np.sort(order[:_BATCH]), order[_BATCH:]
        chosen = crops[rows, pick.integers(0, crops.shape[1], len(rows))]
        optimizer.param_groups[0]["lr"] = 5e-4 * (0.5 + 0.5 * float(np.cos(np.pi * done)))
        loss = functional.binary_cross_entropy_with_logits(
            net(varied(torch.from_numpy(chosen), rng)), wanted(species[rows])
        )
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
        losses.append(float(loss.detach()))


def export(net: DocumentRecaptureNet, path: Path) -> None:
    """Writes `crops` (N, 128, 128, 3) float32 RGB 0..255 to `logits` (N, 2)."""
    torch.onnx.export(
        net.eval(),
        (torch.zeros(2, SIZE, SIZE, 3),),
        str(path),
        input_names=["crops"],
        output_names=["logits"],
        dynamic_shapes=({0: torch.export.Dim("batch")},),
        external_data=False,
        dynamo=True,
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--monitor", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=0.0, help="of training towers and head together")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    net, (crops, species), (held, kinds) = from_faces(), load(args.train), load(args.monitor)
    fit_head(net, features(net, crops), species, args.seed)
    print("head:", errors(net, features(net, held), kinds), flush=True)
    if args.minutes:
        tune(net, args.train, args.out, args.minutes, args.seed)
        print("tuned:", errors(net, features(net, held), kinds), flush=True)
    export(net, args.out / "document_recapture.onnx")


if __name__ == "__main__":
    main()
