"""The fusion of the two passive presentation-attack signals."""

import math

import pytest

from models.cards import card
from models.face.pad_fusion import fuse


def test_fused_score_is_a_probability_even_for_certain_scores():
    for recapture in (0.0, 1.0):
        for signal in (0.0, 1.0):
            assert 0 < fuse(recapture, signal) < 1


def test_each_signal_raises_the_fused_score():
    assert fuse(0.2, 0.5) < fuse(0.8, 0.5)
    assert fuse(0.5, 0.2) < fuse(0.5, 0.8)


def test_a_score_that_is_no_probability_is_refused_and_never_fused():
    for broken in (math.nan, -0.1, 1.1):
        with pytest.raises(ValueError, match="is not within"):
            fuse(broken, 0.5)
        with pytest.raises(ValueError, match="is not within"):
            fuse(0.5, broken)


def test_two_certain_attack_signals_fail_and_two_certain_bona_fide_signals_pass():
    parameters = card("face/pad-fusion").parameters
    assert fuse(0.001, 0.001) < parameters["threshold"]
    assert fuse(0.999, 0.999) >= parameters["inconclusive_below"] >= parameters["threshold"]
