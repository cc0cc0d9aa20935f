import numpy as np
import pytest

from models.document.orientation import PageOrientation
from tests.models.document.pages import LETTER, page


@pytest.fixture(scope="module")
def orientation() -> PageOrientation:
    loaded = PageOrientation()
    loaded.load()
    return loaded


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_turned_page_is_turned_back(orientation: PageOrientation, turns: int) -> None:
    upright = page([*LETTER, *((text, left, top + 500) for text, left, top in LETTER)], width=800, height=1000)
    turned = np.ascontiguousarray(np.rot90(upright, -turns))
    turn = orientation.predict([turned])[0]
    assert turn.degrees == 90 * turns
    assert turn.confidence > 0.5
    assert np.array_equal(turn.upright(turned), upright)


def test_long_and_tiny_pages_are_taken(orientation: PageOrientation) -> None:
    turns = orientation.predict([np.full((2000, 90, 3), 255, np.uint8), np.full((1, 1, 3), 255, np.uint8)])
    assert [turn.degrees in (0, 90, 180, 270) for turn in turns] == [True, True]
