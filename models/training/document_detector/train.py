"""Trains the detector by the clock and exports it.

    python -m models.training.document_detector.train --train train --monitor monitor --out DIR --minutes 22

Exporting needs the packages onnx and onnxscript.
"""

import argparse
import time
from pathlib import Path

import cv2
import numpy as np
import torch
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from models.document.corners import CORE, CORNER, INSIDE
from models.document.detector import SIZE
from models.training.document_detector.network import DetectorNet
from models.training.document_detector.scenes import load

GRID = SIZE // 4
_BATCH, _SMALL = 16, 0.55
_CORE = 0.72  # side of the core over side of the document
_SIGMA = 1.0  # of the corner heat, cells


def targets(quads: np.ndarray) -> np.ndarray:
    """(3, 64, 64) uint8 targets 0..255 of the documents (M, 4, 2) in one picture, NaN rows being none."""
    maps = np.zeros((3, GRID, GRID), np.uint8)
    yy, xx = np.mgrid[0:GRID, 0:GRID] + 0.5
    heat = np.zeros((GRID, GRID))
    for quad in quads:
        if not np.isfinite(quad).all():
            continue
        cells = quad / (SIZE / GRID)
        middle = cells.mean(0)
        for plane, shrink in ((INSIDE, 1.0), (CORE, _CORE)):
            # Drawn four times as large and averaged: cells at the edge hold the share that is covered.
            big = np.zeros((GRID * 4, GRID * 4), np.uint8)
            points = (middle + (cells - middle) * shrink) * 4 * 16
            cv2.fillPoly(big, [np.round(points).astype(np.int32)], 255.0, cv2.LINE_8, 4)
            maps[plane] = np.maximum(maps[plane], cv2.resize(big, (GRID, GRID), interpolation=cv2.INTER_AREA))
        for x, y in cells:
            heat = np.maximum(heat, np.exp(-((xx - x) ** 2 + (yy - y) ** 2) / (2 * _SIGMA**2)))
    maps[CORNER] = (heat * 255).astype(np.uint8)
    return maps


def varied(images: torch.Tensor, maps: torch.Tensor, rng: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Mirrors, quarter turns, gain, tint, grey."""
    turn = int(torch.randint(0, 4, (1,), generator=rng))
    images, maps = torch.rot90(images, turn, (1, 2)), torch.rot90(maps, turn, (2, 3))
    if torch.rand(1, generator=rng) < 0.5:
        images, maps = images.flip(2), maps.flip(3)
    count = len(images)
    tint = 1 + 0.1 * torch.randn(count, 1, 1, 1, generator=rng) + 0.07 * torch.randn(count, 1, 1, 3, generator=rng)
    x = (images.float() * tint + 10 * torch.randn(count, 1, 1, 1, generator=rng)).clamp(0, 255)
    plain = (torch.rand(count, generator=rng) < 0.1).nonzero()[:, 0]
    x[plain] = x[plain].mean(-1, keepdim=True).expand_as(x[plain])
    return x, maps.float() / 255


def loss_of(logits: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Cross entropy on all planes, corners weighted up because they are few, and the overlap of the insides."""
    cross = functional.binary_cross_entropy_with_logits(logits, wanted, reduction="none")
    corner = (cross[:, CORNER] * (1 + 30 * wanted[:, CORNER])).mean()
    inside = torch.sigmoid(logits[:, INSIDE])
    overlap = (inside * wanted[:, INSIDE]).sum((1, 2)) * 2 + 1
    dice = 1 - (overlap / (inside.sum((1, 2)) + wanted[:, INSIDE].sum((1, 2)) + 1)).mean()
    return cross[:, INSIDE].mean() + cross[:, CORE].mean() + corner + 0.5 * dice


def fit(train: Path, monitor: Path, out: Path, minutes: float, seed: int) -> DetectorNet:
    """Trains for so many minutes, the step size rising and falling once.

    After each epoch there is a checkpoint, and the monitor's overlap is printed.
    """
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    rng = torch.Generator().manual_seed(seed)
    images, quads, _ = load(train)
    held, truth, _ = load(monitor)
    seen = torch.from_numpy(held[:200]).float()
    wanted = torch.from_numpy(np.stack([targets(row) for row in truth[:200]])).float() / 255
    net, begun, losses = DetectorNet(), time.monotonic(), [0.0]
    average = AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(0.99), use_buffers=True)  # type: ignore[no-untyped-call]
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=1e-3)
    order = torch.empty(0, dtype=torch.long)
    while (done := (time.monotonic() - begun) / 60 / minutes) < 1:
        if len(order) < _BATCH:
            images, quads, _ = load(train)  # more may have been drawn
            order = torch.randperm(len(images), generator=rng)
            torch.save(average.module.state_dict(), out / "detector.pt")
            print(f"{done:.0%} loss {np.mean(losses[-100:]):.4f} {overlap(average.module, seen, wanted)}", flush=True)
            net.train()
        rows, order = order[:_BATCH].numpy(), order[_BATCH:]
        maps = np.stack([targets(quads[row]) for row in rows])
        x, y = varied(torch.from_numpy(images[rows]), torch.from_numpy(maps), rng)
        if done < _SMALL:  # the first steps need no detail: pictures of three quarters the size take half the time
            x = functional.interpolate(x.permute(0, 3, 1, 2), size=SIZE * 3 // 4, mode="area").permute(0, 2, 3, 1)
            y = functional.interpolate(y, size=GRID * 3 // 4, mode="area")
        optimizer.param_groups[0]["lr"] = 4e-3 * min(1, done / 0.05 + 0.02) * (0.5 + 0.5 * float(np.cos(np.pi * done)))
        loss = loss_of(net(x), y)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
        average.update_parameters(net)
        losses.append(float(loss.detach()))
    print(f"done, seen {len(losses) * _BATCH}: {overlap(average.module, seen, wanted)}", flush=True)
    trained = average.module.eval()
    assert isinstance(trained, DetectorNet)
    return trained


def overlap(net: torch.nn.Module, images: torch.Tensor, wanted: torch.Tensor) -> str:
    """Mean intersection over union of the insides, over pictures that have one."""
    net.eval()
    with torch.inference_mode():
        found = torch.cat([net(images[i : i + 50])[:, INSIDE] > 0 for i in range(0, len(images), 50)])
    truth = wanted[:, INSIDE] > 0.5
    union = (found | truth).sum((1, 2))
    some = truth.any(1).any(1)
    mean = ((found & truth).sum((1, 2))[some] / union[some]).mean()
    empty = float((found[~some].sum((1, 2)) > 12).float().mean())
    return f"IoU {float(mean):.3f}, found where none {empty:.3f}"


class _Exported(torch.nn.Module):
    def __init__(self, net: DetectorNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(self.net(images))


def export(net: DetectorNet, path: Path) -> None:
    """Writes `images` (N, 256, 256, 3) float32 RGB 0..255 to `maps` (N, 3, 64, 64), 0..1."""
    torch.onnx.export(
        _Exported(net).eval(),
        (torch.zeros(2, SIZE, SIZE, 3),),
        str(path),
        input_names=["images"],
        output_names=["maps"],
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
    parser.add_argument("--minutes", type=float, default=22)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    export(fit(args.train, args.monitor, args.out, args.minutes, args.seed), args.out / "document_detector.onnx")


if __name__ == "__main__":
    main()
