import numpy as np
import pytest

from models.face.pose import _BASIS as BASIS
from models.face.pose import PITCH_OF_LEVEL_FACES, Pose, head_pose

ROWS = np.array(BASIS.split(), float).reshape(-1, 5)


def about(axis: int, degrees: float) -> np.ndarray:
    """Right-handed rotation matrix about x, y or z."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    first, second = [(1, 2), (2, 0), (0, 1)][axis]
    matrix = np.eye(3)
    matrix[first, first] = matrix[second, second] = c
    matrix[first, second], matrix[second, first] = -s, s
    return matrix


def seen(rotation: np.ndarray, scale: float = 9.0, centre: tuple[float, float, float] = (300, 200, 0)) -> Pose:
    """Pose of a synthetic mesh: the canonical face, level, then rotated."""
    landmarks = np.zeros((478, 3))
    landmarks[ROWS[:, 0].astype(int)] = ROWS[:, 1:4] @ (rotation @ about(0, PITCH_OF_LEVEL_FACES)).T * scale + centre
    return head_pose(landmarks)


def test_a_level_face_has_no_angles() -> None:
    pose = seen(np.eye(3))
    assert (pose.yaw, pose.pitch, pose.roll) == pytest.approx((0, 0, 0), abs=1e-6)


def test_turning_to_the_own_left_is_positive_yaw() -> None:
    assert seen(about(1, -25)).yaw == pytest.approx(25, abs=1e-6)


def test_looking_down_is_positive_pitch() -> None:
    assert seen(about(0, 15)).pitch == pytest.approx(15, abs=1e-6)


def test_tilting_anticlockwise_is_positive_roll() -> None:
    assert seen(about(2, -40)).roll == pytest.approx(40, abs=1e-6)


@pytest.mark.parametrize("roll", [-170, -90, -10, 35, 120])
def test_turning_the_picture_changes_the_roll_alone(roll: float) -> None:
    pose = seen(about(2, -roll) @ about(1, -20) @ about(0, 12))
    assert (pose.yaw, pose.pitch, pose.roll) == pytest.approx((20, 12, roll), abs=1e-6)


def test_size_and_place_of_the_face_do_not_matter() -> None:
    rotation = about(2, 5) @ about(1, 10) @ about(0, -4)
    near, far = seen(rotation, 30.0, (10, 900, 5)), seen(rotation, 2.0)
    assert (near.yaw, near.pitch, near.roll) == pytest.approx((far.yaw, far.pitch, far.roll), abs=1e-6)


def test_a_collapsed_mesh_gives_finite_angles() -> None:
    pose = head_pose(np.zeros((478, 3)))
    assert np.isfinite([pose.yaw, pose.pitch, pose.roll]).all()
