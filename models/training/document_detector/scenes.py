"""Photographs for the document detector: one document, several, none; cropped, tiny, scanned; at the detector's size.

python -m models.training.document_detector.scenes --data ../shared/data --out scenes.npz --count 6000 --seed 1
python -m models.training.document_detector.scenes --data ../shared/data --out unseen.npz --count 500 --seed 2 --unseen
"""

import argparse
from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from models.document.letterbox import SIZE, letterbox
from models.training.specimens import TRAIN, UNSEEN, specimen
from models.training.specimens.capture import Photo, capture
from models.training.specimens.conditions import Conditions
from models.training.specimens.portraits import id_portraits
from models.training.specimens.surroundings import TRAIN_GROUNDS, UNSEEN_GROUNDS

KINDS = ("one", "several", "none", "cropped", "tiny", "scan", "fills")
_SHARES = (0.52, 0.13, 0.12, 0.07, 0.04, 0.07, 0.05)
MOST = 3
"""Documents in one photograph."""
_PPMM = 6.0


def pool(faces: list[np.ndarray], count: int, seed: int, unseen: bool) -> list[np.ndarray]:
    """Sides of documents, drawn once and photographed often."""
    layouts = UNSEEN if unseen else TRAIN
    sides = []
    for index in range(count):
        rng = np.random.default_rng([seed, 1, index])
        face = faces[int(rng.integers(len(faces)))]
        document = specimen(rng, layouts[index % len(layouts)], face, ppmm=_PPMM)
        sides += [side.image for side in document.sides().values()]
    return sides


def scene(
    rng: np.random.Generator,
    kind: str,
    sides: list[np.ndarray],
    photo: np.ndarray,
    unseen: bool,
    length: tuple[int, int] = (380, 560),
) -> Photo:
    """One photograph of that kind, its long side within `length`."""
    long_side = int(rng.integers(*length))
    how = Conditions.degraded(rng, long_side) if rng.random() < 0.6 else Conditions.clean(rng, long_side)
    how = replace(how, quarter=int(rng.integers(4)) if rng.random() < 0.4 else 0, turn=rng.normal(0, 12))
    how = replace(how, blur=how.blur * rng.uniform(0.3, 0.8), motion=how.motion / 3)
    if rng.random() < 0.35:
        how = replace(how, width=how.height, height=how.width)
    grounds = UNSEEN_GROUNDS if unseen else TRAIN_GROUNDS
    papers = int(rng.integers(0, 4)) if rng.random() < 0.45 else 0

    def pick() -> np.ndarray:
        return sides[int(rng.integers(len(sides)))]

    if kind == "none":
        return capture(rng, [], how, grounds=grounds, photo=photo, distractors=int(rng.integers(0, 4)))
    if kind == "several":
        several = [pick() for _ in range(int(rng.integers(2, MOST + 1)))]
        how = replace(how, cover=rng.uniform(0.15, 0.4), turn=rng.normal(0, 6))
        return capture(rng, several, how, grounds=grounds, photo=photo, distractors=min(papers, 1))
    if kind == "scan":
        how = replace(how, shadow=0.0, glare=0.0, tilt=0.0, hand=False, turn=rng.normal(0, 1), noise=0.001)
        return capture(rng, pick(), replace(how, cover=rng.uniform(0.1, 0.85)), grounds=("scanner",))
    if kind == "fills":
        side = pick()
        how = replace(how, width=long_side, height=round(long_side * side.shape[0] / side.shape[1]), hand=False)
        edge = rng.uniform(-0.004, 0.012, (4, 2)) * long_side
        signs = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])
        full = np.array([[0, 0], [how.width, 0], [how.width, how.height], [0, how.height]], float)
        return capture(rng, side, how, grounds=(*grounds, "scanner"), photo=photo, quads=[full + edge * signs])
    if kind == "tiny":
        how = replace(how, cover=rng.uniform(0.015, 0.1))
    elif kind == "cropped":
        how = replace(how, cover=rng.uniform(0.5, 1.0))
    side = pick()
    if kind == "cropped":
        shot = capture(rng, side, how, grounds=grounds, photo=photo)  # only for its corners
        push = rng.uniform(-0.35, 0.35, 2) * (how.width, how.height)
        push[int(rng.integers(2))] *= 1.5
        moved = shot.quads[0] * rng.uniform(1.0, 1.4) + push
        return capture(rng, side, how, grounds=grounds, photo=photo, distractors=papers, quads=[moved])
    return capture(rng, side, how, grounds=grounds, photo=photo, distractors=papers)


def write(out: Path, data: Path, count: int, seed: int, unseen: bool) -> None:
    """Writes images.npy (N, SIZE, SIZE, 3), quads.npy (N, MOST, 4, 2) in their pixels (NaN: no document) and kinds.npy
    (N,) int8, -1 where a row is not drawn yet: training may begin before all are."""
    faces = id_portraits(data, "test" if unseen else "train", 120)
    sides = pool(faces, 60 if unseen else 200, seed, unseen)
    out.mkdir(parents=True, exist_ok=True)
    create = partial(np.lib.format.open_memmap, mode="w+")
    kinds = create(out / "kinds.npy", dtype=np.int8, shape=(count,))
    kinds[:] = -1
    images = create(out / "images.npy", dtype=np.uint8, shape=(count, SIZE, SIZE, 3))
    quads = create(out / "quads.npy", dtype=np.float32, shape=(count, MOST, 4, 2))
    quads[:] = np.nan
    for index in range(count):
        rng = np.random.default_rng([seed, 2, index])
        kind = int(rng.choice(len(KINDS), p=_SHARES))
        shot = scene(rng, KINDS[kind], sides, faces[int(rng.integers(len(faces)))], unseen)
        images[index], k, offset = letterbox(shot.image)
        quads[index, : len(shot.quads)] = shot.quads * k + offset
        kinds[index] = kind


def load(folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Images, quads and kinds of the rows that are drawn by now."""
    kinds = np.load(folder / "kinds.npy")
    drawn = int((kinds >= 0).sum())
    images, quads = (np.load(folder / f"{name}.npy", mmap_mode="r")[:drawn] for name in ("images", "quads"))
    return images, quads, kinds[:drawn]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--unseen", action="store_true", help="layouts, grounds and people kept for measuring")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    write(args.out, args.data, args.count, args.seed, args.unseen)


if __name__ == "__main__":
    main()
