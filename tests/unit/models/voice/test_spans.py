"""Speech from probabilities of frames."""

from itertools import pairwise

import numpy as np
import pytest

from models.voice.activity import FRAME, RATE, Span, VoiceActivity, spans_of

SECOND = RATE / FRAME


def frames(*parts: tuple[float, float]) -> np.ndarray:
    """Probabilities: (seconds, probability) one after the other."""
    return np.concatenate([np.full(round(seconds * SECOND), p, np.float32) for seconds, p in parts])


def spans(*parts: tuple[float, float]) -> list[Span]:
    return spans_of(frames(*parts), sum(seconds for seconds, _ in parts))


def test_a_word_gets_a_margin_on_both_sides() -> None:
    (span,) = spans((1, 0.0), (1, 0.9), (1, 0.0))
    assert span.start == pytest.approx(0.8, abs=0.04)
    assert span.end == pytest.approx(2.2, abs=0.04)


def test_a_short_pause_does_not_part_a_sentence_and_a_long_one_does() -> None:
    assert len(spans((1, 0.9), (0.2, 0.0), (1, 0.9))) == 1
    assert len(spans((1, 0.9), (0.6, 0.0), (1, 0.9))) == 2


def test_a_doubtful_frame_neither_begins_nor_ends_speech() -> None:
    assert spans((1, 0.45)) == []
    assert len(spans((1, 0.9), (1, 0.45), (1, 0.9))) == 1


def test_a_click_is_no_speech() -> None:
    assert spans((1, 0.0), (0.1, 0.9), (1, 0.0)) == []


def test_speech_without_a_pause_is_cut_where_it_is_least_likely() -> None:
    found = spans((20, 0.9), (0.1, 0.5), (20, 0.9))
    assert [span.end for span in found][:-1] == [pytest.approx(20.0, abs=0.1)]
    longest = VoiceActivity.card.parameters["longest_s"]
    assert all(span.length <= longest + 1 for span in spans((200, 0.9)))


def test_spans_never_overlap_and_never_leave_the_recording() -> None:
    rng = np.random.default_rng(7)
    for _ in range(50):
        probabilities = rng.random(400).astype(np.float32).repeat(rng.integers(1, 12))
        duration = len(probabilities) / SECOND - 0.01
        found = spans_of(probabilities, duration)
        assert all(0 <= span.start < span.end <= duration + 0.001 for span in found)
        assert all(before.end <= after.start for before, after in pairwise(found))


def test_no_frames_are_no_speech() -> None:
    assert spans_of(np.zeros(0, np.float32), 0.0) == []
