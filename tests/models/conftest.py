"""Real weights and real pictures."""

import csv
import os
from dataclasses import dataclass
from pathlib import Path

import cv2
import matplotlib
import numpy as np
import pytest
import skimage.data

from models import weights
from models.face.detector import FaceBox, YuNetDetector
from models.face.embedder import SFace
from models.face.landmarks import FaceMesh, FaceMeshResult, mesh_crop

DATA_VARIABLE = "VERISCOPE_DATA"
FACE_WEIGHTS = ("yunet", "sface", "face_landmarker", "fr_liveness")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs weights; says so where they are missing."""
    try:
        for name in FACE_WEIGHTS:
            weights.path(name)
        missing = None
    except weights.WeightsError as error:
        missing = pytest.mark.skip(reason=str(error))
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.weights)
            if missing:
                item.add_marker(missing)


@pytest.fixture(scope="session")
def astronaut() -> np.ndarray:
    """(512, 512, 3) RGB: one woman, a slight smile, slightly turned (public domain)."""
    return skimage.data.astronaut()


@pytest.fixture(scope="session")
def officer() -> np.ndarray:
    """(606, 512, 3) RGB: Grace Hopper with glasses (public domain)."""
    return cv2.cvtColor(cv2.imread(f"{matplotlib.get_data_path()}/sample_data/grace_hopper.jpg"), cv2.COLOR_BGR2RGB)


@pytest.fixture(scope="session")
def detector() -> YuNetDetector:
    loaded = YuNetDetector()
    loaded.load()
    return loaded


@pytest.fixture(scope="session")
def embedder() -> SFace:
    loaded = SFace()
    loaded.load()
    return loaded


@pytest.fixture(scope="session")
def mesh() -> FaceMesh:
    loaded = FaceMesh()
    loaded.load()
    return loaded


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A picture with its largest face and the mesh of it."""

    image: np.ndarray
    face: FaceBox
    crop: np.ndarray
    crop_to_image: np.ndarray
    mesh: FaceMeshResult


@pytest.fixture(scope="session")
def astronaut_face(astronaut: np.ndarray, detector: YuNetDetector, mesh: FaceMesh) -> Placed:
    face = detector.predict([astronaut])[0][0]
    crop, crop_to_image = mesh_crop(astronaut, face)
    return Placed(astronaut, face, crop, crop_to_image, mesh.predict([crop])[0])


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The evaluation files; skips where they are absent."""
    default = Path(__file__).parents[2] / ".." / "shared" / "data"
    root = Path(os.environ.get(DATA_VARIABLE) or default).resolve()
    if not (root / "MANIFEST.csv").is_file():
        pytest.skip(f"no evaluation files: set {DATA_VARIABLE}")
    return root


@pytest.fixture(scope="session")
def face_pairs(shared_data: Path) -> list[tuple[str, str, bool]]:
    """Pairs of photo paths and whether both show one person."""
    with (shared_data / "faces/pairs/pairs.csv").open(newline="") as stream:
        return [(row["path_a"], row["path_b"], row["same"] == "1") for row in csv.DictReader(stream)]
