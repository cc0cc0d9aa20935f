"""Portraits, split by person, each with the face's box and mesh."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from models.face.detector import FaceBox, YuNetDetector
from models.face.landmarks import FaceMesh, mesh_crop, to_image
from models.training.face_data import photos

SPLITS = {"train": (0, 68), "calibrate": (68, 80), "test": (80, 100)}
"""Percentages of PEOPLE (not files)."""
_AROUND = 1.1
"""Times the box's longer side, from its centre to each edge of the part of the picture that is kept."""
_SMALLEST = 70.0


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A picture of one face.

    Attributes:
        image: (H, W, 3) uint8 RGB.
        mesh: (478, 2) float32, pixels of the image.
        box: of the face, as the detector gives it.
        group: who it is.
    """

    image: np.ndarray
    mesh: np.ndarray
    box: FaceBox
    group: str = ""

    def scaled(self, factor: float, kernel: int = cv2.INTER_AREA) -> "Face":
        """The picture resized."""
        size = max(16, round(self.image.shape[1] * factor)), max(16, round(self.image.shape[0] * factor))
        image = cv2.resize(self.image, size, interpolation=kernel)
        back = np.array([size[0] / self.image.shape[1], size[1] / self.image.shape[0]], np.float32)
        return Face(image, self.mesh * back, scaled_box(self.box, back), self.group)

    def mirrored(self) -> "Face":
        """The picture from left to right. Mesh points keep their places in the picture, not in the face."""
        width = self.image.shape[1]
        mesh = self.mesh * np.array([-1, 1], np.float32) + np.array([width - 1, 0], np.float32)
        points = (self.box.points * np.array([-1, 1], np.float32) + np.array([width - 1, 0], np.float32))[
            [1, 0, 2, 4, 3]
        ]
        box = replace(self.box, left=width - 1 - self.box.right, right=width - 1 - self.box.left, points=points)
        return Face(np.ascontiguousarray(self.image[:, ::-1]), mesh, box, self.group)


def scaled_box(box: FaceBox, factor: np.ndarray) -> FaceBox:
    """The box in a picture resized by these factors of x and y."""
    x, y = (float(value) for value in factor)
    return FaceBox(box.left * x, box.top * y, box.right * x, box.bottom * y, box.score, box.points * factor)


class Finder:
    """Finds the largest face of a picture and its mesh."""

    def __init__(self) -> None:
        self._detector, self._mesh = YuNetDetector(), FaceMesh()
        self._detector.load()
        self._mesh.load()

    def find(self, image: np.ndarray, group: str = "") -> Face | None:
        """None where there is no face that the mesh is sure of."""
        found = self._detector.predict([image])[0]
        if not found or found[0].width < _SMALLEST:
            return None
        crop, back = mesh_crop(image, found[0])
        placed = self._mesh.predict([crop])[0]
        if placed.presence < 0.8:
            return None
        return Face(image, to_image(placed.landmarks, back)[:, :2], found[0], group)


def split_of(group: str) -> str:
    """The split of a person, from a hash of the group name: stable when portraits are added."""
    place = int(hashlib.sha256(group.encode()).hexdigest(), 16) % 100
    return next(name for name, (low, high) in SPLITS.items() if low <= place < high)


def portraits(data: Path, split: str) -> list[Face]:
    """The faces of one split's people, each in the part of its picture around it."""
    chosen = (photo for photo in photos(data, "faces/portraits", "train") if split_of(photo.group) == split)
    return list(found((photo.read(data), photo.group) for photo in chosen))


def found(pictures: Iterable[tuple[np.ndarray, str]]) -> Iterator[Face]:
    """The largest face of each picture that shows one."""
    finder = Finder()
    for image, group in pictures:
        face = finder.find(image, group)
        if face is not None:
            yield around(face)


def around(face: Face) -> Face:
    """The part of the picture around the face."""
    box = face.box
    reach = _AROUND * max(box.width, box.height)
    x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    x0, y0 = max(0, int(x - reach)), max(0, int(y - reach))
    image = np.ascontiguousarray(face.image[y0 : int(y + reach), x0 : int(x + reach)])
    moved = replace(
        box,
        left=box.left - x0,
        right=box.right - x0,
        top=box.top - y0,
        bottom=box.bottom - y0,
        points=box.points - np.array([x0, y0], np.float32),
    )
    return Face(image, face.mesh - np.array([x0, y0], np.float32), moved, face.group)
