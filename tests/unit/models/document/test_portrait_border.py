import cv2
import numpy as np
import pytest

from models.document.portrait_border import SIZE, border_measures

PORTRAIT = (100.0, 120.0, 320.0, 400.0)


@pytest.fixture
def paper() -> np.ndarray:
    return np.full((640, 1000, 3), 210, np.uint8)


def test_a_picture_that_lies_on_top_throws_a_shadow(paper: np.ndarray) -> None:
    printed, glued = paper.copy(), paper.copy()
    for picture in (printed, glued):
        cv2.rectangle(picture, (100, 120), (320, 400), (90, 80, 70), -1)
    cv2.rectangle(glued, (96, 116), (324, 404), (170, 170, 170), 4)
    assert border_measures(glued, PORTRAIT)[0] > border_measures(printed, PORTRAIT)[0] + 0.1


@pytest.mark.parametrize("portrait", [PORTRAIT, (-150.0, -200.0, 60.0, 80.0), (990.0, 600.0, 1400.0, 1100.0)])
def test_where_there_is_no_border_there_is_nothing_to_tell(
    paper: np.ndarray, portrait: tuple[float, float, float, float]
) -> None:
    assert border_measures(paper, portrait).tolist() == [0.0] * SIZE
