"""The shipped network on real pictures: what it returns, and that its map is its logit."""

import numpy as np
import pytest

from models.deepfake.face_artifacts import KINDS, SIZE, FaceArtifactDetector, FaceArtifacts, face_view
from models.deepfake.face_frequency import features, log_odds
from models.face.detector import FaceBox, YuNetDetector


@pytest.fixture(scope="module")
def network() -> FaceArtifactDetector:
    loaded = FaceArtifactDetector()
    loaded.load()
    return loaded


@pytest.fixture
def views(detector: YuNetDetector, astronaut: np.ndarray, officer: np.ndarray) -> list[np.ndarray]:
    return [face_view(image, detector.predict([image])[0][0]) for image in (astronaut, officer)]


def test_no_photo_of_a_person_is_surely_manipulated(network: FaceArtifactDetector, views: list[np.ndarray]) -> None:
    for found in network.predict(views):
        assert found.log_odds < 2.0
        assert set(found.kinds) == set(KINDS)
        assert sum(found.kinds.values()) == pytest.approx(1)


def test_a_face_pasted_from_another_picture_is_more_suspicious(
    network: FaceArtifactDetector, views: list[np.ndarray]
) -> None:
    real, other = views
    pasted = real.copy()
    part = (slice(60, 150), slice(55, 137))
    pasted[part] = np.clip(other[part].astype(int) * 0.8 + 20, 0, 255).astype(np.uint8)
    before, after = network.predict([real, pasted])
    assert after.log_odds > before.log_odds


def test_the_mean_of_the_activation_and_the_bias_are_the_logit(
    network: FaceArtifactDetector, views: list[np.ndarray]
) -> None:
    scale, offset = (float(network.card.parameters[name]) for name in ("scale", "offset"))

    def bias(found: FaceArtifacts) -> float:
        return (found.log_odds - offset) / scale - float(found.activation.mean())

    first, second = network.predict(views)
    assert first.activation.shape == (SIZE // 32, SIZE // 32)
    assert bias(first) == pytest.approx(bias(second), abs=1e-3)


def test_a_batch_changes_nothing(network: FaceArtifactDetector, views: list[np.ndarray]) -> None:
    both, alone = network.predict(views)[1], network.predict(views[1:])[0]
    assert both.log_odds == pytest.approx(alone.log_odds, abs=1e-4)
    assert network.predict([]) == []


def test_a_view_of_a_large_face_is_not_aliased() -> None:
    stripes = np.tile(np.array([0, 255], np.uint8), (1600, 800))[..., None].repeat(3, 2)
    points = np.array([[500, 600], [1100, 600], [800, 900], [550, 1100], [1050, 1100]], np.float32)
    view = face_view(stripes, FaceBox(300, 200, 1300, 1400, 0.9, points))
    assert view.shape == (SIZE, SIZE, 3)
    assert view.std() < 12


def test_a_face_at_the_border_is_seen_in_full() -> None:
    image = np.full((200, 200, 3), 90, np.uint8)
    points = np.array([[-10, 10], [30, 10], [10, 30], [-5, 50], [25, 50]], np.float32)
    assert (face_view(image, FaceBox(-40, -30, 60, 90, 0.9, points)) == 90).all()
    assert face_view(image, FaceBox(900, 900, 950, 950, 0.9, points + 900)).shape == (SIZE, SIZE, 3)


def test_grain_of_its_own_sets_a_face_apart(views: list[np.ndarray]) -> None:
    rng = np.random.default_rng(1)
    noisy = views[0].copy()
    part = noisy[50:150, 50:142]
    part[:] = np.clip(part + rng.normal(0, 25, part.shape), 0, 255).astype(np.uint8)
    assert features(noisy)[0] > features(views[0])[0] + 0.3
    assert np.isfinite(log_odds(noisy))
    assert np.isfinite(log_odds(np.zeros_like(noisy)))
