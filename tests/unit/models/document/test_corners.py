"""The order of corners, and their place on the edges, on drawings."""

import cv2
import numpy as np
import pytest

from models.document.corners import ordered
from models.document.edges import refine

TILTED = np.array([[12.3, 10.1], [45.2, 15.7], [41.9, 38.4], [8.8, 32.2]])


def test_corners_come_clockwise_from_the_top_left() -> None:
    for shift in range(4):
        assert np.allclose(ordered(np.roll(TILTED, shift, 0)), TILTED)
    assert np.allclose(ordered(TILTED[::-1]), TILTED)


@pytest.mark.parametrize("scale", [1, 3])
def test_a_guess_is_moved_onto_the_edges(scale: int) -> None:
    rng = np.random.default_rng(1)
    truth = np.array([[150.4, 120.2], [602.7, 160.9], [580.1, 445.3], [128.6, 401.5]]) * scale
    image = rng.integers(60, 100, (600 * scale, 800 * scale, 3), np.uint8)
    cv2.fillConvexPoly(image, np.round(truth * 16).astype(np.int32), (210.0, 205.0, 200.0), cv2.LINE_AA, 4)
    image = cv2.GaussianBlur(image, (0, 0), 1.2)
    guess = truth + rng.uniform(-8, 8, (4, 2)) * scale
    assert np.abs(refine(image, guess) - truth).max() < 1.6 * scale


def test_a_side_without_an_edge_stays_where_it_was() -> None:
    guess = np.array([[100.0, 100], [300, 100], [300, 220], [100, 220]])
    assert np.allclose(refine(np.full((400, 500, 3), 120, np.uint8), guess), guess)
