"""Whole photographs of documents and of their recaptures, for calibration and for measuring document by document.

    M=models.training.document_recapture.photos
    python -m $M --data ../shared/data --out calibration --count 160 --seed 11 --part monitor
    python -m $M --data ../shared/data --out layouts --count 240 --seed 12 --part test
    python -m $M --data ../shared/data --out devices --count 240 --seed 13 --part test --held-out

`monitor` people have training layouts, `test` people unseen ones; `--held-out` takes device families that training
never saw. Half of the photographs are hard, half ordinary (`models.training.recapture.settings`).
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

from models.document.recapture import SIZE, cut_crops
from models.training.document_recapture.windows import SPECIES, history, light_of, sides, staged, taken_by, view_of
from models.training.recapture.settings import HELD_OUT, TRAIN, Settings
from models.training.specimens.portraits import id_portraits

CROPS = 12
_SHARES = (0.5, 0.2, 0.18, 0.12)
WIDTHS = (480, 860)
"""Of the document, camera pixels."""


def photograph(
    document: np.ndarray,
    species: str,
    rng: np.random.Generator,
    settings: Settings,
    other: np.ndarray,
    widths: tuple[int, int] = WIDTHS,
    room: float = 1.16,
) -> tuple[np.ndarray, np.ndarray]:
    """(H, W, 3) uint8 RGB and the document's corners (4, 2) in it, off by as much as a detector's are.

    Args:
        widths: range of the document's, camera pixels.
        room: sides of the photograph over the document's.
    """
    scene = staged(history(document, rng, settings, species), rng, other)
    width = rng.uniform(*widths)
    size = round(width * room), round(width * room * document.shape[0] / document.shape[1])
    view, corners = view_of(scene, rng, width, size, whole=True)
    image = taken_by(light_of(scene, view, species, rng, settings, other), rng, settings)
    return image, corners * (image.shape[1] / size[0]) + rng.normal(0, 0.004 * width, (4, 2))


def write(out: Path, data: Path, count: int, seed: int, part: str, settings: Settings) -> None:
    """Writes crops.npy (N, 12, 128, 128, 3), species.npy (N,) and hard.npy (N,) bool."""
    faces = id_portraits(data, part, 60)
    documents = sides(faces, 28, seed, unseen=part == "test")
    out.mkdir(parents=True, exist_ok=True)
    crops = np.zeros((count, CROPS, SIZE, SIZE, 3), np.uint8)
    species, hard = np.zeros(count, np.int8), np.zeros(count, bool)
    for index in range(count):
        rng = np.random.default_rng([seed, 2, index])
        species[index] = rng.choice(len(SPECIES), p=_SHARES)
        hard[index] = index % 2
        chosen = settings if hard[index] else settings.ordinary()
        document, other = (pile[int(rng.integers(len(pile)))] for pile in (documents, faces))
        cut = cut_crops(*photograph(document, SPECIES[species[index]], rng, chosen, other))
        crops[index] = cut[np.arange(CROPS) % len(cut)]
        if index % 20 == 0:
            print(index, flush=True)
    for name, values in (("crops", crops), ("species", species), ("hard", hard)):
        np.save(out / f"{name}.npy", values)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--part", choices=("monitor", "test"), required=True)
    parser.add_argument("--held-out", action="store_true", help="device families never used in training")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    write(args.out, args.data, args.count, args.seed, args.part, HELD_OUT if args.held_out else TRAIN)


if __name__ == "__main__":
    main()
