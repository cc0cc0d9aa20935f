"""Listens to the windows, leaves out one family after the other, fits the lines on all that is for training, exports.

    python -m models.training.voice_spoof.fit --windows work/w*.npz --encoder encoder_model_quantized.onnx \
        --plcmos plcmos_v2.onnx --out work/net --figures models/training/voice_spoof/figures.json \
        --card models/cards/voice-spoof.toml

Features are kept in `--out` and not made again. Needs `onnx`.
"""

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import torch

from models.training.exported import strip
from models.training.voice_spoof.compare import balance, held_out, lines, report, show
from models.training.voice_spoof.evaluate import draw_folds, figures_of, write_card
from models.training.voice_spoof.listener import PARTS, Listener, SpoofDetector
from models.training.voice_spoof.windows import LENGTH, is_real

STRENGTH = 0.001
"""Inverse weight of the ridge; ten times more or less changed the mean error by less than a point."""


def listen(listener: Listener, file: Path, folder: Path) -> np.ndarray:
    """(N, features) of stored windows, from `folder` where they lie already."""
    kept = folder / f"{file.stem}-{hashlib.sha256(file.name.encode()).hexdigest()[:8]}.npy"
    waves = np.load(file)["waves"]
    if kept.exists() and len(np.load(kept)) == len(waves):
        return np.load(kept)
    starts = range(0, len(waves), 16)
    with torch.inference_mode():
        rows = [listener(torch.from_numpy(waves[at : at + 16].astype(np.float32) / 32768)).numpy() for at in starts]
    np.save(kept, np.concatenate(rows))
    return np.concatenate(rows)


def final_line(x: np.ndarray, family: np.ndarray, fold: np.ndarray) -> tuple[np.ndarray, float]:
    """Weights and offset on all that is for training."""
    mine = np.isin(fold, (0, 1, 2)) & np.array([name == "real" or not is_real(name) for name in family])
    decide = lines(STRENGTH, PARTS)(x[mine], family[mine] != "real", balance(family[mine]))
    zero, base = np.zeros((1, x.shape[1])), 0.0
    base = float(decide(zero)[0])
    return np.array([decide(row[None])[0] for row in np.eye(x.shape[1])]) - base, base


def export(net: SpoofDetector, path: Path) -> None:
    """Writes the ONNX graph: `windows` (N, LENGTH) float32 to `logit` (N,) float32.

    By the older exporter: the newer one writes a recurrent layer out step by step.
    """
    torch.onnx.export(
        net.eval(),
        (torch.randn(1, LENGTH) * 0.1,),
        str(path),
        input_names=["windows"],
        output_names=["logit"],
        dynamic_axes={"windows": {0: "batch"}, "logit": {0: "batch"}},
        opset_version=17,
        dynamo=False,
    )
    strip(path)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--windows", type=Path, nargs="+", required=True)
    for name in ("encoder", "plcmos", "out", "figures"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--card", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(1)
    args.out.mkdir(parents=True, exist_ok=True)
    listener = Listener(args.encoder, args.plcmos).eval()
    x = np.concatenate([listen(listener, file, args.out) for file in args.windows])
    files = [np.load(file) for file in args.windows]
    stored = {name: np.concatenate([file[name] for file in files]) for name in files[0].files}
    family, fold = stored["family"], stored["fold"]
    found = held_out(x, family, fold, lines(STRENGTH, PARTS))
    show("left out", report(found, family, fold, stored["kind"]))
    weights, offset = final_line(x, family, fold)
    export(SpoofDetector(listener, weights, offset), args.out / "voice_spoof.onnx")
    figures = figures_of(stored, found, x @ weights + offset)
    args.figures.write_text(json.dumps(figures) + "\n", encoding="utf-8")
    draw_folds(figures, args.figures.with_name("curve.png"))
    if args.card:
        write_card(figures, args.card)


if __name__ == "__main__":
    main()
