import numpy as np
import pytest

from models.face.eyes import OPEN, eye_openness
from models.face.landmarks import BLENDSHAPES, LANDMARKS, FaceMeshResult
from models.face.pose import Pose

FRONTAL = Pose(0, 0, 0)
LEFT = (263, 362, (387, 386, 385), (373, 374, 380))
RIGHT = (33, 133, (160, 159, 158), (144, 145, 153))


def mesh(left: float, right: float) -> FaceMeshResult:
    """A mesh with eyes of 40 pixels width, opened by a share of 0.3 of it, and the blink that goes with it."""
    landmarks = np.zeros((LANDMARKS, 3), np.float32)
    for (outer, inner, upper, lower), share in ((LEFT, left), (RIGHT, right)):
        landmarks[outer], landmarks[inner] = (0, 0, 0), (40, 0, 0)
        landmarks[list(upper)], landmarks[list(lower)] = (20, -6 * share, 0), (20, 6 * share, 0)
    shapes = np.zeros(len(BLENDSHAPES), np.float32)
    shapes[BLENDSHAPES.index("eyeBlinkLeft")] = 0.8 * (1 - left)
    shapes[BLENDSHAPES.index("eyeBlinkRight")] = 0.8 * (1 - right)
    return FaceMeshResult(landmarks, 1.0, shapes)


def test_wide_open_eyes_read_one_and_shut_eyes_zero() -> None:
    wide, shut = eye_openness(mesh(1, 1), FRONTAL), eye_openness(mesh(0, 0), FRONTAL)
    assert (wide.left, wide.right) == pytest.approx((1, 1), abs=1e-6)
    assert (shut.left, shut.right) == (0, 0)


def test_a_wink_is_of_the_persons_own_eye() -> None:
    wink = eye_openness(mesh(left=0, right=1), FRONTAL)
    assert wink.left is not None
    assert wink.right is not None
    assert wink.left < OPEN < wink.right
    assert wink.least == wink.left


@pytest.mark.parametrize(("yaw", "hidden"), [(50, "left"), (-50, "right")])
def test_the_far_eye_of_a_turned_head_is_not_judged(yaw: float, hidden: str) -> None:
    eyes = eye_openness(mesh(1, 1), Pose(yaw, 0, 0))
    assert getattr(eyes, hidden) is None
    assert eyes.least == pytest.approx(1, abs=1e-6)


def test_eyes_of_a_bowed_head_are_not_judged() -> None:
    assert eye_openness(mesh(0, 0), Pose(0, 40, 0)).least is None
