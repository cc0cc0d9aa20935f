"""Speech packed for a transcriber."""

from itertools import pairwise

import numpy as np
import pytest

from models.voice.activity import RATE, Span
from pipelines.deepfake.voice_packed import LONGEST, Packed, pack


def recording(seconds: float) -> np.ndarray:
    """Samples that say which tenth of a second they are from."""
    return (np.arange(round(seconds * RATE)) // (RATE // 10)).astype(np.int16)


def windows(packed: Packed) -> list[tuple[float, float]]:
    found, at = [], 0.0
    while at < packed.length:
        found.append((at, packed.window_end(at)))
        at = found[-1][1]
    return found


def test_short_pauses_stay_and_long_ones_are_left_out() -> None:
    packed = pack([Span(1.0, 2.0), Span(2.5, 3.0), Span(60.0, 62.0)], recording(70))
    assert packed.pieces == (Span(1.0, 3.0), Span(60.0, 62.0))
    assert packed.pauses == (1.0, 2.0, 4.0)
    assert packed.length == 4.0
    assert list(packed.samples[:: RATE // 10][18:22]) == [28, 29, 600, 601]
    assert list(packed.part(1.5, 1.7)[:: RATE // 10]) == [25, 26]


def test_times_lead_back_to_the_recording() -> None:
    packed = pack([Span(1.0, 3.0), Span(60.0, 62.0)], recording(70))
    assert packed.time_of(0.5) == 1.5
    assert packed.time_of(2.0) == 60.0
    assert packed.time_of(2.0, ends=True) == 3.0
    assert packed.time_of(3.25) == 61.25
    assert packed.time_of(29.0) == 62.0, "what is said of the padding is said of the end"


def test_a_window_ends_at_the_last_pause_within_reach() -> None:
    packed = pack([Span(0.0, 10.0), Span(10.2, 25.0), Span(25.2, 40.0)], recording(45))
    assert windows(packed) == [(0.0, 25.0), (25.0, 40.0)]
    assert packed.window_end(12.0) == 40.0


def test_speech_without_a_pause_is_cut_after_half_a_minute() -> None:
    assert windows(pack([Span(0.0, 70.0)], recording(70))) == [(0.0, 30.0), (30.0, 60.0), (60.0, 70.0)]


def test_windows_hold_all_that_is_spoken_and_none_is_too_long() -> None:
    rng = np.random.default_rng(3)
    at, spans = 0.0, []
    for _ in range(80):
        at += rng.uniform(0.1, 3)
        spans.append(Span(round(at, 3), round(at + rng.uniform(0.3, 26), 3)))
        at = spans[-1].end
    packed = pack(spans, np.zeros(round(at * RATE) + 1, np.int16))
    found = windows(packed)
    assert all(0 < end - start <= LONGEST for start, end in found)
    assert found[-1][1] == packed.length
    assert all(before[1] == after[0] for before, after in pairwise(found))
    assert len(packed.samples) == pytest.approx(packed.length * RATE, abs=len(packed.pieces))


def test_nothing_spoken_is_nothing_to_write_down() -> None:
    packed = pack([], recording(3))
    assert (packed.length, len(packed.samples)) == (0.0, 0)


def test_it_shows_no_samples_when_it_is_printed() -> None:
    assert "samples" not in repr(pack([Span(0, 1)], np.zeros(16000, np.int16)))
