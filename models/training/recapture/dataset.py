"""Simulated captures of the portraits, split by person, stored as views.

    python -m models.training.recapture.dataset --data ../shared/data --detector yunet.onnx --out DIR --split train \
        --count 12000 --seed 1
"""

import argparse
import csv
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from models.face.detector import FaceBox
from models.face.liveness import SIZE as LIVENESS_SIZE
from models.face.liveness import liveness_crop
from models.face.recapture import SIZE, cut_views
from models.training.recapture.scene import Box, Portrait
from models.training.recapture.settings import ATTACKS, HELD_OUT, SPECIES, TRAIN, Settings
from models.training.recapture.simulate import shoot, stage

SPLITS = {"train": (0, 70), "monitor": (70, 76), "fusion": (76, 88), "test": (88, 100)}
"""Percentages of PEOPLE (not files)."""
_NO_POINTS = np.zeros((5, 2), np.float32)


def split_of(group: str) -> str:
    """The split of a person, from a hash of the group name: stable when portraits are added."""
    place = int(hashlib.sha256(group.encode()).hexdigest(), 16) % 100
    return next(name for name, (low, high) in SPLITS.items() if low <= place < high)


def largest_face(detector: cv2.FaceDetectorYN, image: np.ndarray) -> Box | None:
    """The largest face that YuNet finds in an (H, W, 3) uint8 RGB image: left, top, right, bottom."""
    k = min(1.0, 640 / max(image.shape[:2]))
    small = cv2.resize(image, None, fx=k, fy=k, interpolation=cv2.INTER_AREA) if k < 1 else image
    detector.setInputSize((small.shape[1], small.shape[0]))
    faces = detector.detect(np.ascontiguousarray(small[..., ::-1]))[1]
    if faces is None:
        return None
    x, y, w, h = max((face[:4] / k for face in faces), key=lambda f: f[2] * f[3])
    return float(x), float(y), float(x + w), float(y + h)


def open_detector(path: str) -> cv2.FaceDetectorYN:
    """YuNet with the settings of `components.md`."""
    return cv2.FaceDetectorYN.create(path, "", (320, 320), 0.6, 0.3, 5000)


def portraits(data: Path, detector: cv2.FaceDetectorYN, split: str) -> list[Portrait]:
    """The portraits of one split's people in which a face is found."""
    found = []
    with (data / "MANIFEST.csv").open(encoding="utf-8") as lines:
        rows = [r for r in csv.DictReader(lines) if r["kind"] == "faces/portraits" and r["use"] == "train"]
    for row in rows:
        if split_of(row["subject_or_group"]) != split:
            continue
        image = cv2.imread(str(data / row["path"]))
        box = None if image is None else largest_face(detector, image[..., ::-1])
        if image is not None and box is not None:
            found.append(Portrait(np.ascontiguousarray(image[..., ::-1]), box))
    return found


def captures(
    people: list[Portrait], count: int, seed: int, settings: Settings, takes: int
) -> Iterator[tuple[int, Portrait]]:
    """Half bona fide, half attacks, as (index into SPECIES, capture).

    Each scene is drawn from its own seed; `takes` cameras shoot it, which costs less than as many scenes.
    """
    for index in range(count // takes):
        rng = np.random.default_rng([seed, index])
        species = "bona_fide" if index % 2 == 0 else ATTACKS[(index // 2) % len(ATTACKS)]
        person, other = people[rng.integers(len(people))], people[rng.integers(len(people))]
        if rng.random() < 0.5:
            person = _mirrored(person)
        staged = stage(person, species, rng, settings, other.image)
        for _ in range(takes):
            yield SPECIES.index(species), _jittered(shoot(staged, rng, settings), rng)


def as_face(box: Box) -> FaceBox:
    """The product's face box, without points: crops do not use them."""
    return FaceBox(*box, score=1.0, points=_NO_POINTS)


def _mirrored(person: Portrait) -> Portrait:
    width = person.image.shape[1]
    left, top, right, bottom = person.box
    return Portrait(np.ascontiguousarray(person.image[:, ::-1]), (width - right, top, width - left, bottom))


def _jittered(shot: Portrait, rng: np.random.Generator) -> Portrait:
    """Detectors disagree about boxes by a few per cent."""
    left, top, right, bottom = shot.box
    width, height = right - left, bottom - top
    dx, dy = rng.normal(0, 0.04, 2)
    grow = rng.normal(0, 0.05)
    box = (
        left + (dx - grow) * width,
        top + (dy - grow) * height,
        right + (dx + grow) * width,
        bottom + (dy + grow) * height,
    )
    return Portrait(shot.image, box)


def write(people: list[Portrait], out: Path, count: int, seed: int, settings: Settings, takes: int) -> None:
    """Writes views.npy (N, 2, 128, 128, 3), liveness.npy (N, 128, 128, 3), species.npy (N,) and, last, done.json."""
    out.mkdir(parents=True, exist_ok=True)
    shape = (count, 2, SIZE, SIZE, 3)
    views = np.lib.format.open_memmap(out / "views.npy", mode="w+", dtype=np.uint8, shape=shape)
    crop = (count, LIVENESS_SIZE, LIVENESS_SIZE, 3)
    liveness = np.lib.format.open_memmap(out / "liveness.npy", mode="w+", dtype=np.uint8, shape=crop)
    species = np.zeros(count, np.int8)
    for index, (kind, shot) in enumerate(captures(people, count, seed, settings, takes)):
        views[index] = cut_views(shot.image, shot.box)
        liveness[index] = liveness_crop(shot.image, as_face(shot.box))
        species[index] = kind
    views.flush()
    liveness.flush()
    np.save(out / "species.npy", species)
    (out / "done.json").write_text(json.dumps({"count": count, "seed": seed, "people": len(people)}))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--detector", required=True, help="face_detection_yunet_2023mar.onnx")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--split", choices=SPLITS, required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--held-out", action="store_true", help="draw from device families never used in training")
    parser.add_argument("--ordinary", action="store_true", help="ordinary instead of hard capture conditions")
    parser.add_argument("--filmed", action="store_true", help="H.264 frames among the codecs")
    parser.add_argument("--takes", type=int, default=1, help="cameras that shoot each scene; divides the count")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    people = portraits(args.data, open_detector(args.detector), args.split)
    settings = HELD_OUT if args.held_out else TRAIN
    settings = settings.ordinary() if args.ordinary else settings
    settings = settings.filmed() if args.filmed else settings
    write(people, args.out, args.count, args.seed, settings, args.takes)


if __name__ == "__main__":
    main()
