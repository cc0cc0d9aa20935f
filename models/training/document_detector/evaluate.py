"""Measures detectors on photographs of unseen layouts on unseen grounds, and on scans that nobody here made.

M=models.training.document_detector.evaluate
python -m $M --data ../shared/data --count 280 --seed 5 --detector learned
python -m $M --data ../shared/data --count 280 --seed 5 --detector contours
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

from models.cards import Measurement
from models.document.contours import ContourDetector
from models.document.detector import DocumentQuad
from models.document.learned_detector import LearnedDetector
from models.predictor import Predictor
from models.training.document_detector.scenes import KINDS, pool, scene
from models.training.face_data import measured, photos
from models.training.recapture.dataset import split_of
from models.training.recapture.evaluate import wilson
from models.training.specimens.portraits import PARTS, id_portraits

Detector = Predictor[np.ndarray, list[DocumentQuad]]
_ON = "generated photographs, unseen layouts, grounds and people"
_AT_MOST = 90  # pictures of each kind without a document
_SECOND = 0.25  # as pipelines.document.capture counts documents
_SCANS = ("documents/id_images", "documents/sidtd")
_EMPTY = ("faces/portraits", "real_photos/bsds500", "documents/receipts")
"""Pictures without an identity document: people, of the parts that no network learned from; anything; receipts."""
DETECTORS = {"learned": LearnedDetector, "contours": ContourDetector}


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


def generated(detector: Detector, data: Path, count: int, seed: int) -> list[Measurement]:
    """Figures on generated photographs, kinds in turn."""
    faces = id_portraits(data, "test", 60)
    sides = pool(faces, 42, seed, unseen=True)
    overlaps: dict[str, list[float]] = {kind: [] for kind in KINDS}
    errors: dict[str, list[float]] = {kind: [] for kind in KINDS}
    right: dict[str, list[bool]] = {kind: [] for kind in KINDS}
    for index in range(count):
        rng = np.random.default_rng([seed, 3, index])
        kind = KINDS[index % len(KINDS)]
        shot = scene(rng, kind, sides, faces[int(rng.integers(len(faces)))], unseen=True, length=(900, 1500))
        found = counted(detector.predict([shot.image])[0])
        right[kind].append(len(found) == len(shot.quads))
        for truth in shot.quads:
            best = max(found, key=lambda quad: overlap(quad.corners, truth, shot.image.shape), default=None)
            overlaps[kind].append(0.0 if best is None else overlap(best.corners, truth, shot.image.shape))
            if overlaps[kind][-1] > 0.5 and best is not None:
                errors[kind].append(corner_error(best.corners, truth))
    return [row for kind in KINDS for row in _rows(kind, overlaps[kind], errors[kind], right[kind])]


def _rows(kind: str, overlaps: list[float], errors: list[float], right: list[bool]) -> list[Measurement]:
    rows = [_share(f"the right number of documents, photographs of kind {kind}", right)]
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
    parser.add_argument("--count", type=int, default=240)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--detector", choices=tuple(DETECTORS), default="learned")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    detector: Detector = DETECTORS[args.detector]()
    detector.load()
    rows = generated(detector, args.data, args.count, args.seed)
    rows += scans(detector, args.data) + without(detector, args.data)
    print("".join(measured(row) for row in rows))


if __name__ == "__main__":
    main()
