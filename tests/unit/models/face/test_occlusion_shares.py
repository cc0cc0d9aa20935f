import numpy as np
import pytest

from models.face.occlusion import GRID, REGIONS, shares


def test_a_bare_face_is_wholly_visible_and_a_covered_one_not_at_all() -> None:
    assert set(shares(np.zeros((GRID, GRID))).values()) == {1.0}
    assert set(shares(np.ones((GRID, GRID))).values()) == {0.0}


@pytest.mark.parametrize("region", REGIONS)
def test_covering_a_region_hides_it_and_leaves_the_opposite_one(region: str) -> None:
    left, top, right, bottom = (edge // 8 for edge in REGIONS[region])
    hidden = np.zeros((GRID, GRID))
    hidden[top : bottom + 1, left : right + 1] = 1
    seen = shares(hidden)
    opposite = {"left_eye": "right_eye", "right_eye": "left_eye", "nose": "left_eye", "mouth": "right_eye"}[region]
    assert seen[region] < 0.1
    assert seen[opposite] > 0.9
    assert 0 < seen["total"] < 1
