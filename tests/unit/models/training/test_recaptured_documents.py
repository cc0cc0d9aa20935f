"""Windows of recaptured documents, on a drawn document: no fonts needed."""

import cv2
import numpy as np
import pytest

from models.training.document_recapture.windows import SPECIES, near, staged, taken_by, view_of, window
from models.training.recapture.settings import HELD_OUT, TRAIN, WIDE
from models.training.recapture.simulate import look


@pytest.fixture
def document() -> np.ndarray:
    image = np.full((640, 1010, 3), (225, 215, 200), np.uint8)
    for y in range(60, 600, 60):
        cv2.putText(image, "SPECIMEN 0123456789", (40, y), cv2.FONT_HERSHEY_SIMPLEX, 1.4, (40.0, 40.0, 60.0), 3)
    return image


def test_what_a_view_sees_is_the_same_when_the_rest_is_cut_away(document: np.ndarray) -> None:
    rng = np.random.default_rng(3)
    scene = staged(document, rng, document)
    for width in (500.0, 1200.0):
        view, _ = view_of(scene, rng, width, (300, 300), whole=False)
        part, there = near(scene, view)
        assert part.image.size < scene.image.size
        assert np.abs(look(scene.image, view).astype(int) - look(part.image, there)).mean() < 1.5


@pytest.mark.parametrize("species", SPECIES)
@pytest.mark.parametrize("settings", [TRAIN, WIDE, HELD_OUT], ids=["train", "wide", "held-out"])
def test_windows_are_drawn_again_from_their_seed(document: np.ndarray, species, settings) -> None:
    first, second = (window(document, species, np.random.default_rng(8), settings, document) for _ in range(2))
    assert first is not None
    assert first.shape == (3, 128, 128, 3)
    assert np.array_equal(first, second)


def test_both_cameras_are_used_for_everything() -> None:
    light = np.full((60, 80, 3), 0.3, np.float32)
    sizes = {taken_by(light, np.random.default_rng(seed), TRAIN).shape for seed in range(12)}
    assert len(sizes) > 1
