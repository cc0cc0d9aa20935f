"""Writes specimens for benchmarks, or a contact sheet to look at.

    python -m models.training.specimens --out DIR --count N --seed S [--unseen] [--flat] [--degraded SHARE] \
        [--data ../shared/data]
    python -m models.training.specimens --out sheet.jpg --sheet --seed S

Writes one image a side (`00000-front.jpg`) and truth.json: what is on it, and where its corners are.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from models.training.specimens import TRAIN, UNSEEN, specimen
from models.training.specimens.capture import Photo, capture
from models.training.specimens.conditions import Conditions
from models.training.specimens.portraits import id_portraits
from models.training.specimens.surroundings import TRAIN_GROUNDS, UNSEEN_GROUNDS


def write(
    out: Path, count: int, seed: int, *, unseen: bool, flat: bool, degraded: float, faces: list[np.ndarray]
) -> None:
    """Writes `count` documents; each has its own seed, so a longer run begins as a shorter one."""
    out.mkdir(parents=True, exist_ok=True)
    layouts, grounds = (UNSEEN, UNSEEN_GROUNDS) if unseen else (TRAIN, TRAIN_GROUNDS)
    truth: dict[str, Any] = {}
    for index in range(count):
        rng = np.random.default_rng([seed, index])
        face = faces[int(rng.integers(len(faces)))] if faces else None
        document = specimen(rng, layouts[index % len(layouts)], face)
        careless = bool(rng.random() < degraded)
        entry = document.to_json() | {"degraded": careless, "files": {}}
        for name, side in document.sides().items():
            file = f"{index:05d}-{name}.jpg"
            how = Conditions.degraded(rng) if careless else Conditions.clean(rng)
            shot = None if flat else capture(rng, side.image, how, grounds=grounds)
            image = side.image if shot is None else shot.image
            quality = 92 if shot is None else shot.how.quality
            cv2.imwrite(str(out / file), image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
            entry["files"][name] = {"file": file} | ({} if shot is None else _geometry(shot))
        truth[f"{index:05d}"] = entry
    (out / "truth.json").write_text(json.dumps(truth, indent=1, ensure_ascii=False), encoding="utf-8")


def _geometry(shot: Photo) -> dict[str, Any]:
    return {"corners": shot.quads[0].round(2).tolist(), "homography": shot.homographies[0].tolist()}


def sheet(file: Path, seed: int, faces: list[np.ndarray]) -> None:
    """Every layout, each side lying flat and as a photograph."""
    tiles = []
    for index, layout in enumerate((*TRAIN, *UNSEEN)):
        rng = np.random.default_rng([seed, index])
        document = specimen(rng, layout, faces[index % len(faces)] if faces else None)
        for number, side in enumerate(document.sides().values()):
            how = Conditions.degraded(rng) if number or index % 2 else Conditions.clean(rng)
            grounds = TRAIN_GROUNDS if layout in TRAIN else UNSEEN_GROUNDS
            tiles += [_tile(side.image), _tile(capture(rng, side.image, how, grounds=grounds).image)]
    tiles += [np.full_like(tiles[0], 255)] * (-len(tiles) % 6)
    rows = [np.hstack(tiles[start : start + 6]) for start in range(0, len(tiles), 6)]
    cv2.imwrite(str(file), np.vstack(rows)[..., ::-1])


def _tile(image: np.ndarray, width: int = 440, height: int = 330) -> np.ndarray:
    k = min(width / image.shape[1], height / image.shape[0])
    small = cv2.resize(image, None, fx=k, fy=k, interpolation=cv2.INTER_AREA)
    tile = np.full((height, width, 3), 255, np.uint8)
    tile[: small.shape[0], : small.shape[1]] = small
    return tile


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--unseen", action="store_true", help="layouts, grounds and people kept for measuring")
    parser.add_argument("--flat", action="store_true", help="the sides as scanned, no photographs")
    parser.add_argument("--degraded", type=float, default=0.5, help="share of careless photographs")
    parser.add_argument("--data", type=Path, help="development data with portraits; without it faces are painted")
    parser.add_argument("--sheet", action="store_true", help="one contact sheet instead")
    args = parser.parse_args()
    faces = id_portraits(args.data, "test" if args.unseen else "train", 200) if args.data else []
    if args.sheet:
        sheet(args.out, args.seed, faces)
    else:
        chosen = {"unseen": args.unseen, "flat": args.flat, "degraded": args.degraded}
        write(args.out, args.count, args.seed, faces=faces, **chosen)


if __name__ == "__main__":
    main()
