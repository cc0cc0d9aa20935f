import cv2
import numpy as np
import pytest

from models.document.text_detection import DetectionSettings, clockwise, network_size, regions

SETTINGS = DetectionSettings()


def probability(*rectangles: tuple[tuple[float, float], tuple[float, float], float]) -> np.ndarray:
    """A map with rectangles (centre, size, angle in degrees) of sure text."""
    drawn = np.zeros((200, 400), np.uint8)
    for rectangle in rectangles:
        cv2.fillPoly(drawn, [cv2.boxPoints(rectangle).astype(np.int32)], 255)
    return drawn.astype(np.float32) / 255 * 0.9


def test_a_region_grows_by_area_over_perimeter_times_the_ratio() -> None:
    (quad,) = regions(probability(((200, 100), (120, 20), 0)), SETTINGS)
    grown = 1.6 * 120 * 20 / (2 * 140)
    (left, top), (right, bottom) = quad.min(axis=0), quad.max(axis=0)
    assert (left, right) == pytest.approx((140 - grown, 260 + grown), abs=3)
    assert (top, bottom) == pytest.approx((90 - grown, 110 + grown), abs=3)


def test_a_slanted_region_keeps_its_slant() -> None:
    (quad,) = regions(probability(((200, 100), (160, 20), 12)), SETTINGS)
    edge = quad[1] - quad[0]
    assert np.degrees(np.arctan2(edge[1], edge[0])) == pytest.approx(12, abs=1.5)


def test_dust_and_doubtful_regions_are_left_out() -> None:
    assert regions(probability(((200, 100), (1, 1), 0)), SETTINGS).shape == (0, 4, 2)
    assert regions(probability(((200, 100), (120, 20), 0)) * 0.5, SETTINGS).shape == (0, 4, 2)


def test_corners_go_clockwise_from_the_one_nearest_to_the_top_left() -> None:
    square = np.array([[10, 0], [10, 10], [0, 10], [0, 0]], np.float32)
    for turn in range(4):
        assert clockwise(np.roll(square, turn, axis=0)).tolist() == [[0, 0], [10, 0], [10, 10], [0, 10]]


def test_images_go_to_the_network_in_multiples_of_32_and_never_larger_than_allowed() -> None:
    assert network_size(500, 300, SETTINGS) == (288, 512)
    assert network_size(4000, 3000, SETTINGS) == (704, 960)
    assert network_size(1, 1, SETTINGS) == (32, 32)
    assert network_size(200, 100, DetectionSettings(least_side=640, most_side=960)) == (480, 960)
