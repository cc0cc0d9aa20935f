"""Portraits and their spoilt versions as the pipelines would see them: quality components and embedding of each."""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.face.alignment import align
from models.face.detector import YuNetDetector
from models.face.embedder import SFace
from models.face.eyes import eye_openness
from models.face.iso_quality import Components, components
from models.face.landmarks import FaceMesh, alignment_points, crop_side, mesh_crop, to_image
from models.face.mouth import mouth_openness
from models.face.occlusion import OcclusionDetector
from models.face.pose import head_pose
from models.face.quality import face_quality
from models.training.degradations import Degradation
from models.training.face_data import Photo, faces

CLEAN = "clean"


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One picture of a photo's person: how it was spoilt, its components and its (128,) embedding."""

    photo: Photo
    kind: str
    components: Components
    vector: np.ndarray


class Looker:
    """Looks at the largest face of a picture with the models and in the order of `pipelines.identity.observe`."""

    def __init__(self) -> None:
        self._detector, self._mesh, self._embedder = YuNetDetector(), FaceMesh(), SFace()
        self._occlusion = OcclusionDetector()
        for model in (self._detector, self._mesh, self._embedder, self._occlusion):
            model.load()

    def look(self, image: np.ndarray) -> tuple[Components, np.ndarray] | None:
        """None where no face is found."""
        found = self._detector.predict([image])[0]
        if not found:
            return None
        face = found[0]
        crop, back = mesh_crop(image, face)
        mesh = self._mesh.predict([crop])[0]
        aligned = align(image, alignment_points(face, mesh, back))
        quality, pose = face_quality(crop, mesh.landmarks), head_pose(to_image(mesh.landmarks, back))
        seen = components(
            quality,
            pose,
            eye_openness(mesh, pose),
            mouth_openness(mesh),
            self._occlusion.predict([aligned])[0],
            presence=mesh.presence,
            eye_pixels=quality.eye_distance * crop_side(face.width, face.height),
        )
        return seen, self._embedder.predict([aligned])[0]


def views(data: Path, chosen: list[Photo], kinds: Mapping[str, Degradation], each: int, seed: int) -> Iterator[View]:
    """Every photo clean, and under `each` of the kinds, drawn at random; what shows no face is left out.

    What is drawn for a photo depends on its path and the seed alone.
    """
    looker = Looker()
    for photo, image, face in faces(data, chosen):
        if face is None:
            continue
        rng = np.random.default_rng([seed, zlib.crc32(photo.path.encode())])
        names = rng.choice(list(kinds), each, replace=False).tolist()
        for name in (CLEAN, *names):
            seen = looker.look(image if name == CLEAN else kinds[name](image, face, rng))
            if seen is not None:
                yield View(photo, name, *seen)
