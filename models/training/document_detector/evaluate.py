"""Measures detectors on photographs of unseen layouts on unseen grounds, and on scans that nobody here made.

M=models.training.document_detector.evaluate
python -m $M --data ../shared/data --count 280 --seed 5 --detector learned
python -m $M --data ../shared/data --count 280 --seed 5 --detector contours
"""

import argparse
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from models.cards import Measurement
from models.document.contours import ContourDetector
from models.document.detector import DocumentQuad
from models.document.learned_detector import LearnedDetector
from models.predictor import Predictor
from models.training.document_detector.scenes import KINDS, load, pool, scene
from models.training.document_detector.variations import unboxed
from models.training.face_data import measured, photos
from models.training.recapture.dataset import split_of
from models.training.recapture.evaluate import wilson
from models.training.specimens.capture import Photo
from models.training.specimens.portraits import PARTS, id_portraits

Detector = Predictor[np.ndarray, list[DocumentQuad]]
_ON = "generated photographs, unseen layouts, grounds and people"
_AT_MOST = 50  # pictures of each kind without a document
_SECOND = 0.25  # as pipelines.document.capture counts documents
_SCANS = ("documents/id_images", "documents/sidtd")
_EMPTY = ("faces/portraits", "real_photos/bsds500", "documents/receipts")
"""Pictures without an identity document: people, of the parts that no network learned from; anything; receipts."""


def overlap(one: np.ndarray, two: np.ndarray, shape: tuple[int, ...]) -> float:
    """Intersection over union of two quadrilaterals within a picture."""
    masks = []
    for quad in (one, two):
        mask = np.zeros(shape[:2], np.uint8)
        cv2.fillConvexPoly(mask, np.round(quad).astype(np.int32), 1.0)
        masks.append(mask > 0)
    return float((masks[0] & masks[1]).sum() / max(1, (masks[0] | masks[1]).sum()))


def corner_error(found: np.ndarray, truth: np.ndarray) -> float:
    """Mean distance of the corners over the document's diagonal; the order of corners may be rolled."""
    diagonal = np.linalg.norm(truth[2] - truth[0])
    return min(float(np.linalg.norm(np.roll(found, k, 0) - truth, axis=1).mean()) for k in range(4)) / float(diagonal)


def counted(found: list[DocumentQuad]) -> list[DocumentQuad]:
    """Those that count as documents."""
    return [quad for quad in found if quad.area >= _SECOND * found[0].area]


@dataclass(slots=True)
class Findings:
    """Of one detector, by kind of photograph: overlap with each document, corner errors, and whether the number is
    right."""

    overlaps: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    right: defaultdict[str, list[bool]] = field(default_factory=lambda: defaultdict(list))

    def add(self, kind: str, found: list[DocumentQuad], shot: Photo) -> None:
        """Counts one photograph."""
        self.right[kind].append(len(found) == len(shot.quads))
        for truth in shot.quads:
            best = max(found, key=lambda quad: overlap(quad.corners, truth, shot.image.shape), default=None)
            self.overlaps[kind].append(0.0 if best is None else overlap(best.corners, truth, shot.image.shape))
            if self.overlaps[kind][-1] > 0.5 and best is not None:
                self.errors[kind].append(corner_error(best.corners, truth))


def stored(detectors: Mapping[str, Detector], folder: Path) -> dict[str, list[Measurement]]:
    """The right number of documents in scenes that `scenes.write` reduced to 232 pixels."""
    seen = {name: Findings() for name in detectors}
    for image, quads, kind in zip(*load(folder), strict=True):
        small, truth = unboxed(image, quads)
        small = np.ascontiguousarray(small)
        for name, detector in detectors.items():
            found = counted(detector.predict([small])[0])
            seen[name].right[KINDS[kind]].append(len(found) == len(truth))
    on = f"{_ON}, reduced to 232 pixels"
    what = "the right number of documents, photographs of kind"
    return {name: [_share(f"{what} {kind}", one.right[kind], on) for kind in KINDS] for name, one in seen.items()}


def generated(detectors: Mapping[str, Detector], data: Path, count: int, seed: int) -> dict[str, list[Measurement]]:
    """Figures on generated photographs, kinds in turn, the same ones for each detector."""
    faces = id_portraits(data, "test", 60)
    sides = pool(faces, 42, seed, unseen=True)
    seen = {name: Findings() for name in detectors}
    for index in range(count):
        rng = np.random.default_rng([seed, 3, index])
        kind = KINDS[index % len(KINDS)]
        shot = scene(rng, kind, sides, faces[int(rng.integers(len(faces)))], unseen=True, length=(900, 1500))
        for name, detector in detectors.items():
            seen[name].add(kind, counted(detector.predict([shot.image])[0]), shot)
    return {name: [row for kind in KINDS for row in _rows(kind, one)] for name, one in seen.items()}


def _rows(kind: str, seen: Findings) -> list[Measurement]:
    overlaps, errors = seen.overlaps[kind], seen.errors[kind]
    rows = [_share(f"the right number of documents, photographs of kind {kind}", seen.right[kind])]
    if overlaps:
        spread = 1.96 * float(np.std(overlaps)) / np.sqrt(len(overlaps))
        mean = float(np.mean(overlaps))
        low, high = round(mean - spread, 3), round(min(1.0, mean + spread), 3)
        rows.append(Measurement(f"mean IoU, {kind}", _ON, len(overlaps), round(mean, 3), low, high))
        rows.append(_share(f"IoU >= 0.9, {kind}", [value >= 0.9 for value in overlaps]))
    if errors:
        what = f"corner error, median share of the diagonal, {kind}"
        rows.append(Measurement(what, _ON, len(errors), round(float(np.median(errors)), 4)))
    return rows


def _share(what: str, hits: list[bool], on: str = _ON) -> Measurement:
    value, low, high = wilson(sum(hits), len(hits))
    return Measurement(what, on, len(hits), round(value, 3), round(low, 3), round(high, 3))


def scans(detector: Detector, data: Path) -> list[Measurement]:
    """How many of the flat scans at hand, which show one document and little else, are found as nearly all of them."""
    hits = []
    for folder in _SCANS:
        for file in sorted((data / folder).glob("*.[jp][pn]g")):
            image = cv2.imread(str(file))
            assert image is not None
            found = counted(detector.predict([np.ascontiguousarray(image[..., ::-1])])[0])
            share = 0.0 if not found else found[0].area / (image.shape[0] * image.shape[1])
            print(f"{file.name}: {len(found)} documents, the largest covers {share:.2f}", flush=True)
            hits.append(bool(found))
    return [_share("a document is found", hits, "flat scans and specimens of others (measured only, looked at by eye)")]


def without(detector: Detector, data: Path) -> list[Measurement]:
    """How often a document is found where none is."""
    rows = []
    for folder in _EMPTY:
        files = sorted((data / folder).rglob("*.[jp][pn]g"))
        if folder == "faces/portraits":
            unseen = [photo.path for photo in photos(data, folder, "train") if split_of(photo.group) in PARTS["test"]]
            files = [data / path for path in unseen]
        false = []
        for file in files[:_AT_MOST]:
            image = cv2.imread(str(file))
            assert image is not None
            false.append(bool(detector.predict([np.ascontiguousarray(image[..., ::-1])])[0]))
        rows.append(_share("a document where none is", false, f"{folder} (measured only)"))
    return rows


def main() -> None:
    """Command line: prints the tables of the card."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--count", type=int, default=49)
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument("--stored", type=Path, help="scenes of `scenes.write`")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    detectors: dict[str, Detector] = {"learned": LearnedDetector(), "contours": ContourDetector()}
    for detector in detectors.values():
        detector.load()
    found = {name: [] for name in detectors} if args.stored is None else stored(detectors, args.stored)
    photographed = generated(detectors, args.data, args.count, args.seed)
    for name, detector in detectors.items():
        rows = found[name] + photographed[name] + scans(detector, args.data) + without(detector, args.data)
        print(f"# {name}\n" + "".join(measured(row) for row in rows), flush=True)


if __name__ == "__main__":
    main()
