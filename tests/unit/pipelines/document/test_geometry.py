"""The rules of the capture, each broken alone, and their order; documents made flat and turned."""

import cv2
import numpy as np
import pytest

from pipelines.document.geometry import Placement, error_of, place, rectify, turned

GOOD = Placement(area=0.4, margin=0.1, flush=False)


def rectangle(left: float, top: float, right: float, bottom: float) -> np.ndarray:
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)


@pytest.mark.parametrize(
    ("placement", "count", "portrait", "code"),
    [
        (None, 0, False, "DOCUMENT_NOT_FOUND"),
        (GOOD, 2, True, "TOO_MANY_DOCUMENTS"),
        (Placement(0.09, 0.1, False), 1, True, "DOCUMENT_TOO_SMALL"),
        (Placement(0.4, -0.02, False), 1, True, "DOCUMENT_CROPPED"),
        (Placement(0.96, 0.002, False), 1, True, "DOCUMENT_TOO_CLOSE_TO_CAMERA"),
        (Placement(0.4, 0.005, False), 1, True, "DOCUMENT_TOO_CLOSE_TO_BORDER"),
        (GOOD, 1, False, "DOCUMENT_PHOTO_NOT_FOUND"),
        (GOOD, 1, True, None),
    ],
)
def test_each_rule_has_its_code(placement: Placement | None, count: int, portrait: bool, code: str | None) -> None:
    assert error_of(placement, count, portrait, front=True) == code


def test_a_back_needs_no_portrait() -> None:
    assert error_of(GOOD, 1, False, front=False) is None


def test_of_several_broken_rules_the_first_of_the_contract_is_named() -> None:
    assert error_of(Placement(0.05, -0.1, False), 2, False, front=True) == "TOO_MANY_DOCUMENTS"
    assert error_of(Placement(0.05, -0.1, False), 1, False, front=True) == "DOCUMENT_TOO_SMALL"
    assert error_of(Placement(0.97, -0.1, False), 1, False, front=True) == "DOCUMENT_CROPPED"


def test_area_counts_only_what_the_picture_shows() -> None:
    assert place(rectangle(100, 100, 300, 200), 400, 400).area == pytest.approx(200 * 100 / 400**2)
    half = place(rectangle(-100, 100, 100, 200), 400, 400)
    assert half.area == pytest.approx(100 * 100 / 400**2)
    assert half.cropped


def test_a_flat_scan_is_no_cropped_document() -> None:
    scan = place(rectangle(-4, -3, 1015, 640), 1011, 638)
    assert scan.flush
    assert not scan.cropped
    assert error_of(scan, 1, True, front=True) == "DOCUMENT_TOO_CLOSE_TO_CAMERA"


def test_a_picture_of_another_shape_that_is_filled_is_no_flat_scan() -> None:
    assert not place(rectangle(-10, -10, 1610, 1210), 1600, 1200).flush


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_a_photographed_document_is_made_flat_with_its_longer_side_horizontal(quarters: int) -> None:
    flat = np.full((300, 476, 3), 90, np.uint8)
    flat[:100, :150] = (250, 20, 20)
    corners = np.array([[140, 90], [610, 130], [590, 440], [120, 400]], np.float32)
    source = np.array([[0, 0], [476, 0], [476, 300], [0, 300]], np.float32)
    photo = cv2.warpPerspective(flat, cv2.getPerspectiveTransform(source, corners), (700, 520))
    photo = np.ascontiguousarray(np.rot90(photo, quarters))
    for _ in range(quarters):
        width = 700 if _ % 2 == 0 else 520
        corners = np.stack([corners[:, 1], width - corners[:, 0]], 1).astype(np.float32)
    document, matrix = rectify(photo, np.roll(corners, quarters, 0))
    assert document.shape[1] / document.shape[0] == pytest.approx(1.586, abs=0.02)
    red = (document[..., 0] > 200).mean()
    assert red == pytest.approx(100 * 150 / (300 * 476), rel=0.1)
    there = cv2.perspectiveTransform(corners[None].astype(np.float64), matrix)[0]
    assert there.min() > -1
    assert np.all(there.max(0) < np.array(document.shape[1::-1]) + 1)


def test_turning_keeps_the_homography_true() -> None:
    image = np.zeros((100, 200, 3), np.uint8)
    image[20, 150] = 255
    for quarters in range(4):
        document, matrix = turned(image, np.eye(3), quarters)
        x, y = (matrix @ [150.5, 20.5, 1])[:2]
        assert document[int(y), int(x), 0] == 255
