"""Draws a run's curve.

python -m models.training.face_manipulation.curves --curve DIR/curve.json --out curves.png
"""

import argparse
import json
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--curve", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    rows = json.loads(args.curve.read_text())
    figure, axes = pyplot.subplots(figsize=(7, 3.5))
    for name, label in (("loss", "loss of training"), ("auc", "AUC"), ("paired", "fake above its own real")):
        axes.plot([row["minutes"] for row in rows], [row[name] for row in rows], marker="o", label=label)
    axes.set_xlabel("minutes of one core")
    axes.set_ylim(0.3, 1)
    axes.set_title("People of the split `calibrate`, running mean of the weights")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.tight_layout()
    figure.savefig(args.out, dpi=90)


if __name__ == "__main__":
    main()
