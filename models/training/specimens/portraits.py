"""Pictures of holders, cut as for a passport, from photographs that may be used for training."""

from pathlib import Path

import numpy as np

from models.face.detector import YuNetDetector
from models.training.face_data import photos
from models.training.recapture.dataset import split_of

PARTS = {"train": ("train",), "monitor": ("monitor",), "test": ("fusion", "test")}
"""Names of the parts of people, each of the splits in `recapture.dataset`; nobody is in two."""


def id_portraits(data: Path, part: str, at_most: int = 1000) -> list[np.ndarray]:
    """One face a picture, (H, W, 3) uint8 RGB with W:H = 35:45, of the people of one part."""
    detector = YuNetDetector()
    detector.load()
    found: list[np.ndarray] = []
    for photo in photos(data, "faces/portraits", "train"):
        if split_of(photo.group) not in PARTS[part] or len(found) >= at_most:
            continue
        image = photo.read(data)
        boxes = detector.predict([image])[0]
        cut = cut_portrait(image, (boxes[0].left, boxes[0].top, boxes[0].right, boxes[0].bottom)) if boxes else None
        if cut is not None:
            found.append(cut)
    return found


def cut_portrait(image: np.ndarray, box: tuple[float, float, float, float]) -> np.ndarray | None:
    """The picture around a face, 35:45; None where it does not reach far enough or is too small."""
    left, top, right, bottom = box
    width = (right - left) * (1 + 2 * 0.4)
    height = width * 45 / 35
    x, y = (left + right) / 2 - width / 2, (top + bottom) / 2 - height * 0.48
    x, y = max(0.0, x), max(0.0, y)
    width = min(width, image.shape[1] - x, (image.shape[0] - y) * 35 / 45)
    if width < 80 or width < (right - left) * 1.15:
        return None
    return np.ascontiguousarray(image[int(y) : int(y + width * 45 / 35), int(x) : int(x + width)])
