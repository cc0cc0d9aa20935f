"""Where a detector listens."""

import numpy as np
import pytest

from models.voice.activity import RATE, Span
from pipelines.deepfake.voice_windows import Window, cut_windows, samples_of


def bounds(windows: list[Window]) -> list[tuple[float, float]]:
    return [(window.start, window.end) for window in windows]


def test_windows_cover_what_is_spoken_and_leave_silence_out() -> None:
    spans = [Span(1.0, 10.0), Span(60.0, 63.0)]
    assert bounds(cut_windows(spans, 100.0, 4.0)) == [(1.0, 5.0), (5.0, 9.0), (9.0, 13.0), (60.0, 64.0)]


def test_a_window_that_would_leave_the_recording_reaches_back() -> None:
    assert bounds(cut_windows([Span(0.0, 10.0)], 10.0, 4.0)) == [(0.0, 4.0), (4.0, 8.0), (6.0, 10.0)]


def test_a_window_with_hardly_any_speech_is_left_out_but_never_the_only_one() -> None:
    spans = [Span(0.0, 4.3), Span(20.0, 20.3)]
    assert bounds(cut_windows(spans, 30.0, 4.0)) == [(0.0, 4.0)]
    assert bounds(cut_windows([Span(20.0, 20.3)], 30.0, 4.0)) == [(20.0, 24.0)]


def test_nobody_speaks_so_nobody_listens() -> None:
    assert cut_windows([], 30.0, 4.0) == []


@pytest.mark.parametrize("duration", [0.5, 1.5, 3.999])
def test_a_recording_shorter_than_a_window_is_one_window_and_repeated(duration: float) -> None:
    samples = np.arange(round(duration * RATE), dtype=np.int16)
    (window,) = cut_windows([Span(0.0, duration)], duration, 4.0)
    assert (window.start, window.end) == (0.0, duration)
    heard = samples_of(window, samples, 4.0)
    assert heard.shape == (4 * RATE,)
    assert heard.dtype == np.float32
    assert heard[len(samples)] == heard[0]


def test_samples_of_a_window_are_its_own_between_minus_one_and_one() -> None:
    samples = np.full(10 * RATE, -32768, np.int16)
    samples[4 * RATE : 8 * RATE] = 16384
    assert set(samples_of(Window(4.0, 8.0), samples, 4.0)) == {0.5}
