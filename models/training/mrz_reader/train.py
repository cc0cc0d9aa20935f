"""Trains the reader of machine-readable lines on stored drawings, draws its curve and exports it.

python -m models.training.mrz_reader.train --lines DIR [--data ../shared/data] --out DIR --minutes 20 --seed 1
"""

import argparse
import csv
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from models.document.mrz_lattice import ALPHABET, Lattice
from models.document.mrz_reader import HEIGHT, PITCH, normalised, prepare_line
from models.training.mrz_reader.network import STRIDE, Exported, MrzNet
from models.training.mrz_reader.render import draw_sample
from models.training.mrz_reader.texts import LENGTHS

BATCH = 24
_PUBLISHED_SHARE = 0.06
_ALIGNED_UNTIL = 0.55
"""Share of the time in which columns are told their character; then CTC alone, which may move them."""
_WITHOUT_TARGET = -100
_MONITOR_SEED = 1_000_003

Batch = tuple[npt.NDArray[np.float32], list[str], npt.NDArray[np.int64] | None]


def drawn_batches(folder: Path, seed: int) -> Iterator[Batch]:
    """Batches of stored lines of one length without end, cheaply varied."""
    rng = np.random.default_rng(seed)
    stored = {length: np.load(folder / f"lines{length}.npz") for length in LENGTHS}
    parts = {length: (part["lines"], part["texts"], part["middles"]) for length, part in stored.items()}
    shares = np.array([len(parts[length][0]) for length in LENGTHS], float)
    while True:
        length = int(rng.choice(LENGTHS, p=shares / shares.sum()))
        lines, texts, middles = parts[length]
        rows = rng.integers(0, len(lines), BATCH)
        targets = np.stack([column_targets(str(texts[r]), middles[r], length * PITCH // STRIDE) for r in rows])
        yield (
            np.stack([normalised(varied(rng, lines[row])) for row in rows])[:, None],
            [str(texts[r]) for r in rows],
            targets,
        )


def varied(rng: np.random.Generator, line: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """A stored line a little different each time: gain, noise, a pixel up or down, a patch gone."""
    pixels = np.roll(line, int(rng.integers(-1, 2)), axis=0).astype(np.float32)
    pixels += rng.standard_normal(pixels.shape, dtype=np.float32) * np.float32(rng.uniform(0, 6))
    if rng.random() < 0.15:
        at, wide = int(rng.integers(0, line.shape[1] - 8)), int(rng.integers(3, 12))
        pixels[:, at : at + wide] = pixels.mean()
    return np.asarray(np.clip(pixels, 0, 255), np.uint8)


def published_batches(rows: list[tuple[Path, str]], seed: int) -> Iterator[Batch]:
    """Batches of published line images of one length, which say what but not where, spoiled a little at random."""
    rng = np.random.default_rng(seed)
    of = {length: [row for row in rows if len(row[1]) == length] for length in {len(text) for _, text in rows}}
    while True:
        length = int(rng.choice(sorted(of)))
        picked = [of[length][index] for index in rng.integers(0, len(of[length]), BATCH)]
        spoiled = [_spoiled(rng, _grey(file)) for file, _ in picked]
        lines = [normalised(prepare_line(line, length)) for line in spoiled]
        yield np.stack(lines)[:, None], [text for _, text in picked], None


def _grey(file: Path) -> npt.NDArray[np.uint8]:
    return np.asarray(cv2.imread(str(file), cv2.IMREAD_GRAYSCALE), np.uint8)


def _spoiled(rng: np.random.Generator, line: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    top, bottom, left, right = (int(edge) for edge in rng.integers(0, 16, 4))
    framed = np.pad(line, ((top, bottom), (left, right)), constant_values=255)
    soft = cv2.GaussianBlur(framed, (0, 0), float(rng.uniform(0.5, 4))).astype(np.float32)
    noisy = soft * rng.uniform(0.4, 0.9) + rng.uniform(0, 60) + rng.standard_normal(soft.shape) * rng.uniform(0, 20)
    return np.clip(noisy, 0, 255).astype(np.uint8)


def column_targets(text: str, middles: npt.NDArray[np.float32], columns: int) -> npt.NDArray[np.int64]:
    """Class of each column: its character near the middle of one, blank between two, none where it may be either."""
    at = (np.arange(columns) + 0.5) * STRIDE - 0.5
    nearest = np.abs(at[:, None] - middles[None]).argmin(axis=1)
    away = np.abs(at - middles[nearest]) / np.gradient(middles)[nearest]
    classes = np.array([1 + ALPHABET.index(character) for character in text])[nearest]
    return np.where(away < 0.22, classes, np.where(away > 0.38, 0, _WITHOUT_TARGET)).astype(np.int64)


def ctc(logits: torch.Tensor, texts: list[str]) -> torch.Tensor:
    """Connectionist temporal classification loss (Graves et al. 2006), per character."""
    classes = torch.tensor([1 + ALPHABET.index(c) for text in texts for c in text])
    lengths = torch.tensor([len(text) for text in texts])
    columns = torch.full((len(texts),), logits.shape[1])
    logarithms = logits.log_softmax(-1).transpose(0, 1)
    return functional.ctc_loss(logarithms, classes, columns, lengths, zero_infinity=True)


def exact(net: torch.nn.Module, lines: list[tuple[npt.NDArray[np.float32], str]]) -> float:
    """Share of lines that the greedy reading gets right in every character."""
    net.eval()
    right = 0
    with torch.inference_mode():
        for line, text in lines:
            probabilities = net(torch.from_numpy(line[None, None])).softmax(-1)[0].numpy()
            right += Lattice(probabilities).greedy()[0] == text
    return right / len(lines)


def published(data: Path | None, use: str) -> list[tuple[Path, str]]:
    """Line images of `documents/mrz_lines` with that `use` in the manifest, and their text."""
    if data is None:
        return []
    with (data / "MANIFEST.csv").open(newline="") as stream:
        wanted = {row["path"] for row in csv.DictReader(stream) if row["use"] == use}
    with (data / "documents/mrz_lines/gt.csv").open(newline="") as stream:
        return [(data / row["path"], row["text"]) for row in csv.DictReader(stream) if row["path"] in wanted]


def fit(net: MrzNet, lines: Path, data: Path | None, out: Path, minutes: float, seed: int) -> list[dict[str, float]]:
    """Trains for a fixed time; keeps a running mean of the weights; returns what the monitor saw on the way."""
    mean = AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(0.99), use_buffers=True)  # type: ignore[no-untyped-call]
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=0.01)
    rng = np.random.default_rng(_MONITOR_SEED + seed)
    samples = [draw_sample(rng, LENGTHS[n % 3], float(rng.uniform(0.15, 1))) for n in range(90)]
    monitor = [(normalised(sample.line), sample.text) for sample in samples]
    rows = published(data, "train")
    drawn = drawn_batches(lines, seed)
    others = published_batches(rows, seed + 2) if rows else drawn
    curve: list[dict[str, float]] = []
    begin, step, losses = time.monotonic(), 0, [0.0]
    while (done := (time.monotonic() - begin) / (60 * minutes)) < 1:
        net.train()
        for group in optimizer.param_groups:
            group["lr"] = 5e-3 * min(1.0, step / 60 + 0.02) * (0.5 + 0.5 * np.cos(np.pi * done)) + 1e-6
        pixels, texts, targets = next(others if rng.random() < _PUBLISHED_SHARE and done > 0.2 else drawn)
        loss = loss_of(net(torch.from_numpy(pixels)), texts, targets, aligned=done < _ALIGNED_UNTIL)
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(net.parameters(), 2.0)
        optimizer.step()
        mean.update_parameters(net)
        step, losses = step + 1, [*losses[-99:], float(loss.detach())]
        if step % 150 == 0:
            right = exact(mean.module, monitor)
            point = {"minutes": done * minutes, "lines": step * BATCH, "loss": float(np.mean(losses)), "drawn": right}
            curve.append(point)
            print({name: round(value, 4) for name, value in point.items()}, flush=True)
            torch.save(mean.module.state_dict(), out / "checkpoint.pt")
    net.load_state_dict(mean.module.state_dict())
    if filmed := published(data, "dev"):
        read = [(prepare_line(_grey(file), len(text)), text) for file, text in filmed]
        right = exact(net, [(normalised(line), text) for line, text in read])
        print(f"greedy, lines of photographs (dev), n={len(filmed)}: {right:.3f}")
    return curve


def loss_of(
    logits: torch.Tensor, texts: list[str], targets: npt.NDArray[np.int64] | None, *, aligned: bool
) -> torch.Tensor:
    """CTC, and where the places of the characters are known, `aligned` columns that are told their character."""
    if targets is None or not aligned:
        return ctc(logits, texts)
    flat = torch.from_numpy(targets).flatten()
    return functional.cross_entropy(logits.flatten(0, 1), flat, ignore_index=_WITHOUT_TARGET)


def plot(curve: list[dict[str, float]], file: Path) -> None:
    """Loss and share of exact lines over the lines seen."""
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
    seen = [point["lines"] for point in curve]
    left.semilogy(seen, [point["loss"] for point in curve])
    left.set(xlabel="lines seen", ylabel="loss (columns, then CTC)")
    right.plot(seen, [point["drawn"] for point in curve])
    right.set(xlabel="lines seen", ylabel="greedy exact lines (drawn, n=90)", ylim=(0, 1))
    figure.savefig(file, dpi=110)


def export(net: MrzNet, path: Path) -> None:
    """Writes the ONNX graph: `line` (N, 1, 28, W) float32 to `probabilities` (N, W / 4, 38) float32."""
    shapes = ({0: torch.export.Dim("batch"), 3: 4 * torch.export.Dim("columns", min=2)},)
    torch.onnx.export(
        Exported(net).eval(),
        (torch.zeros(2, 1, HEIGHT, 36 * PITCH),),
        str(path),
        input_names=["line"],
        output_names=["probabilities"],
        dynamic_shapes=shapes,
        external_data=False,
        dynamo=True,
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--data", type=Path, help="development data; without it only drawn lines are used")
    parser.add_argument("--lines", type=Path, required=True, help="folder of models.training.mrz_reader.draw")
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=Path, help="checkpoint to go on from")
    args = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    args.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(args.seed)
    net = MrzNet()
    if args.start:
        net.load_state_dict(torch.load(args.start, weights_only=True))
    plot(fit(net, args.lines, args.data, args.out, args.minutes, args.seed), args.out / "curve.png")
    export(net, args.out / "mrz_reader.onnx")


if __name__ == "__main__":
    main()
