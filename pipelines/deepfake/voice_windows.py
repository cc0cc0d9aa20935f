"""Which stretches of a recording a detector listens to."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from models.voice.activity import RATE, Span

LEAST_SPEECH = 0.5
"""Seconds of speech that a window has at least, unless none of the recording has as much."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of the recording in seconds, with natural log odds of being fake: of our detector, and of each that an
    operator brought, by its registry name."""

    start: float
    end: float
    fake_log_odds: float | None = None
    checkpoints: Mapping[str, float] = field(default_factory=dict)


def cut_windows(spans: Sequence[Span], duration: float, length: float) -> list[Window]:
    """Windows over all that is spoken, in order and apart from one another.

    Each begins with speech; the last ones reach back so as not to exceed the recording, and only those of a recording
    shorter than `length` seconds are shorter. Without spans there are none.
    """
    found: list[Window] = []
    for span in spans:
        start = max(span.start, found[-1].end if found else 0.0)
        while span.end - start > (LEAST_SPEECH if found else 0.0):
            at = max(0.0, min(start, duration - length))
            found.append(Window(round(at, 3), round(min(at + length, duration), 3)))
            start = found[-1].end
    spoken = [_spoken(window, spans) for window in found]
    enough = min(LEAST_SPEECH, max(spoken, default=0.0))
    return [window for window, seconds in zip(found, spoken, strict=True) if seconds >= enough]


def samples_of(window: Window, samples: npt.NDArray[np.int16], length: float) -> npt.NDArray[np.float32]:
    """(length * 16000,) float32 within -1..1; a window that is too short is repeated."""
    size = round(length * RATE)
    part = samples[round(window.start * RATE) : round(window.start * RATE) + size].astype(np.float32) / 32768
    return np.resize(part, size)


def in_groups(windows: Sequence[Window], size: int) -> Iterator[Sequence[Window]]:
    """At most `size` at a time, so that memory does not grow with the recording."""
    for start in range(0, len(windows), size):
        yield windows[start : start + size]


def _spoken(window: Window, spans: Sequence[Span]) -> float:
    return sum(max(0.0, min(window.end, span.end) - max(window.start, span.start)) for span in spans)
