import numpy as np
import pytest

from models.face.alignment import REFERENCE, align, similarity
from models.face.detector import STRIDES, FaceBox, decode, select
from models.face.landmarks import mesh_crop, to_image

WIDTH = 64


def quiet() -> dict[str, np.ndarray]:
    """YuNet outputs for one empty 64 x 64 image."""
    outputs = {}
    for stride in STRIDES:
        cells = (WIDTH // stride) ** 2
        for name, channels in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10)):
            outputs[f"{name}_{stride}"] = np.zeros((cells, channels), np.float32)
    return outputs


def test_nothing_is_decoded_from_silence() -> None:
    boxes, points, scores = decode(quiet(), WIDTH, 0.6)
    assert (boxes.shape, points.shape, scores.shape) == ((0, 4), (0, 5, 2), (0,))
    assert select(boxes, points, scores, 0.3, np.ones(2)) == []


def test_a_cell_decodes_to_its_place_and_size() -> None:
    outputs = quiet()
    cell = 2 * (WIDTH // 16) + 1  # row 2, column 1 of stride 16
    outputs["cls_16"][cell] = outputs["obj_16"][cell] = 0.81
    outputs["bbox_16"][cell] = (0.5, 0.25, np.log(2), np.log(3))
    boxes, points, scores = decode(outputs, WIDTH, 0.6)
    assert boxes.tolist() == [pytest.approx([24 - 16, 36 - 24, 32, 48])]
    assert points[0].tolist() == [[16, 32]] * 5
    assert scores.tolist() == pytest.approx([0.81])


def test_overlapping_boxes_leave_the_surest() -> None:
    boxes = np.array([[0, 0, 10, 10], [1, 0, 10, 10], [40, 40, 30, 30]], np.float32)
    found = select(boxes, np.zeros((3, 5, 2), np.float32), np.array([0.7, 0.9, 0.8], np.float32), 0.3, np.ones(2))
    assert [(face.left, round(face.score, 1)) for face in found] == [(40, 0.8), (1, 0.9)]


def test_boxes_go_back_to_original_pixels_on_each_axis() -> None:
    (face,) = select(
        np.array([[1, 2, 3, 4]], np.float32), np.ones((1, 5, 2), np.float32), np.array([0.9]), 0.3, np.array([2.0, 3.0])
    )
    assert (face.left, face.top, face.right, face.bottom) == (2, 6, 8, 18)
    assert face.points.tolist() == [[2, 3]] * 5


def test_points_in_reference_position_need_no_transform() -> None:
    assert similarity(REFERENCE, REFERENCE) == pytest.approx(np.eye(2, 3), abs=1e-6)


def test_a_turned_scaled_and_shifted_face_is_brought_back() -> None:
    angle, scale = np.radians(33), 2.5
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = REFERENCE @ turn.T + (120, 40)
    back = similarity(moved, REFERENCE)
    assert moved @ back[:, :2].T + back[:, 2] == pytest.approx(REFERENCE, abs=1e-4)


def test_points_that_coincide_still_give_a_crop() -> None:
    image = np.zeros((50, 50, 3), np.uint8)
    assert align(image, np.full((5, 2), 20, np.float32)).shape == (112, 112, 3)


def test_crop_pixels_map_back_to_where_they_were_cut() -> None:
    image = np.zeros((400, 400, 3), np.uint8)
    image[195:206, 145:156] = 255
    points = np.array([[120, 160], [180, 190], [150, 200], [120, 230], [160, 250]], np.float32)
    crop, crop_to_image = mesh_crop(image, FaceBox(90, 120, 210, 280, 0.9, points))
    y, x = (axis.mean() for axis in np.nonzero(crop[..., 0] > 128))
    assert to_image(np.array([[x, y, 0.0]]), crop_to_image)[0].tolist() == pytest.approx([150, 200, 0], abs=0.6)
