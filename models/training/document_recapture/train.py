"""Trains the document recapture network on stored windows and exports it.

    python -m models.training.document_recapture.train --train train --monitor layouts --out DIR --minutes 10

Minutes are of one core. Exporting needs the packages onnx and onnxscript.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from models.document.recapture import SIZE
from models.training.document_recapture.network import DocumentRecaptureNet
from models.training.document_recapture.windows import SPECIES
from models.training.recapture.train import equal_error

_BATCH = 24  # windows; each gives one crop


def load(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Crops (N, TAKEN, 128, 128, 3) and species (N,) that are drawn by now."""
    species = np.load(folder / "species.npy")
    drawn = int((species >= 0).sum())
    return np.load(folder / "crops.npy", mmap_mode="r")[:drawn], species[:drawn]


def wanted(species: np.ndarray) -> torch.Tensor:
    """(N, 2): 0 where the crop shows a screen, and where it shows a print; else 1."""
    screen, prints = species == SPECIES.index("screen"), species >= SPECIES.index("print_colour")
    return torch.from_numpy(np.stack([~screen, ~prints], 1).astype(np.float32))


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


def predict(net: torch.nn.Module, crops: np.ndarray) -> np.ndarray:
    """(N, 2) logits of windows: the mean over the crops of each."""
    net.eval()
    flat = crops.reshape(-1, SIZE, SIZE, 3)
    with torch.inference_mode():
        parts = [net(torch.from_numpy(np.ascontiguousarray(flat[i : i + 96]))) for i in range(0, len(flat), 96)]
    return torch.cat(parts).numpy().reshape(len(crops), -1, 2).mean(1)


def errors(net: torch.nn.Module, crops: np.ndarray, species: np.ndarray) -> str:
    """Equal error rates of single windows."""
    logits = predict(net, crops)
    found = []
    for name, column, attack in (("screen", 0, (1,)), ("print", 1, (2, 3))):
        rows = (species == 0) | np.isin(species, attack)
        found.append(f"{name} {equal_error(logits[rows, column], species[rows] == 0):.3f}")
    return "equal error: " + ", ".join(found)


def fit(train: Path, monitor: Path, out: Path, minutes: float, seed: int) -> DocumentRecaptureNet:
    """Trains for so many minutes of the processor, the step size rising and falling once."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    rng, pick = torch.Generator().manual_seed(seed), np.random.default_rng(seed)
    held = load(monitor)
    net, begun, losses = DocumentRecaptureNet(), time.process_time(), [0.0]
    average = AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(0.995), use_buffers=True)  # type: ignore[no-untyped-call]
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=2e-3)
    order = np.empty(0, int)
    while (done := (time.process_time() - begun) / 60 / minutes) < 1:
        if len(order) < _BATCH:
            crops, species = load(train)  # more may have been drawn
            order = pick.permutation(len(crops))
            torch.save(average.module.state_dict(), out / "recapture.pt")
            print(f"{done:.0%} loss {np.mean(losses[-100:]):.4f} {errors(average.module, *held)}", flush=True)
            net.train()
        rows, order = np.sort(order[:_BATCH]), order[_BATCH:]
        chosen = crops[rows, pick.integers(0, crops.shape[1], len(rows))]
        optimizer.param_groups[0]["lr"] = 4e-3 * min(1, done / 0.05 + 0.02) * (0.5 + 0.5 * float(np.cos(np.pi * done)))
        loss = functional.binary_cross_entropy_with_logits(
            net(varied(torch.from_numpy(chosen), rng)), wanted(species[rows])
        )
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
        average.update_parameters(net)
        losses.append(float(loss.detach()))
    print(f"done, seen {len(losses) * _BATCH}: {errors(average.module, *held)}", flush=True)
    trained = average.module.eval()
    assert isinstance(trained, DocumentRecaptureNet)
    return trained


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
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    export(fit(args.train, args.monitor, args.out, args.minutes, args.seed), args.out / "document_recapture.onnx")


if __name__ == "__main__":
    main()
