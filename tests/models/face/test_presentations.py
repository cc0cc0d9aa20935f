"""Recordings of a person, of photos and of a screen, as benchmarks show them to the passive check."""

import io

import av
import numpy as np
import pytest

from models.face.detector import YuNetDetector
from models.face.landmarks import FaceMesh, mesh_crop, to_image
from models.face.planarity import planarity
from models.training.clips.head import Head
from models.training.clips.presentations import PRESENTATIONS, present
from models.training.recapture.settings import HELD_OUT

SETTINGS = HELD_OUT.ordinary()


@pytest.fixture(scope="module")
def person(astronaut: np.ndarray, detector: YuNetDetector, mesh: FaceMesh) -> Head:
    crop, to_picture = mesh_crop(astronaut, detector.predict([astronaut])[0][0])
    return Head(astronaut, to_image(mesh.predict([crop])[0].landmarks, to_picture))


def frames(clip: bytes) -> list[np.ndarray]:
    with av.open(io.BytesIO(clip)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def shown(kind: str, person: Head, seed: int) -> list[np.ndarray]:
    return frames(present(kind, person, np.random.default_rng(seed), SETTINGS))


def relief(pictures: list[np.ndarray], detector: YuNetDetector, mesh: FaceMesh) -> float:
    """How far from flat the face is, as far as its movement tells."""
    placed = []
    for picture in pictures[::3]:
        crop, back = mesh_crop(picture, detector.predict([picture])[0][0])
        placed.append(to_image(mesh.predict([crop])[0].landmarks, back))
    found = planarity(np.stack(placed), pictures[0].shape[1::-1])
    assert found is not None
    return found.relief


@pytest.mark.parametrize("kind", PRESENTATIONS)
def test_a_recording_lasts_three_seconds_and_comes_of_its_seed_alone(kind: str, person: Head) -> None:
    clip, again, other = (present(kind, person, np.random.default_rng(seed), SETTINGS) for seed in (4, 4, 5))
    assert clip == again != other
    pictures = frames(clip)
    assert 30 <= len(pictures) <= 60
    assert {picture.shape for picture in pictures} == {(640, 480, 3)}


def test_a_photo_that_is_waved_stays_flat_where_a_head_that_turns_does_not(
    person: Head, detector: YuNetDetector, mesh: FaceMesh
) -> None:
    living, waved = (relief(shown(kind, person, 11), detector, mesh) for kind in ("bona_fide", "photo_waved"))
    assert living > 1.5 * waved


def test_a_photo_that_is_held_moves_less_than_one_that_is_waved(person: Head) -> None:
    def movement(kind: str) -> float:
        pictures = np.stack(shown(kind, person, 3)).astype(np.float32).mean(-1)
        return float(np.abs(np.diff(pictures, axis=0)).mean())

    assert movement("photo_held") < 0.5 * movement("photo_waved")
