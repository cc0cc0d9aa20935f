"""Following a face: fewer searches and embeddings, and nobody who slips in between them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from models.face.detector import FaceBox
from models.face.landmarks import FaceMeshResult
from pipelines.identity.following import EVERY_S, follow, shape_steps, stride, to_embed
from pipelines.media.frames import Frame
from tests.unit.pipelines.identity.faces import box

EVERY = 3
_RNG = np.random.default_rng(4)
ONE, OTHER = (_RNG.normal(0, 40, (478, 3)) for _ in range(2))


class Watched:
    """Faces where the red of the first pixel says, none for 0; the mesh is sure where its green is 255."""

    def __init__(self) -> None:
        self.searched: list[int] = []

    async def predict(self, name: str, batch: Sequence[Any]) -> list[Any]:
        return [self.detector(item) if name == "face/detector" else self.landmarks(item) for item in batch]

    def detector(self, image: np.ndarray) -> list[FaceBox]:
        self.searched.append(int(image[0, 0, 2]))
        return [box(float(image[0, 0, 0]), 50, 100)] if image[0, 0, 0] else []

    def landmarks(self, crop: np.ndarray) -> FaceMeshResult:
        presence = 0.95 if crop[..., 1].max() > 200 else 0.1
        return FaceMeshResult((ONE + 128).astype(np.float32), presence, np.zeros(52, np.float32))


def picture(number: int, left: int, sure: bool = True) -> np.ndarray:
    image = np.zeros((240, 320, 3), np.uint8)
    image[..., 1] = 255 if sure else 0
    image[0, 0] = left, 255, number
    return image


async def test_only_every_third_frame_is_searched_while_the_mesh_is_sure() -> None:
    models = Watched()
    found = await follow([picture(n, 50 + n) for n in range(10)], models, 0, EVERY)
    assert sorted(models.searched) == [0, 3, 6, 9]
    assert [scene.main is not None for scene in found] == [True] * 10
    assert [len(scene.boxes) for scene in found] == [1] * 10
    second = found[1].main
    assert second is not None
    assert second.box.left == pytest.approx(51)


async def test_a_frame_whose_mesh_is_unsure_is_searched() -> None:
    models = Watched()
    found = await follow([picture(n, 0 if n == 4 else 50, n != 4) for n in range(7)], models, 0, EVERY)
    assert sorted(models.searched) == [0, 3, 4, 6]
    assert [len(scene.boxes) for scene in found] == [1, 1, 1, 1, 0, 1, 1]


async def test_frames_between_two_places_are_all_searched() -> None:
    models = Watched()
    await follow([picture(n, 50 if n < 4 else 180) for n in range(7)], models, 0, EVERY)
    assert sorted(models.searched) == [0, 3, 4, 5, 6]


async def test_a_face_that_is_too_small_is_overlooked() -> None:
    found = await follow([picture(n, 50) for n in range(4)], Watched(), 200, EVERY)
    assert [scene.main for scene in found] == [None] * 4


@pytest.mark.parametrize("frames_per_second", [5, 6.4, 10, 12.8, 30])
def test_between_two_looks_there_is_no_time_for_a_movement(frames_per_second: float) -> None:
    every = stride([Frame(np.zeros((1, 1, 3), np.uint8), n, n / frames_per_second) for n in range(60)])
    assert every >= 1
    assert every == 1 or every / frames_per_second <= EVERY_S + 1e-6


def test_each_third_frame_is_embedded_and_whoever_is_there_for_one_frame() -> None:
    meshes = {n: OTHER if n == 4 else ONE for n in range(10)}
    assert to_embed(dict.fromkeys(range(10), ONE), EVERY) == [0, 3, 6, 9]
    assert to_embed(meshes, EVERY) == [0, 3, 4, 5, 6, 9]


def test_both_sides_of_a_gap_are_embedded() -> None:
    assert to_embed({n: ONE for n in range(10) if n not in (4, 5)}, EVERY) == [0, 3, 6, 9]
    assert to_embed({n: ONE for n in range(12) if n not in (5, 6)}, EVERY) == [0, 3, 4, 7, 9]


def test_a_shape_is_the_same_wherever_it_is_and_another_one_is_not() -> None:
    turn, _ = np.linalg.qr(_RNG.normal(size=(3, 3)))
    turn *= np.sign(np.linalg.det(turn))
    same, other = shape_steps(np.stack([ONE, 1.4 * ONE @ turn + 30, OTHER]))
    assert same == pytest.approx(0, abs=1e-6)
    assert other > 0.5


def test_no_one_has_no_frames_to_embed() -> None:
    assert to_embed({}, EVERY) == []
