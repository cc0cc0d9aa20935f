"""Speech packed for a transcriber."""

from itertools import pairwise

import numpy as np
import pytest

from models.voice.activity import RATE, Span
from pipelines.deepfake.voice_chunks import LONGEST, Chunk, pack


def recording(seconds: float) -> np.ndarray:
    """Samples that say which tenth of a second they are from."""
    return (np.arange(round(seconds * RATE)) // (RATE // 10)).astype(np.int16)


def test_short_pauses_stay_and_long_ones_are_left_out() -> None:
    (chunk,) = pack([Span(1.0, 2.0), Span(2.5, 3.0), Span(60.0, 62.0)], recording(70))
    assert chunk.pieces == (Span(1.0, 3.0), Span(60.0, 62.0))
    assert chunk.length == pytest.approx(4.0)
    assert list(chunk.samples[:: RATE // 10][18:22]) == [28, 29, 600, 601]


def test_times_lead_back_to_the_recording() -> None:
    (chunk,) = pack([Span(1.0, 3.0), Span(60.0, 62.0)], recording(70))
    assert chunk.time_of(0.5) == 1.5
    assert chunk.time_of(2.0) == 60.0
    assert chunk.time_of(2.0, ends=True) == 3.0
    assert chunk.time_of(3.25) == 61.25
    assert chunk.time_of(29.0) == 62.0, "what is said of the padding is said of the end"


def test_no_chunk_is_longer_than_a_window_and_none_parts_a_span() -> None:
    rng = np.random.default_rng(3)
    at, spans = 0.0, []
    for _ in range(80):
        at += rng.uniform(0.1, 3)
        spans.append(Span(round(at, 3), round(at + rng.uniform(0.3, 26), 3)))
        at = spans[-1].end
    chunks = pack(spans, np.zeros(round(at * RATE) + 1, np.int16))
    assert all(chunk.length <= LONGEST for chunk in chunks)
    covered = [piece for chunk in chunks for piece in chunk.pieces]
    assert all(before.end <= after.start for before, after in pairwise(covered))
    assert all(any(piece.start <= s.start and s.end <= piece.end for piece in covered) for s in spans)
    assert all(len(chunk.samples) == pytest.approx(chunk.length * RATE, abs=len(chunk.pieces)) for chunk in chunks)


def test_nothing_spoken_is_nothing_to_write_down() -> None:
    assert pack([], recording(3)) == []


def test_a_chunk_shows_no_samples_when_it_is_printed() -> None:
    assert "samples" not in repr(Chunk((Span(0, 1),), np.zeros(16000, np.int16)))
