"""How the corners that a network guessed are settled, on drawings."""

import cv2
import numpy as np

from models.document.learned_detector import overlap, settled

TRUTH = np.array([[150.4, 120.2], [602.7, 160.9], [580.1, 445.3], [128.6, 401.5]])


def drawn() -> np.ndarray:
    rng = np.random.default_rng(1)
    image = rng.integers(60, 100, (600, 800, 3), np.uint8)
    cv2.fillConvexPoly(image, np.round(TRUTH * 16).astype(np.int32), (210.0, 205.0, 200.0), cv2.LINE_AA, 4)
    return cv2.GaussianBlur(image, (0, 0), 1.2)


def test_a_guess_that_is_five_per_cent_off_comes_to_lie_on_the_edges() -> None:
    guess = TRUTH + np.array([[-18, 12], [15, -16], [17, 14], [-16, -15]])
    assert np.abs(settled(drawn(), guess, []) - TRUTH).max() < 2


def test_an_outline_settles_what_edges_near_the_guess_do_not() -> None:
    guess = TRUTH + np.array([[-10, 8], [12, -8], [10, 10], [-12, -9]])
    pale = np.full((600, 800, 3), 240, np.uint8)
    assert np.array_equal(settled(pale, guess, [TRUTH + 400, TRUTH]), TRUTH)


def test_an_outline_of_something_else_is_passed_over() -> None:
    pale = np.full((600, 800, 3), 240, np.uint8)
    portrait = TRUTH.mean(0) + (TRUTH - TRUTH.mean(0)) * 0.4
    assert np.allclose(settled(pale, TRUTH, [portrait]), TRUTH)


def test_overlap_is_the_share_of_the_union() -> None:
    square = np.array([[0.0, 0], [10, 0], [10, 10], [0, 10]])
    assert overlap(square, square) == 1.0
    assert abs(overlap(square, square + np.array([5, 0])) - 1 / 3) < 1e-5
    assert overlap(square, square + 20) == 0.0
