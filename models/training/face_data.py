"""The face photos that thresholds and tables are fitted on, measured once: boxes, meshes and embeddings."""

import csv
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np

from models.cards import Measurement
from models.face.alignment import align
from models.face.detector import FaceBox, YuNetDetector
from models.face.embedder import SFace
from models.face.landmarks import FaceMesh, alignment_points, mesh_crop


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo of the development data. `group` names the person as far as the data knows; `note` is free text."""

    path: str
    group: str
    note: str

    def read(self, data: Path) -> np.ndarray:
        """(H, W, 3) uint8 RGB. Raises OSError when it cannot be decoded."""
        pixels = cv2.imread(str(data / self.path))
        if pixels is None:
            raise OSError(f"cannot decode {self.path}")
        return cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)


def photos(data: Path, kind: str, use: str) -> list[Photo]:
    """The JPEGs of one kind (`faces/portraits`) that the manifest allows for this use (`train`, `dev`)."""
    with (data / "MANIFEST.csv").open(newline="", encoding="utf-8") as stream:
        return [
            Photo(row["path"], row["subject_or_group"], row["note"])
            for row in csv.DictReader(stream)
            if row["kind"] == kind and row["use"] == use and row["path"].endswith(".jpg")
        ]


def faces(data: Path, chosen: list[Photo]) -> Iterator[tuple[Photo, np.ndarray, FaceBox | None]]:
    """Each photo with its pixels and its largest face."""
    detector = YuNetDetector()
    detector.load()
    for photo in chosen:
        image = photo.read(data)
        found = detector.predict([image])[0]
        yield photo, image, found[0] if found else None


def embeddings(data: Path, chosen: list[Photo]) -> tuple[list[Photo], np.ndarray]:
    """The photos in which a face was found, and their (N, 128) embeddings, aligned as the pipelines align them."""
    embedder, mesh = SFace(), FaceMesh()
    embedder.load()
    mesh.load()
    kept, vectors = [], []
    for photo, image, face in faces(data, chosen):
        if face is not None:
            crop, crop_to_image = mesh_crop(image, face)
            points = alignment_points(face, mesh.predict([crop])[0], crop_to_image)
            kept.append(photo)
            vectors += embedder.predict([align(image, points)])
    return kept, np.stack(vectors)


def measured(row: Measurement) -> str:
    """A `[[measured]]` table of a model card."""
    fields = {key: value for key, value in asdict(row).items() if value not in (None, "")}
    lines = [f'{key} = "{value}"' if isinstance(value, str) else f"{key} = {value}" for key, value in fields.items()]
    return "\n[[measured]]\n" + "\n".join(lines) + "\n"
