"""Portraits that clips can be rendered from, one a person."""

import csv
import hashlib
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from models.face.alignment import align
from models.face.detector import YuNetDetector
from models.face.eyes import eye_openness
from models.face.landmarks import FaceMesh, alignment_points, mesh_crop, to_image
from models.face.occlusion import OcclusionDetector
from models.face.pose import head_pose
from models.training.clips.head import Head

FACE_LEAST = 90
"""Pixels of the face's width."""
_FRONTAL, _LEVEL = 15.0, 12.0
_OPEN, _VISIBLE = 0.5, 0.5
_MARGIN = 0.05  # of the face's width, that the picture shows beside it
_FOREHEAD = 0.2  # of the face's width, that it shows above: of a head cut off there the mesh is unsure


class Studio:
    """Tells which portraits will do: one face, frontal and level, large enough, with chin, hair and some of what is
    beside it, as a camera sees a head; eyes open and nothing before the face, since lids are drawn from the picture."""

    def __init__(self) -> None:
        self._detector, self._mesh, self._occlusion = YuNetDetector(), FaceMesh(), OcclusionDetector()
        for model in (self._detector, self._mesh, self._occlusion):
            model.load()

    def sit(self, image: np.ndarray) -> Head | None:
        """The head in an (H, W, 3) uint8 RGB picture, or None where it will not do."""
        boxes = self._detector.predict([image])[0]
        if len(boxes) != 1:
            return None
        crop, to_picture = mesh_crop(image, boxes[0])
        placed = self._mesh.predict([crop])[0]
        mesh = to_image(placed.landmarks, to_picture)
        pose = head_pose(mesh)
        eyes = eye_openness(placed, pose)
        if placed.presence < 0.9 or max(abs(pose.yaw), abs(pose.pitch)) > _FRONTAL or abs(pose.roll) > _LEVEL:
            return None
        if eyes.left is None or eyes.right is None or min(eyes.left, eyes.right) < _OPEN:
            return None
        hidden = self._occlusion.predict([align(image, alignment_points(boxes[0], placed, to_picture))])[0]
        if min(hidden.left_eye, hidden.right_eye, hidden.nose, hidden.mouth) < _VISIBLE:
            return None
        head = Head(image, mesh)
        left, right = float(mesh[:, 0].min()), float(mesh[:, 0].max())
        top, bottom = float(mesh[:, 1].min()), float(mesh[:, 1].max())
        beside = min(left, image.shape[1] - right)
        whole = top >= _FOREHEAD * head.width and bottom <= image.shape[0] and beside >= _MARGIN * head.width
        return head if head.width >= FACE_LEAST and whole else None


def portraits(data: Path, half: str) -> Iterator[tuple[str, np.ndarray]]:
    """One picture of each person of a half: name of the person and (H, W, 3) uint8 RGB.

    Args:
        data: folder with MANIFEST.csv; rows of kind `faces/portraits` that may be used for training are read.
        half: `tune` or `test`; nobody is in both.
    """
    with (data / "MANIFEST.csv").open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["kind"] == "faces/portraits" and row["use"] == "train"]
    first = {row["subject_or_group"]: row["path"] for row in reversed(rows)}
    for person, path in sorted(first.items()):
        image = cv2.imread(str(data / path)) if half_of(person) == half else None
        if image is not None:
            yield person, np.ascontiguousarray(image[..., ::-1])


def half_of(person: str) -> str:
    """`tune` or `test`, from a hash of the name: stable when portraits are added."""
    return "tune" if hashlib.sha256(f"clips {person}".encode()).digest()[0] % 2 else "test"
