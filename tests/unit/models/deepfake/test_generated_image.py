"""Traces of decoders and fingerprints of generators, on pictures that any installation has."""

import cv2
import numpy as np
import pytest
import skimage.data

from models.cards import card
from models.deepfake.fingerprint import FingerprintBank
from models.deepfake.generated_image import GeneratedImageDetector, cut_patches, traces
from models.weights import path


@pytest.fixture(scope="module")
def detector() -> GeneratedImageDetector:
    loaded = GeneratedImageDetector()
    loaded.load()
    return loaded


@pytest.fixture(scope="module")
def bank() -> FingerprintBank:
    loaded = FingerprintBank()
    loaded.load()
    return loaded


def bearing(generator: str, shift: tuple[int, int] = (0, 0), strength: float = 3.0) -> np.ndarray:
    """A smooth scene with the generator's pattern and grain."""
    with np.load(path("generator_fingerprints")) as stored:
        pattern = stored[generator]
    tiled = np.tile(np.roll(pattern / pattern.std(), shift, (0, 1)), (12, 12))
    side = len(tiled)
    y, x = np.mgrid[0:side, 0:side] / side
    scene = 120 + 60 * np.sin(5 * x + 2 * y) + np.random.default_rng(2).normal(0, 3, (side, side))
    return np.clip(scene + strength * tiled, 0, 255).astype(np.uint8)[..., None].repeat(3, 2)


def test_photographs_are_not_called_fake(detector: GeneratedImageDetector) -> None:
    fake_from = float(card("deepfake/ai-image-fusion").parameters["fake_from"])
    for score in detector.predict([skimage.data.astronaut(), skimage.data.coffee(), skimage.data.chelsea()]):
        assert score is not None
        assert score.fake_log_odds < np.log(fake_from / (1 - fake_from))


def test_a_picture_without_traces_is_hardly_likelier_real(detector: GeneratedImageDetector) -> None:
    (score,) = detector.predict([np.random.default_rng(1).integers(0, 255, (256, 256, 3), np.uint8)])
    assert score is not None
    assert score.fake_log_odds >= np.log(0.5)


def test_enlarging_a_picture_leaves_traces(detector: GeneratedImageDetector) -> None:
    photo = np.ascontiguousarray(skimage.data.astronaut()[:500, :500])
    enlarged = cv2.resize(cv2.resize(photo, (250, 250), interpolation=cv2.INTER_AREA), (500, 500))
    plain, worked = detector.predict([photo, enlarged])
    assert plain is not None
    assert worked is not None
    assert worked.fake_log_odds > plain.fake_log_odds


def test_a_large_picture_is_judged_at_half_its_size_and_a_smaller_one_in_its_own(
    detector: GeneratedImageDetector,
) -> None:
    photo = skimage.data.astronaut()
    half = cv2.resize(photo, (256, 256), interpolation=cv2.INTER_AREA)
    large, small, cut = detector.predict([photo, half, np.ascontiguousarray(photo[:511, :511])])
    assert large is not None
    assert small is not None
    assert cut is not None
    assert large.fake_log_odds == small.fake_log_odds
    assert (large.patches, cut.patches) == (4, 9)


def test_the_heat_map_covers_the_picture_and_plain_parts_stay_cold(detector: GeneratedImageDetector) -> None:
    photo = skimage.data.astronaut()[:384].copy()
    photo[:, :200] = 90
    (score,) = detector.predict([photo])
    assert score is not None
    assert score.heat.shape == (3, 3)
    assert (score.heat[:, 0] == 0).all()
    assert (score.heat[:, 2] > 0).any()
    assert score.patches < 12


@pytest.mark.parametrize("picture", [np.zeros((127, 400, 3), np.uint8), np.full((300, 300, 3), 7, np.uint8)])
def test_what_is_too_small_or_plain_is_not_judged(detector: GeneratedImageDetector, picture: np.ndarray) -> None:
    assert detector.predict([picture]) == [None]


@pytest.mark.parametrize("shape", [(128, 128), (300, 2000), (3000, 4000)])
def test_patches_are_spread_over_the_whole_picture(shape: tuple[int, int]) -> None:
    y, x = np.indices(shape)
    patches, rows = cut_patches(np.stack([y // 16, x // 16, x * 0], -1).astype(np.uint8))
    assert len(patches) <= 9
    assert len(patches) % rows == 0
    assert (patches[0, 0, 0] == 0).all()
    last = patches[-1, -1, -1][:2].astype(int)
    assert (np.abs(last - ((shape[0] - 1) // 16, (shape[1] - 1) // 16 % 256)) <= 1).all()


def test_every_measure_is_finite_whatever_the_patch() -> None:
    rng = np.random.default_rng(0)
    for patch in (np.zeros((128, 128, 3)), rng.integers(0, 255, (128, 128, 3)), np.full((128, 128, 3), 255)):
        found = traces(patch.astype(np.uint8))
        assert found.shape == (80,)
        assert np.isfinite(found).all()


@pytest.mark.parametrize("generator", ["gpt-image", "midjourney"])
@pytest.mark.parametrize("shift", [(0, 0), (13, 40)])
def test_a_fingerprint_is_found_wherever_its_lattice_begins(
    bank: FingerprintBank, generator: str, shift: tuple[int, int]
) -> None:
    (found,) = bank.predict([bearing(generator, shift)])
    assert found is not None
    assert (found.generator, found.found) == (generator, True)


def test_a_scaled_picture_and_a_photograph_bear_no_fingerprint(bank: FingerprintBank) -> None:
    scaled = cv2.resize(bearing("midjourney"), None, fx=0.83, fy=0.83, interpolation=cv2.INTER_AREA)
    for found in bank.predict([scaled, skimage.data.astronaut()]):
        assert found is not None
        assert not found.found


def test_small_pictures_have_no_fingerprint(bank: FingerprintBank) -> None:
    assert bank.predict([np.zeros((511, 900, 3), np.uint8)]) == [None]
