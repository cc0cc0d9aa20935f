"""Trains the recapture network on stored views and exports it.

python -m models.training.recapture.train --train DIR [DIR ...] --monitor DIR --out DIR --minutes 20 --seed 1
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from models.face.recapture import SIZE
from models.training.recapture.network import RecaptureNet


class Exported(torch.nn.Module):
    """What the product runs: views in, the common logit out."""

    def __init__(self, net: RecaptureNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, views: torch.Tensor) -> torch.Tensor:
        return self.net(views)[:, 0]


def augment(views: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
    """Label-free variety that costs little: mirror, exchange of axes (close view), gain, offset, grey, padding.

    Args:
        views: (N, 2, 128, 128, 3) uint8; changed in place.

    Returns:
        The same shape, float32 0..255.
    """
    count = len(views)

    def some(share: float) -> torch.Tensor:
        return (torch.rand(count, generator=rng) < share).nonzero()[:, 0]

    rows = some(0.5)
    views[rows] = views[rows].flip(3)
    rows = some(0.3)
    views[rows, 1] = views[rows, 1].transpose(1, 2)
    rows = some(0.3)
    views[rows, 1] = views[rows, 1].flip(1)
    for row in some(0.25).tolist():  # a frame that ends sooner: padding on two sides of the wide view
        for side in torch.randint(0, 4, (2,), generator=rng).tolist():
            depth = int(torch.randint(1, 40, (1,), generator=rng))
            strip = (slice(None, depth), slice(-depth, None))[side % 2]
            views[row, 0][(strip, slice(None)) if side < 2 else (slice(None), strip)] = 127
    gain = 1 + 0.12 * torch.randn(count, 1, 1, 1, 1, generator=rng)
    tint = gain + 0.06 * torch.randn(count, 1, 1, 1, 3, generator=rng)
    x = views.float().mul_(tint).add_(8 * torch.randn(count, 1, 1, 1, 1, generator=rng))
    rows = some(0.06)
    x[rows] = x[rows].mean(-1, keepdim=True).expand_as(x[rows])
    return x.clamp_(0, 255)


def load(folders: list[Path]) -> tuple[list[np.ndarray], np.ndarray]:
    """Memory-mapped views of the data sets that are finished by now, and their species."""
    folders = [folder for folder in folders if (folder / "species.npy").exists()]
    views = [np.load(folder / "views.npy", mmap_mode="r") for folder in folders]
    return views, np.concatenate([np.load(folder / "species.npy") for folder in folders])


def batches(views: list[np.ndarray], size: int, rng: np.random.Generator) -> list[tuple[np.ndarray, np.ndarray]]:
    """One epoch of (data set, row) pairs in random order, cut into batches."""
    where = np.concatenate([np.stack([np.full(len(v), i), np.arange(len(v))], 1) for i, v in enumerate(views)])
    rng.shuffle(where)
    return [(chunk[:, 0], chunk[:, 1]) for chunk in np.array_split(where, max(1, len(where) // size))]


def predict(net: torch.nn.Module, views: np.ndarray) -> np.ndarray:
    """(N, 4) logits."""
    net.eval()
    with torch.inference_mode():
        parts = [net(torch.from_numpy(np.ascontiguousarray(views[i : i + 64]))) for i in range(0, len(views), 64)]
    return torch.cat(parts).numpy()


def equal_error(scores: np.ndarray, bona_fide: np.ndarray) -> float:
    """Error rate where APCER equals BPCER."""
    thresholds = np.sort(scores)
    apcer = 1 - np.searchsorted(np.sort(scores[~bona_fide]), thresholds) / max(1, (~bona_fide).sum())
    bpcer = np.searchsorted(np.sort(scores[bona_fide]), thresholds) / max(1, bona_fide.sum())
    return float(np.min(np.maximum(apcer, bpcer)))


def fit(net: RecaptureNet, folders: list[Path], monitor: Path, out: Path, minutes: float, seed: int) -> None:
    """Trains for a fixed time with a one-cycle rate; after each epoch a checkpoint and the monitor's errors.

    Data sets that are finished later join at the next epoch. What is kept is a running mean of the weights.
    """
    torch.manual_seed(seed)
    rng, draws = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    mean = AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(0.997), use_buffers=True)  # type: ignore[no-untyped-call]
    seen, truth = np.load(monitor / "views.npy"), np.load(monitor / "species.npy") == 0
    optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=0.02)
    begin, epoch = time.monotonic(), 0
    while (done := (time.monotonic() - begin) / (60 * minutes)) < 1:
        net.train()
        views, species = load(folders)
        starts = np.cumsum([0, *(len(v) for v in views)])
        total, steps = 0.0, 0
        for which, rows in batches(views, 48, rng):
            done = min(1.0, (time.monotonic() - begin) / (60 * minutes))
            for group in optimizer.param_groups:
                group["lr"] = 2.5e-3 * min(1.0, done / 0.08 + 0.05) * (0.5 + 0.5 * np.cos(np.pi * done)) + 1e-6
            picked = np.stack([views[i][j] for i, j in zip(which, rows, strict=True)])
            target = torch.from_numpy((species[starts[which] + rows] == 0).astype(np.float32))
            logits = net(augment(torch.from_numpy(picked), draws))
            smooth = (target * 0.94 + 0.03)[:, None].expand_as(logits)
            each = functional.binary_cross_entropy_with_logits(logits, smooth, reduction="none").mean(0)
            loss = each[0] + 0.25 * each[1:].sum()
            optimizer.zero_grad(set_to_none=True)
            torch.autograd.backward(loss)
            optimizer.step()
            mean.update_parameters(net)
            total, steps = total + float(each[0].detach()), steps + 1
            if done >= 1:
                break
        scores = predict(mean.module, seen)
        errors = " ".join(f"{equal_error(scores[:, k], truth):.3f}" for k in range(4))
        epoch += 1
        took = (time.monotonic() - begin) / 60
        row = f"epoch {epoch} n={len(species)} {took:.1f} min loss {total / steps:.3f}"
        print(f"{row} EER all/close/spectrum/wide {errors}", flush=True)
        torch.save(mean.module.state_dict(), out / "checkpoint.pt")
    net.load_state_dict(mean.module.state_dict())


def export(net: RecaptureNet, path: Path) -> None:
    """Writes the ONNX graph: `views` (N, 2, 128, 128, 3) float32 RGB 0..255 to `logit` (N,) float32."""
    sample = torch.zeros(2, 2, SIZE, SIZE, 3)
    batch = torch.export.Dim("batch")
    torch.onnx.export(
        Exported(net).eval(),
        (sample,),
        str(path),
        input_names=["views"],
        output_names=["logit"],
        dynamic_shapes=({0: batch},),
        external_data=False,
        dynamo=True,
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", type=Path, nargs="+", required=True)
    parser.add_argument("--monitor", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=Path, help="checkpoint to go on from")
    args = parser.parse_args()
    torch.set_num_threads(1)
    args.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(args.seed)
    net = RecaptureNet()
    net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    if args.start:
        net.load_state_dict(torch.load(args.start, weights_only=True))
    fit(net, args.train, args.monitor, args.out, args.minutes, args.seed)
    export(net, args.out / "recapture.onnx")


if __name__ == "__main__":
    main()
