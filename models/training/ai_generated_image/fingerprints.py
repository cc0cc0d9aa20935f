"""Builds the bank of fingerprints and measures it: each picture against its generator's others, and photographs.

`python -m models.training.ai_generated_image.fingerprints --data DIR --packages DIR --out generator_fingerprints.npz`
"""

import argparse
import csv
import tomllib
from collections import defaultdict
from pathlib import Path

import numpy as np

from models.deepfake.fingerprint import PERIOD, folded, spectrum
from models.training.ai_generated_image.chains import compressed
from models.training.ai_generated_image.dataset import opened

GENERATORS = {"gpt-4o-image": "gpt-image", "midjourney-v6": "midjourney"}
"""Folder of the data (`use=train`) -> generator. Stable Diffusion 1.5 was enlarged there and left no fingerprint."""
_SIZES = ((95, 1500), (85, 1024), (70, 1200), (50, 800), (30, 1024))
"""JPEG quality and long side of photographs."""


def mean(patterns: list[np.ndarray]) -> np.ndarray:
    """The fingerprint of patterns whose lattices begin at the same corner; each weighs the same."""
    return np.fft.ifft2(sum(spectrum(pattern) for pattern in patterns)).real


def likeness(pattern: np.ndarray, fingerprint: np.ndarray) -> float:
    """As `FingerprintBank` measures it."""
    return float(np.fft.ifft2(spectrum(pattern) * np.conj(spectrum(fingerprint))).real.max() * PERIOD**2)


def photographs(packages: Path) -> list[np.ndarray]:
    """Patterns of photographs of several sizes and qualities of JPEG."""
    import cv2

    chosen = tomllib.loads((Path(__file__).parent / "sources.toml").read_text())["photographs"]
    found = []
    for name in chosen:
        (file,) = packages.glob(f"*/usr/share/{name}")
        picture = opened(file)
        for quality, side in _SIZES:
            factor = side / max(picture.shape[:2])
            small = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
            if min(small.shape[:2]) >= 512:
                found.append(folded(compressed(small, "JPEG", quality)))
    return found


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--data", "--packages", "--out"):
        parser.add_argument(name, type=Path, required=True)
    args = parser.parse_args()
    patterns: dict[str, list[np.ndarray]] = defaultdict(list)
    with (args.data / "MANIFEST.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            folder = row["path"].split("/")[1]
            if row["kind"] == "ai_images" and row["use"] == "train" and folder in GENERATORS:
                patterns[GENERATORS[folder]].append(folded(opened(args.data / row["path"])))
    bank = {name: mean(found).astype(np.float32) for name, found in patterns.items()}
    np.savez(args.out, **bank)  # type: ignore[arg-type]
    real = photographs(args.packages)
    for name, found in patterns.items():
        others = [likeness(p, mean(found[:i] + found[i + 1 :])) for i, p in enumerate(found)]
        null = [likeness(p, bank[name]) for p in real]
        print(name, "each against the others", np.round(np.sort(others), 3).tolist())
        print(name, f"{len(null)} photographs: median, 98 %, most", np.round(np.quantile(null, [0.5, 0.98, 1]), 3))


if __name__ == "__main__":
    main()
