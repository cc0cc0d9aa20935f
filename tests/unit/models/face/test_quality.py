from dataclasses import replace

import cv2
import numpy as np
import pytest

from models.face.landmarks import LANDMARKS
from models.face.quality import CARD, FaceQuality, face_quality


@pytest.fixture
def landmarks() -> np.ndarray:
    """A mesh whose every point lies on a circle of 80 pixels around the middle of the crop."""
    angles = np.arange(LANDMARKS) * 2.4
    return np.column_stack([128 + 80 * np.cos(angles), 128 + 80 * np.sin(angles), np.zeros(LANDMARKS)])


@pytest.fixture
def texture() -> np.ndarray:
    """A (256, 256, 3) picture with structure of every size."""
    rng = np.random.default_rng(3)
    layers = [cv2.resize(rng.random((size, size)), (256, 256)) for size in (4, 16, 64, 128)]
    return np.repeat((40 + 170 * np.mean(layers, axis=0))[..., None], 3, 2).astype(np.uint8)


def test_measures_stay_between_zero_and_one(texture: np.ndarray, landmarks: np.ndarray) -> None:
    for crop in (texture, np.zeros_like(texture), np.full_like(texture, 255)):
        quality = face_quality(crop, landmarks)
        values = {name: getattr(quality, name) for name in FaceQuality.__slots__}
        assert all(0 <= value <= 1 for value in values.values() if value is not None)


def test_more_blur_is_never_sharper(texture: np.ndarray, landmarks: np.ndarray) -> None:
    blurred = [cv2.GaussianBlur(texture, (0, 0), sigma) for sigma in (0.5, 1, 2, 4)]
    sharpness = [face_quality(crop, landmarks).sharpness for crop in (texture, *blurred)]
    assert sharpness == sorted(sharpness, reverse=True)
    assert sharpness[0] > CARD.parameters["sharpness_least"] > sharpness[-1]


def test_shaking_in_any_direction_costs_acuity(texture: np.ndarray, landmarks: np.ndarray) -> None:
    shaken = [cv2.blur(texture, size) for size in ((25, 1), (1, 25))]
    assert max(face_quality(crop, landmarks).acuity for crop in shaken) < 0.6 * face_quality(texture, landmarks).acuity


def test_white_is_overexposed_and_black_underexposed(texture: np.ndarray, landmarks: np.ndarray) -> None:
    white, black = (face_quality(np.full_like(texture, value), landmarks) for value in (255, 0))
    assert (white.brightness, white.overexposed, white.underexposed) == (1, 1, 0)
    assert (black.brightness, black.overexposed, black.underexposed) == (0, 0, 1)


def test_only_the_face_counts(texture: np.ndarray, landmarks: np.ndarray) -> None:
    framed = texture.copy()
    framed[:30] = framed[-30:] = 255
    first, second = face_quality(framed, landmarks), face_quality(texture, landmarks)
    assert replace(first, background=None) == replace(second, background=None)


def test_light_from_one_side_is_less_uniform(texture: np.ndarray, landmarks: np.ndarray) -> None:
    landmarks[10, :2], landmarks[152, :2] = (128, 48), (128, 208)
    shaded = texture.copy()
    shaded[:, :128] //= 4
    even, uneven = (face_quality(crop, landmarks).illumination for crop in (texture, shaded))
    assert uneven < 0.4 < even


def test_noise_is_measured_as_strong_as_it_is(landmarks: np.ndarray) -> None:
    noise = np.random.default_rng(3).normal(128, 20, (256, 256, 1)).clip(0, 255).astype(np.uint8)
    assert face_quality(np.repeat(noise, 3, 2), landmarks).noise == pytest.approx(20 / 255, rel=0.05)


def test_fewer_levels_are_less_dynamic_range(texture: np.ndarray, landmarks: np.ndarray) -> None:
    ranges = [face_quality(crop, landmarks).dynamic_range for crop in (texture, texture // 4, texture // 64)]
    assert ranges == sorted(ranges, reverse=True)
    assert ranges[0] - ranges[-1] > 0.3


def test_eyes_further_apart_are_a_larger_share_of_the_crop(texture: np.ndarray, landmarks: np.ndarray) -> None:
    landmarks[[33, 133], :2], landmarks[[362, 263], :2] = (96, 110), (160, 110)
    assert face_quality(texture, landmarks).eye_distance == pytest.approx(0.25)


def test_structure_beside_the_head_is_told_from_a_plain_wall(texture: np.ndarray, landmarks: np.ndarray) -> None:
    landmarks[:, :2] = 128 + (landmarks[:, :2] - 128) * 0.8
    plain, stripes = np.full_like(texture, 120), np.full_like(texture, 120)
    stripes[:, ::16] = stripes[:, 1::16] = stripes[:, 2::16] = 240
    wall, busy = (face_quality(crop, landmarks).background for crop in (plain, stripes))
    assert wall == 1
    assert busy is not None
    assert busy < 0.5


def test_black_beyond_the_picture_is_no_background(texture: np.ndarray, landmarks: np.ndarray) -> None:
    padded = texture.copy()
    padded[:140] = 0
    assert face_quality(padded, landmarks).background is None


def test_a_mesh_outside_the_crop_measures_nothing(texture: np.ndarray, landmarks: np.ndarray) -> None:
    assert face_quality(texture, landmarks + 5000) == FaceQuality(*[0.0] * 10, None)
