"""What is drawn before faces and onto them, on a generated face."""

import cv2
import numpy as np
import pytest

from models.training.bare_faces import BARE
from models.training.occluders import CHIN, JAW, LEFT_EYE, LIPS, RIGHT_EYE, TIP, TRAINED, UNDER_NOSE, Portrait, wear
from models.training.odd_objects import ODD
from models.training.unseen_occluders import UNSEEN

KINDS = {**TRAINED, **ODD, **UNSEEN}


@pytest.fixture
def face() -> Portrait:
    pixels = np.full((112, 112, 3), (200, 165, 140), np.uint8)
    for eye in ((38, 51), (74, 51)):
        cv2.circle(pixels, eye, 4, (40, 30, 30), -1)
    points = np.full((478, 2), 56.0)
    angles = np.linspace(np.pi, 0, len(JAW))
    points[JAW] = np.stack([56 + 42 * np.cos(angles), 55 + 50 * np.sin(angles)], 1)
    points[list(RIGHT_EYE)], points[list(LEFT_EYE)] = (38, 51), (74, 51)
    points[[TIP, UNDER_NOSE, CHIN]] = [(56, 70), (56, 78), (56, 108)]
    points[[*LIPS, 0, 37, 267, 17, 84, 314]] = [(56, 92)] * 2 + [(56, 88)] * 3 + [(56, 97)] * 3
    points[[61, 291]] = [(44, 92), (68, 92)]
    return Portrait(pixels, points)


@pytest.mark.parametrize("kind", KINDS)
def test_an_object_changes_the_picture_where_it_hides_and_is_drawn_again_from_its_seed(face: Portrait, kind: str):
    other = np.full((112, 112, 3), (20, 60, 90), np.uint8)
    shown = [wear(face, KINDS[kind], [other], np.random.default_rng(seed)) for seed in (0, 0, 1, 2, 3, 4, 5)]
    assert np.array_equal(shown[0][0], shown[1][0])
    assert any(hides.any() for _, hides in shown)
    for pixels, hides in shown:
        assert pixels.dtype == np.uint8
        changed = np.abs(pixels.astype(int) - face.pixels).max(2) > 3
        assert not hides.any() or changed[hides > 0].mean() > 0.5


@pytest.mark.parametrize("look", BARE)
def test_a_look_changes_a_face_and_keeps_its_shape(face: Portrait, look: str):
    changed = [BARE[look](face, np.random.default_rng(seed)) for seed in range(5)]
    assert {pixels.shape for pixels in changed} == {(112, 112, 3)}
    assert max(float(np.abs(pixels - face.pixels).max()) for pixels in changed) > 20


def test_kinds_for_judging_are_none_of_those_for_training():
    assert not set(UNSEEN) & (set(TRAINED) | set(ODD))


def test_a_beard_leaves_the_lips_free(face: Portrait):
    for seed in range(8):
        drawn = BARE["beard"](face, np.random.default_rng(seed))
        untouched = np.abs(drawn[90:95, 50:63] - face.pixels[90:95, 50:63]).max(2) < 40
        assert untouched.mean() > 0.8
