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
        assert all(0 <= getattr(quality, name) <= 1 for name in FaceQuality.__slots__)


def test_more_blur_is_never_sharper(texture: np.ndarray, landmarks: np.ndarray) -> None:
    blurred = [cv2.GaussianBlur(texture, (0, 0), sigma) for sigma in (0.5, 1, 2, 4)]
    sharpness = [face_quality(crop, landmarks).sharpness for crop in (texture, *blurred)]
    assert sharpness == sorted(sharpness, reverse=True)
    assert sharpness[0] > CARD.parameters["sharpness_least"] > sharpness[-1]


def test_white_is_overexposed_and_black_underexposed(texture: np.ndarray, landmarks: np.ndarray) -> None:
    white, black = (face_quality(np.full_like(texture, value), landmarks) for value in (255, 0))
    assert (white.brightness, white.overexposed, white.underexposed) == (1, 1, 0)
    assert (black.brightness, black.overexposed, black.underexposed) == (0, 0, 1)


def test_only_the_face_counts(texture: np.ndarray, landmarks: np.ndarray) -> None:
    framed = texture.copy()
    framed[:30] = framed[-30:] = 255
    assert face_quality(framed, landmarks) == face_quality(texture, landmarks)


def test_a_mesh_outside_the_crop_measures_nothing(texture: np.ndarray, landmarks: np.ndarray) -> None:
    assert face_quality(texture, landmarks + 5000) == FaceQuality(0.0, 0.0, 0.0, 0.0, 0.0)
