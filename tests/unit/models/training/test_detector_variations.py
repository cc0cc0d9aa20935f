"""Pictures that the document detector learns from, on drawings: corners must stay where the document is."""

import cv2
import numpy as np
import pytest

from models.training.document_detector.variations import Rendered

WHITE = 220


def drawn(count: int) -> Rendered:
    """Bright documents on dark grounds, letterboxed, and an empty ground."""
    images, quads = np.full((count + 1, 256, 256, 3), 127, np.uint8), np.full((count + 1, 3, 4, 2), np.nan)
    rng = np.random.default_rng(2)
    for index in range(count + 1):
        images[index, 40:216, 12:244] = 30
        if index < count:
            quad = np.array([[60.0, 70], [190, 78], [186, 170], [57, 160]]) + rng.uniform(-8, 8, (4, 2))
            cv2.fillConvexPoly(images[index], np.round(quad).astype(np.int32), (WHITE, WHITE, WHITE))
            quads[index, 0] = quad
    kinds = np.array([0] * count + [2], np.int8)
    photos = [np.full((90, 70, 3), 30, np.uint8)]
    return Rendered(images, quads, kinds, photos, none=2, whole=(5, 6))


@pytest.mark.parametrize("seed", range(12))
def test_corners_stay_on_the_document(seed: int) -> None:
    rendered, rng = drawn(6), np.random.default_rng(seed)
    image, quads = rendered.picture(rng, seed % 6)
    assert image.shape == (256, 256, 3)
    for quad in quads[np.isfinite(quads).all((1, 2))]:
        middle = quad.mean(0)
        inside = np.zeros((256, 256), np.uint8)
        cv2.fillConvexPoly(inside, np.round(middle + (quad - middle) * 0.8).astype(np.int32), 1.0)
        inside[(image == 127).all(-1)] = 0
        around = np.zeros((256, 256), np.uint8)
        cv2.fillConvexPoly(around, np.round(middle + (quad - middle) * 1.25).astype(np.int32), 1.0)
        cv2.fillConvexPoly(around, np.round(middle + (quad - middle) * 1.05).astype(np.int32), 0.0)
        around[(image == 127).all(-1)] = 0
        if inside.sum() > 150 and around.sum() > 60:
            assert np.median(image[inside > 0]) > np.median(image[around > 0])


def test_a_seed_gives_the_same_picture_again() -> None:
    one, two = (drawn(3).picture(np.random.default_rng(7), 1) for _ in range(2))
    assert np.array_equal(one[0], two[0])
    assert np.array_equal(one[1], two[1], equal_nan=True)
