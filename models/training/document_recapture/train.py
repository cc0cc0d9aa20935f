"""Trains the document recapture network on stored windows and exports it.

    M=models.training.document_recapture.train
    python -m $M --train windows more --monitor calibration --out DIR --minutes 14 --trunk efficientnet-lite0.pth

It begins with the published trunk (`models.training.lite0`) and the tower of spectra of the face recapture network, and
all of it learns for the given minutes of CPU time; `--goes-on` begins with the `recapture.pt` of an earlier run. Needs
the packages onnx and onnxscript.
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from models.document.recapture import SIZE
from models.training.document_recapture.network import DocumentRecaptureNet, spectrum_from_faces
from models.training.document_recapture.windows import SPECIES
from models.training.exported import export
from models.training.recapture.train import equal_error

_BATCH = 32  # windows; each gives one crop
_LOOKS = 8  # at the monitor


def load(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Crops (N, K, 128, 128, 3) and species (N,) that are drawn by now."""
    species = np.load(folder / "species.npy")
    drawn = int((species >= 0).sum())
    return np.load(folder / "crops.npy", mmap_mode="r")[:drawn], species[:drawn]


def wanted(species: np.ndarray) -> torch.Tensor:
    """(N, 2): 0 where the crop shows a screen, and where it shows a print; else 1."""
    screen, prints = species == SPECIES.index("screen"), species >= SPECIES.index("print_colour")
    return torch.from_numpy(np.stack([~screen, ~prints], 1).astype(np.float32))


def errors(net: torch.nn.Module, crops: np.ndarray, species: np.ndarray) -> str:
    """Equal error rates of photographs or windows, from the mean logits of their crops."""
    net.eval()
    with torch.inference_mode():
        logits = torch.stack([net(torch.from_numpy(np.ascontiguousarray(one))).mean(0) for one in crops]).numpy()
    found = []
    for name, column, attack in (("screen", 0, (1,)), ("print", 1, (2, 3))):
        rows = (species == 0) | np.isin(species, attack)
        found.append(f"{name} {equal_error(logits[rows, column], species[rows] == 0):.3f}")
    return "equal error: " + ", ".join(found)


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


def tune(
    net: DocumentRecaptureNet, train: Sequence[Path], held: Path, out: Path, minutes: float, seed: int
) -> torch.nn.Module:
    """Trains everything together for so many minutes of CPU time; returns the running average of the weights."""
    rng, pick = torch.Generator().manual_seed(seed), np.random.default_rng(seed)
    piles, (monitor, kinds) = [load(folder) for folder in train], load(held)
    species = np.concatenate([pile[1] for pile in piles])
    of = np.concatenate(
        [np.stack([np.full(len(pile[1]), n), np.arange(len(pile[1]))], 1) for n, pile in enumerate(piles)]
    )
    known = [p for name, p in net.named_parameters() if name.startswith("trunk")]
    fresh = [p for name, p in net.named_parameters() if not name.startswith("trunk")]
    optimizer = torch.optim.AdamW([{"params": known}, {"params": fresh}], lr=1e-3, weight_decay=1e-2)
    average = AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(0.995), use_buffers=True)  # type: ignore[no-untyped-call]
    begun, losses, order, looks = time.process_time(), [0.0], np.empty(0, int), 0
    while (done := (time.process_time() - begun) / 60 / minutes) < 1:
        if done >= looks / _LOOKS:
            looks += 1
            torch.save(average.module.state_dict(), out / "recapture.pt")
            mean = float(np.mean(losses[-200:]))
            found = errors(average.module, monitor[::2], kinds[::2])
            print(f"{done:.0%} seen {len(losses) * _BATCH} loss {mean:.4f} {found}", flush=True)
            _training(net)
        if len(order) < _BATCH:
            order = pick.permutation(len(of))
        rows, order = order[:_BATCH], order[_BATCH:]
        chosen = np.stack([piles[n][0][i, int(pick.integers(piles[n][0].shape[1]))] for n, i in of[rows]])
        rate = min(1, done / 0.03 + 0.02) * (0.5 + 0.5 * float(np.cos(np.pi * done)))
        optimizer.param_groups[0]["lr"], optimizer.param_groups[1]["lr"] = 7e-4 * rate, 2e-3 * rate
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = net(varied(torch.from_numpy(chosen), rng))
        loss = functional.binary_cross_entropy_with_logits(logits.float(), wanted(species[rows]))
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
        average.update_parameters(net)
        losses.append(float(loss.detach()))
    torch.save(average.module.state_dict(), out / "recapture.pt")
    return average.module.eval()


def _training(net: DocumentRecaptureNet) -> None:
    """All stages of the trunk learn; normalisation of trunk and spectra keeps its statistics."""
    net.train()
    net.trunk.set_training(-1)
    net.spectrum[1].eval()
    net.head[0].train()


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", type=Path, nargs="+", required=True)
    parser.add_argument("--monitor", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--trunk", type=Path, required=True, help="EfficientNet-Lite0")
    parser.add_argument("--goes-on", type=Path, help="recapture.pt of an earlier run")
    parser.add_argument("--minutes", type=float, default=12.0, help="CPU time")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    net = DocumentRecaptureNet()
    if args.goes_on:
        net.load_state_dict(torch.load(args.goes_on, map_location="cpu", weights_only=True))
    else:
        net.trunk.pretrained(torch.load(args.trunk, map_location="cpu", weights_only=True))
        net.spectrum.load_state_dict(spectrum_from_faces().state_dict())
    net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    trained = tune(net, args.train, args.monitor, args.out, args.minutes, args.seed)
    print("trained:", errors(trained, *load(args.monitor)), flush=True)
    file = args.out / "document_recapture.onnx"
    export(trained, file, torch.zeros(2, SIZE, SIZE, 3), ("crops", "logits"))


if __name__ == "__main__":
    main()
