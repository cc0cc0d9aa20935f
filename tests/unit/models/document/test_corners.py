"""From maps to corners, and from corners to edges, on drawings."""

import cv2
import numpy as np
import pytest

from models.document.corners import ordered, quads_of
from models.document.edges import refine


def maps_of(*quads: np.ndarray, heat: bool = True) -> np.ndarray:
    """Perfect maps of documents, corners in cells."""
    maps = np.zeros((3, 64, 64), np.float32)
    yy, xx = np.mgrid[0:64, 0:64] + 0.5
    for quad in quads:
        for plane, shrink in ((0, 1.0), (1, 0.7)):
            points = quad.mean(0) + (quad - quad.mean(0)) * shrink
            inside = [cv2.pointPolygonTest(points.astype(np.float32), (float(x), float(y)), False) >= 0
                      for y, x in zip(yy.ravel(), xx.ravel(), strict=True)]  # fmt: skip
            maps[plane] = np.maximum(maps[plane], np.array(inside).reshape(64, 64))
        for x, y in quad if heat else ():
            maps[2] = np.maximum(maps[2], np.exp(-((xx - x) ** 2 + (yy - y) ** 2) / 2))
    return maps


TILTED = np.array([[12.3, 10.1], [45.2, 15.7], [41.9, 38.4], [8.8, 32.2]])


@pytest.mark.parametrize(("heat", "within"), [(True, 0.35), (False, 1.0)])
def test_a_document_has_its_four_corners(heat: bool, within: float) -> None:
    ((quad, score),) = quads_of(maps_of(TILTED, heat=heat), 0.6)
    assert np.abs(quad - TILTED).max() < within
    assert score == pytest.approx(1.0)


def test_documents_that_touch_are_two() -> None:
    left = np.array([[4.0, 10], [30, 10], [30, 28], [4, 28]])
    found = quads_of(maps_of(left, left + np.array([26, 0])), 0.6)
    assert len(found) == 2
    assert all(19 * 26 * 0.8 < cv2.contourArea(quad.astype(np.float32)) < 19 * 26 * 1.2 for quad, _ in found)


def test_nothing_is_nothing_and_doubtful_insides_do_not_count() -> None:
    assert quads_of(np.zeros((3, 64, 64), np.float32), 0.6) == []
    assert quads_of(maps_of(TILTED) * 0.58, 0.6) == []


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
