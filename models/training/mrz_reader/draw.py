"""Draws training lines and stores them, so that training itself only trains.

python -m models.training.mrz_reader.draw --out DIR --count 12000 --seed 1
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

from models.training.mrz_reader.render import draw_sample
from models.training.mrz_reader.texts import LENGTHS


def main() -> None:
    """Command line: `lines30.npz`, `lines36.npz` and `lines44.npz` with `lines`, `texts` and `middles`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=12_000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    args.out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(args.seed)
    for length in LENGTHS:
        samples = [draw_sample(rng, length, float(rng.uniform(0.1, 1.0))) for _ in range(args.count // len(LENGTHS))]
        np.savez(
            args.out / f"lines{length}.npz",
            lines=np.array([sample.line for sample in samples]),
            texts=np.array([sample.text for sample in samples]),
            middles=np.array([sample.middles for sample in samples]),
        )


if __name__ == "__main__":
    main()
