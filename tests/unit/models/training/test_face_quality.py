"""The fit of the unified quality, and who is compared with whom, on made-up views."""

import numpy as np
import pytest

from models.face.iso_quality import Components
from models.training.face_data import Photo
from models.training.face_quality import FLOOR, compared, fit, grouped, labelled
from models.training.face_views import CLEAN, View

FAULTLESS = Components(*[1.0] * 21)


def view(path: str, kind: str, *vector: float) -> View:
    return View(Photo(path, "group", ""), kind, FAULTLESS, np.array(vector))


def test_the_fit_finds_the_weights_that_failures_follow() -> None:
    rng = np.random.default_rng(7)
    inputs = -rng.random((20_000, 4))
    chance = 1 / (1 + np.exp(-(inputs @ np.array([3.0, FLOOR, 2.0, 0.0]) + 2)))
    model = fit(inputs, rng.random(20_000) < chance, np.ones(20_000))
    assert model.weights == pytest.approx([3.0, FLOOR, 2.0, 0.0], abs=0.3)
    assert model.bias == pytest.approx(2, abs=0.3)


def test_no_weight_falls_below_its_floor_even_where_better_pictures_fail_more() -> None:
    rng = np.random.default_rng(7)
    inputs = -rng.random((2000, 2))
    model = fit(inputs, inputs[:, 0] + inputs[:, 1] < -1, np.ones(2000))
    assert model.weights.tolist() == [FLOOR, 0]


def test_a_spoilt_picture_is_compared_with_its_original_and_with_those_that_match_it() -> None:
    seen = [
        view("a", CLEAN, 1, 0),
        view("a", "dark", 0.6, 0.8),
        view("b", CLEAN, 0.9, np.sqrt(0.19)),
        view("stranger in the group", CLEAN, 0, 1),
    ]
    pairs = compared(grouped(seen))
    assert len(pairs.failed) == 2
    assert pairs.weights.tolist() == [0.5, 0.5]
    assert not pairs.failed.any()


def test_labelled_pairs_are_compared_both_ways_and_people_are_told_by_their_pairs() -> None:
    paths = ("a", "b", "c", "x", "y")
    seen = [view(path, kind, 1, 0) for path in paths for kind in (CLEAN, "dark")]
    pairs = compared(labelled(seen, [("a", "b"), ("b", "c"), ("x", "y")]))
    assert len(pairs.failed) == 6
    assert len(np.unique(pairs.persons)) == 2
