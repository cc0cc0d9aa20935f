import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.face.calibration import CARD, THRESHOLD, cosine_at, false_match_rate, score

COSINES = st.floats(-1, 1)


@given(COSINES, COSINES)
def test_a_higher_cosine_never_scores_lower(first: float, second: float) -> None:
    low, high = sorted((first, second))
    assert score(low) <= score(high)


@given(st.floats(-2, 2))
def test_scores_stay_between_zero_and_one(cosine: float) -> None:
    assert 0 <= score(cosine) <= 1


@given(st.floats(0, 1))
def test_the_cosine_of_a_score_scores_it(wanted: float) -> None:
    assert score(cosine_at(wanted)) == pytest.approx(wanted, abs=1e-9)


@pytest.mark.parametrize(("value", "rate"), [(0.4, 1e-1), (0.5, 1e-2), (0.6, 1e-3), (0.7, 1e-4), (0.9, 1e-6)])
def test_a_score_stands_for_the_documented_false_match_rate(value: float, rate: float) -> None:
    assert false_match_rate(value) == pytest.approx(rate)


def test_scores_below_the_scale_stand_for_a_rate_of_one() -> None:
    assert false_match_rate(0.1) == 1


def test_the_same_picture_twice_scores_one_and_opposites_zero() -> None:
    assert (score(1.0), score(-1.0)) == (1.0, 0.0)


def test_the_recommended_threshold_lies_at_the_measured_end_of_the_table() -> None:
    measured = next(row for row in CARD.measured if row.what == "cosine at FMR 0.0001")
    assert THRESHOLD == 0.7
    assert cosine_at(THRESHOLD) == pytest.approx(measured.value, abs=1e-3)


def test_the_table_is_strictly_increasing() -> None:
    assert np.all(np.diff(CARD.parameters["cosines"]) > 0)
    assert np.all(np.diff(CARD.parameters["scores"]) > 0)
