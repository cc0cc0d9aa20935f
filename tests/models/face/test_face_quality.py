"""Real faces, spoilt: the component that names the fault falls, and the score with it."""

from itertools import pairwise

import cv2
import numpy as np
import pytest

from models.face.iso_quality import Components, unified
from models.training.face_views import Looker


@pytest.fixture(scope="module")
def looker() -> Looker:
    return Looker()


def seen(looker: Looker, image: np.ndarray) -> Components:
    found = looker.look(image)
    assert found is not None
    return found[0]


@pytest.fixture(params=["astronaut", "officer"])
def portrait(request: pytest.FixtureRequest) -> np.ndarray:
    image: np.ndarray = request.getfixturevalue(request.param)
    return image


def test_a_good_portrait_scores_high(looker: Looker, portrait: np.ndarray) -> None:
    assert unified(seen(looker, portrait)) > 0.9


def falls(looker: Looker, portraits: list[np.ndarray], component: str) -> None:
    """Each picture is worse than the one before, in that component and on the whole."""
    found = [seen(looker, image) for image in portraits]
    for better, worse in pairwise(found):
        assert getattr(worse, component) < getattr(better, component)
        assert unified(worse) < unified(better)


def test_blur_lowers_sharpness_and_the_score(looker: Looker, portrait: np.ndarray) -> None:
    falls(looker, [portrait, *(cv2.GaussianBlur(portrait, (0, 0), sigma) for sigma in (1.5, 3, 5))], "sharpness")


def test_darkness_lowers_luminance_and_the_score(looker: Looker, portrait: np.ndarray) -> None:
    falls(looker, [portrait, *((portrait * share).astype(np.uint8) for share in (0.3, 0.1))], "luminance")


def test_too_much_light_lowers_exposure_and_the_score(looker: Looker, portrait: np.ndarray) -> None:
    burnt = [np.clip(portrait * gain, 0, 255).astype(np.uint8) for gain in (1.6, 2.5)]
    falls(looker, [portrait, *burnt], "overexposure_prevention")


def test_noise_of_a_large_face_lowers_noise_freedom_and_the_score(looker: Looker, officer: np.ndarray) -> None:
    noise = np.random.default_rng(7).normal(0, 1, officer.shape)
    spoilt = [np.clip(officer + noise * deviation, 0, 255).astype(np.uint8) for deviation in (20, 50)]
    falls(looker, [officer, *spoilt], "noise_freedom")


def test_fewer_pixels_lower_eye_distance_and_the_score(looker: Looker, portrait: np.ndarray) -> None:
    small = [cv2.resize(portrait, None, fx=share, fy=share, interpolation=cv2.INTER_AREA) for share in (0.5, 0.2)]
    falls(looker, [portrait, *small], "eye_distance")


def test_a_cloth_over_the_mouth_lowers_its_visibility_and_the_score(looker: Looker, astronaut: np.ndarray) -> None:
    covered = astronaut.copy()
    covered[128:190, 175:275] = (150, 190, 215)
    falls(looker, [astronaut, covered], "mouth_visible")
