"""Pairs of a real face and the same face manipulated, as views on disk.

python -m models.training.face_manipulation.dataset --data ../shared/data --split train --pairs 8000 --seed 1 --out DIR
"""

import argparse
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import cv2
import numpy as np

from models.deepfake.face_artifacts import SIZE
from models.training.face_manipulation.capture import after, before, view
from models.training.face_manipulation.geometry import hull, width_of
from models.training.face_manipulation.manipulations import TRAINED, Manipulated
from models.training.face_manipulation.portraits import Face, portraits, scaled_box

REAL = -2
"""In place of a kind of manipulation."""
MASK = 24
"""Side of the stored masks."""
_WIDTHS = (70.0, 240.0)
Chain = Callable[[np.ndarray, np.random.Generator], tuple[np.ndarray, float]]
"""What happens to a finished picture, and its size over that of the one given."""
Manipulate = Callable[[Face, Face, np.random.Generator], Manipulated]


def pair(
    faces: list[Face], manipulate: Manipulate, rng: np.random.Generator, chain: Chain = after
) -> tuple[list[np.ndarray], np.ndarray, str] | None:
    """The real and the manipulated view of one face, the mask in the view, and whose face it is.

    Both went through the same camera, codec and frame. None where the manipulation changed next to nothing.
    """
    face = faces[int(rng.integers(len(faces)))]
    if rng.random() < 0.5:
        face = face.mirrored()
    width = width_of(face.mesh)
    lowest, most = min(_WIDTHS[0], width), min(_WIDTHS[1], 1.15 * width)
    face = face.scaled(float(rng.uniform(lowest, most)) / width)
    donor = similar(face, faces, rng)
    seed = int(rng.integers(1 << 60))
    head = hull(face.mesh[:468].mean(0) + 1.5 * (face.mesh[:468] - face.mesh[:468].mean(0)), face.image.shape)
    taken = Face(before(face.image, head, np.random.default_rng(seed)), face.mesh, face.box, face.group)
    fake, mask = manipulate(taken, donor, rng)
    if np.abs(fake.astype(np.int16) - taken.image)[mask > 0.2].sum() < 800:
        return None
    views = []
    for picture in (taken.image, fake):
        shared = np.random.default_rng(seed + 1)
        received, factor = chain(picture, shared)
        seen, square = view(received, scaled_box(face.box, np.array([factor, factor], np.float32)), shared)
        views.append(seen)
    square = np.column_stack([square[:, :2] / factor, square[:, 2] / factor])
    seen_mask = cv2.warpAffine(mask, square, (SIZE, SIZE), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    return views, cv2.resize(seen_mask, (MASK, MASK), interpolation=cv2.INTER_AREA), face.group


def similar(face: Face, faces: list[Face], rng: np.random.Generator) -> Face:
    """Another person's face, of a dozen the one held most alike."""
    others = [
        other for other in (faces[int(n)] for n in rng.integers(len(faces), size=16)) if other.group != face.group
    ]
    return min(others[:12], key=lambda other: float(np.abs(_shape(other) - _shape(face)).sum()) + _hue(other, face))


def _hue(one: Face, other: Face) -> float:
    """How much the colours of two faces differ, on the scale of their shapes."""
    inside = []
    for face in (one, other):
        x, y = face.mesh[:468:4].astype(int).T
        inside.append(face.image[y.clip(0, face.image.shape[0] - 1), x.clip(0, face.image.shape[1] - 1)].mean(0))
    return float(np.abs(inside[0] - inside[1]).sum()) / 60


def _shape(face: Face) -> np.ndarray:
    """Where nose and lips stand between the sides of the face: pose, roughly."""
    low, high = face.mesh[:468].min(0), face.mesh[:468].max(0)
    return np.asarray((face.mesh[[4, 13, 152, 33, 263]] - low) / (high - low))


def write(
    out: Path,
    faces: list[Face],
    kinds: Mapping[str, tuple[Manipulate, float, int]],
    count: int,
    seed: int,
) -> None:
    """Writes `views.npy` (2 count, 192, 192, 3), real and fake in turn, and of each its mask, kind, name and group."""
    out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    views = np.lib.format.open_memmap(out / "views.npy", "w+", np.uint8, (2 * count, SIZE, SIZE, 3))
    masks: np.ndarray = np.zeros((2 * count, MASK, MASK), np.uint8)
    shares = np.array([share for _, share, _ in kinds.values()])
    names, groups, labels = [], [], []
    began, done = time.monotonic(), 0
    while done < count:
        name = str(rng.choice(list(kinds), p=shares / shares.sum()))
        made = pair(faces, kinds[name][0], rng)
        if made is None:
            continue
        views[2 * done : 2 * done + 2] = made[0]
        masks[2 * done + 1] = np.round(255 * made[1])
        names += ["real", name]
        labels += [REAL, kinds[name][2]]
        groups += [made[2]] * 2
        done += 1
        if done % 1000 == 0:
            print(f"{done} pairs, {time.monotonic() - began:.0f} s", flush=True)
    np.save(out / "masks.npy", masks)
    np.save(out / "names.npy", np.array(names))
    np.save(out / "groups.npy", np.array(groups))
    np.save(out / "kinds.npy", np.array(labels, np.int8))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--split", choices=["train", "calibrate", "test"], required=True)
    parser.add_argument("--pairs", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    faces = portraits(args.data, args.split)
    print(f"{len(faces)} faces of {len({face.group for face in faces})} people")
    write(args.out, faces, TRAINED, args.pairs, args.seed)


if __name__ == "__main__":
    main()
