"""How a picture gets into the detector's square, and back."""

import numpy as np
import pytest

from models.document.letterbox import GREY, MARGIN, SIZE, letterbox


@pytest.mark.parametrize("shape", [(600, 800), (1200, 400), (90, 120)])
def test_points_of_the_square_lie_where_the_picture_has_them(shape: tuple[int, int]) -> None:
    image = np.full((*shape, 3), 20, np.uint8)
    y, x = round(shape[0] * 0.3), round(shape[1] * 0.7)
    half = max(4, shape[0] // 40)
    image[y - half : y + half, x - half : x + half] = 250
    square, k, offset = letterbox(image)
    ys, xs = np.nonzero(square[..., 0] > 200)
    assert square.shape == (SIZE, SIZE, 3)
    assert np.abs(np.array([xs.mean() + 0.5, ys.mean() + 0.5]) - (np.array([x, y]) * k + offset)).max() < 1.0


def test_what_surrounds_the_picture_is_grey() -> None:
    square, _, _ = letterbox(np.zeros((300, 400, 3), np.uint8))
    assert (square[:MARGIN] == GREY).all()
    assert (square[SIZE // 2, MARGIN:-MARGIN] == 0).all()
