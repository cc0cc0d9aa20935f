"""Error rates, on numbers small enough to count by hand."""

import numpy as np
import pytest

from benchmarks.biometrics.measures import (
    FAILED,
    by_person,
    false_match_rate,
    false_non_match_rate,
    least_error,
    threshold_at,
    trade_off,
)
from models.training.error_discard import error_versus_discard, resampled_discard

IMPOSTORS = np.arange(100) / 100


def test_the_threshold_lets_no_more_impostors_through_than_asked() -> None:
    for rate in (0.01, 0.02, 0.1):
        assert false_match_rate(IMPOSTORS, threshold_at(IMPOSTORS, rate)) == pytest.approx(rate)


def test_impostors_that_tie_at_the_threshold_are_all_kept_out() -> None:
    tied = np.array([0.1] * 97 + [0.9] * 3)
    assert false_match_rate(tied, threshold_at(tied, 0.01)) == 0


def test_too_few_impostors_cannot_show_a_rare_rate() -> None:
    with pytest.raises(ValueError, match="100 impostor pairs cannot show"):
        threshold_at(IMPOSTORS, 0.001)


def test_impostors_that_could_not_be_acquired_do_not_match() -> None:
    scores = np.array([FAILED] * 50 + [0.5] * 50)
    assert threshold_at(scores, 0.5) == np.nextafter(FAILED, np.inf)
    assert false_match_rate(scores, threshold_at(scores, 0.5)) == 0.5


def test_a_failure_to_acquire_is_a_non_match_at_any_threshold() -> None:
    assert false_non_match_rate(np.array([FAILED, 0.2, 0.9]), -5.0) == pytest.approx(1 / 3)


def test_a_trade_off_falls_as_more_impostors_are_let_through() -> None:
    genuine = np.array([0.5, 0.95, 0.985, 1.2])
    assert trade_off(genuine, IMPOSTORS, np.array([0.01, 0.1, 0.6])).tolist() == [0.5, 0.25, 0.0]


def test_the_interval_of_persons_who_fail_together_is_wider_than_that_of_pairs() -> None:
    errors = np.array([True] * 10 + [False] * 90)
    together, alone = np.arange(100) // 10, np.arange(100)
    first, second = by_person(errors, together, 1), by_person(errors, alone, 1)
    assert first.value == second.value == 0.1
    assert first.n == 100
    assert first.high - first.low > second.high - second.low


def test_no_error_among_few_persons_proves_little() -> None:
    rate = by_person(np.zeros(300, bool), np.arange(300) % 9, 1)
    assert (rate.value, rate.low) == (0.0, 0.0)
    assert rate.high == pytest.approx(0.299, abs=0.001)  # Wilson, 0 of 9


def test_discarding_by_a_quality_that_knows_reaches_zero_at_the_error_rate() -> None:
    errors = np.array([True] * 2 + [False] * 8)
    shares = np.array([0.0, 0.1, 0.2, 0.3])
    assert error_versus_discard(errors, np.arange(10.0), shares).tolist() == pytest.approx([0.2, 1 / 9, 0, 0])
    assert least_error(errors, shares).tolist() == pytest.approx([0.2, 1 / 9, 0, 0])


def test_discarding_by_a_misleading_quality_raises_the_error() -> None:
    errors = np.array([True] * 2 + [False] * 8)
    assert error_versus_discard(errors, -np.arange(10.0), np.array([0.0, 0.5])).tolist() == pytest.approx([0.2, 0.4])


def test_the_band_of_a_discard_curve_holds_the_curve() -> None:
    rng = np.random.default_rng(5)
    errors, quality, persons = rng.random(400) < 0.2, rng.random(400), np.arange(400) // 8
    shares = np.array([0.0, 0.1, 0.3])
    low, high = np.quantile(resampled_discard(errors, quality, persons, shares, 1), (0.025, 0.975), axis=0)
    curve = error_versus_discard(errors, quality, shares)
    assert (low <= curve).all()
    assert (curve <= high).all()
