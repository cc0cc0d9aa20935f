"""Scores of faces as tables."""

import numpy as np
import pytest

from benchmarks.faces.telling import area, report, share

LIMITS = {"fake_from": 0.9, "real_below": 0.3}


def scores(real: float, fake: float, n: int = 8) -> dict[str, list[list[float]]]:
    return {
        "real": [[0.0, 0.0, real + k / 100] for k in range(n)],
        "fake": [[1.0, 0.0, fake + k / 100] for k in range(n)],
    }


def test_a_share_has_its_interval_and_n() -> None:
    assert share(np.array([True] * 5 + [False] * 5)) == "50.0 % (23.7-76.3; n=10)"
    assert share(np.zeros(10, bool)).startswith("0.0 % (0.0-")


def test_the_area_is_one_where_every_fake_stands_above_every_real() -> None:
    value, low, high = area(np.array([0.1, 0.2, 0.3]), np.array([0.7, 0.8, 0.9]))
    assert (value, low, high) == (1.0, 1.0, 1.0)
    assert area(np.array([0.7, 0.8, 0.9]), np.array([0.1, 0.2, 0.3]))[0] == pytest.approx(0.0)


def test_unseen_kinds_are_told_from_trained_ones_and_parts_that_are_missing_are_left_out() -> None:
    found = {
        "about": {"unseen": ["poisson_swap"], "people": 3},
        "pairs": {"face_swap": scores(0.1, 0.92), "poisson_swap": scores(0.1, 0.4)},
        "real": {"photographs": [0.1, 0.2, 0.95]},
    }
    text = report(found, LIMITS)
    assert "| face_swap (trained) | 8 |" in text
    assert "| poisson_swap | 8 |" in text
    assert "| photographs | 3 | 33.3 %" in text
    assert "Not measured." in text


def test_a_clip_counts_against_its_own_copy() -> None:
    clips = {"a": {"real": 0.2, "lip_sync": 0.6}, "b": {"real": 0.7, "lip_sync": 0.6}}
    found = {
        "about": {"unseen": ["lip_sync"], "people": 2},
        "pairs": {"lip_sync": scores(0.1, 0.9)},
        "real": {},
        "clips": clips,
    }
    assert "| lip_sync | 0.50 | 50.0 %" in report(found, LIMITS)
