"""Measures of forged and honest photographs of generated documents.

    python -m models.training.document_retouching.dataset --data ../shared/data --part train --count 100 --seed 11 \
        --out train.npz

`train` draws the training layouts with the faces of training people; `unseen` layouts, surroundings and people that
nothing was fitted on. Every document is photographed once and forged in every way, so that the kinds differ in nothing
but the forgery. A file can be read while it grows.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from models.document.retouching import DocumentInPhoto, View
from models.training.specimens import TRAIN, UNSEEN, Specimen, specimen
from models.training.specimens.capture import Photo, capture
from models.training.specimens.conditions import Conditions, compressed
from models.training.specimens.draw import fitted
from models.training.specimens.forgeries import Forged, forge, replace_image
from models.training.specimens.portraits import id_portraits
from models.training.specimens.surroundings import TRAIN_GROUNDS, UNSEEN_GROUNDS

SCENES = (
    ("none", False), ("none", True), ("soft", True), ("plain", True), ("plain", False), ("portrait_paste", False),
    ("portrait_blend", False), ("portrait_glued", False), ("portrait_paste", True), ("portrait_blend", True),
    ("field_font", False), ("field_same", False), ("field_same", True), ("copy_move", False), ("copy_move", True),
)  # fmt: skip
"""Kinds of forgery, each also as its control: done before the only compression. `soft` is the control of what judges a
portrait by more than compression: an honest photograph of a document that was issued with another person's picture, a
blurred, flat and often compressed one; its history is the document's own, only its looks are not. `plain`: without the
line work that runs over printed portraits. Both are honest."""
HONEST = ("none", "soft", "plain")
_FLAT = 1200
"""Pixels of the flat document's longer side."""


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One region of one photograph: `portrait` or the name of a field."""

    document: int
    layout: str
    kind: str
    control: bool
    region: str
    changed: bool
    measures: np.ndarray


def rows(part: str, count: int, seed: int, data: Path) -> Iterator[Row]:
    """Measures of every region of so many documents."""
    layouts, grounds = (TRAIN, TRAIN_GROUNDS) if part == "train" else (UNSEEN, UNSEEN_GROUNDS)
    faces = id_portraits(data, "train" if part == "train" else "test", 80)
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        document = specimen(rng, layouts[number % len(layouts)], faces[int(rng.integers(len(faces)))])
        other = faces[int(rng.integers(len(faces)))]
        for forged, control in forgeries(rng, document, other, grounds):
            for region, changed, measures in regions(rng, document, forged):
                yield Row(number, document.layout.name, forged.kind, control, region, changed, measures)


def forgeries(
    rng: np.random.Generator, document: Specimen, other: np.ndarray, grounds: tuple[str, ...]
) -> Iterator[tuple[Forged, bool]]:
    """The document in all scenes, with whether each is a control; most photographs are careful ones."""
    side = int(rng.choice([1000, 1200, 1500]))
    how = replace((Conditions.clean if rng.random() < 0.7 else Conditions.degraded)(rng, side), resave=None)
    shot: Photo = capture(np.random.default_rng(rng.integers(1 << 32)), document.front.image, how, grounds=grounds)
    for kind, control in SCENES:
        try:
            if kind in ("soft", "plain"):
                yield issued(rng, document, other, how, grounds, kind, once=control), control
            else:
                yield forge(rng, document, kind, how, other, once=control, grounds=grounds, shot=shot), control
        except ValueError:  # the document has no such field
            continue


def issued(
    rng: np.random.Generator,
    document: Specimen,
    picture: np.ndarray,
    how: Conditions,
    grounds: tuple[str, ...],
    kind: str,
    *,
    once: bool,
) -> Forged:
    """An honest photograph of a like document that was issued with another picture, `soft` or `plain`."""
    face = softened(rng, picture) if kind == "soft" or rng.random() < 0.5 else picture
    like = specimen(rng, document.layout, face)
    if kind == "plain" and "portrait" in like.front.boxes:
        left, top, right, bottom = like.front.boxes["portrait"]
        bare = cv2.resize(fitted(face, (right - left) / (bottom - top)), (right - left, bottom - top))
        like.front.image[top:bottom, left:right] = np.clip(8 + 0.95 * bare.astype(np.float32), 0, 255)
    shot = capture(rng, like.front.image, how, grounds=grounds)
    if not once:
        shot = replace_image(shot, compressed(shot.image, int(rng.integers(80, 96))))
    return Forged(shot, np.zeros(shot.image.shape[:2], bool), kind)


def softened(rng: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    """A picture as careless offices take and store it: (H, W, 3) uint8 RGB, blurred, flat, compressed."""
    small = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.5, 3.0))
    flat = small.mean((0, 1)) + (small - small.mean((0, 1))) * rng.uniform(0.5, 1.0)
    return compressed(np.clip(flat, 0, 255).astype(np.uint8), int(rng.integers(40, 90)))


def regions(rng: np.random.Generator, document: Specimen, forged: Forged) -> Iterator[tuple[str, bool, np.ndarray]]:
    """(region, changed, measures) of the portrait and of every field that is large enough."""
    item, boxes = in_photo(rng, document, forged)
    view = View.of(item)
    if item.face is not None and not forged.kind.startswith("field"):
        measures = view.portrait_measures(item.face)
        if measures is not None:
            yield "portrait", forged.kind.startswith("portrait"), measures
    if forged.kind.startswith("portrait"):
        return
    for name, box in boxes.items():
        inside = view.blocks(box)
        measures = view.measures_of(inside, view.document & ~view.picture & ~inside)
        if measures is not None:
            yield name, forged.field == name, measures


def in_photo(
    rng: np.random.Generator, document: Specimen, forged: Forged
) -> tuple[DocumentInPhoto, dict[str, tuple[float, float, float, float]]]:
    """What the application would see: the flat document, its face and its fields, about as well found as there."""
    side, size = document.front, (document.front.image.shape[1], document.front.image.shape[0])
    scale = _FLAT / max(size)
    to_document = np.diag([scale, scale, 1.0]) @ np.linalg.inv(forged.photo.homographies[0])
    flat = np.asarray(
        cv2.warpPerspective(forged.image, to_document, (round(size[0] * scale), round(size[1] * scale))), np.uint8
    )
    face: tuple[float, float, float, float] | None = None
    if "portrait" in side.boxes:
        left, top, right, bottom = (edge * scale for edge in side.boxes["portrait"])
        width, height = right - left, bottom - top
        x, y = (left + right) / 2 + rng.normal(0, 0.03) * width, top + (0.48 + rng.normal(0, 0.03)) * height
        half = width / 3.6 * rng.uniform(0.88, 1.12), height / 3.4 * rng.uniform(0.88, 1.12)
        face = (x - half[0], y - half[1], x + half[0], y + half[1])
    boxes = {}
    for name in side.printed:
        left, top, right, bottom = (edge * scale for edge in side.boxes[name])
        pad = (bottom - top) / 6
        boxes[name] = (left - pad, top - pad, right + pad, bottom + pad)
    return DocumentInPhoto(forged.image, to_document, flat, face, tuple(boxes.values())), boxes


def save(found: list[Row], out: Path) -> None:
    """Writes what there is so far."""
    part = out.with_suffix(".part.npz")
    np.savez_compressed(
        part,
        document=[row.document for row in found],
        layout=[row.layout for row in found],
        kind=[row.kind for row in found],
        control=[row.control for row in found],
        region=[row.region for row in found],
        changed=[row.changed for row in found],
        portrait=np.stack([row.measures for row in found if row.region == "portrait"]),
        field=np.stack([row.measures for row in found if row.region != "portrait"]),
    )
    part.replace(out)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--part", choices=("train", "unseen"), required=True)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    found: list[Row] = []
    for row in rows(asked.part, asked.count, asked.seed, asked.data):
        if found and row.document != found[-1].document and row.document % 5 == 0:
            save(found, asked.out)
            print(row.document, len(found), flush=True)
        found.append(row)
    save(found, asked.out)


if __name__ == "__main__":
    main()
