"""Speech without what lies between it, in windows that a transcriber can hear, with its times in the recording."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from models.voice.activity import RATE, Span

LONGEST = 30.0
"""Seconds of one window."""
LONGEST_PAUSE = 1.0
"""Seconds of silence that stay between two spans; longer ones are left out."""


@dataclass(frozen=True, slots=True)
class Packed:
    """All that is spoken, one after the other.

    Attributes:
        pieces: which seconds of the recording it consists of, in order.
        pauses: packed seconds at which a span of speech ends, in order; the last is the end.
        samples: (N,) int16 of 16,000 a second: the pieces joined.
    """

    pieces: tuple[Span, ...]
    pauses: tuple[float, ...]
    samples: npt.NDArray[np.int16] = field(repr=False)

    @property
    def length(self) -> float:
        """Seconds."""
        return self.pauses[-1] if self.pauses else 0.0

    def window_end(self, start: float) -> float:
        """Where a window from `start` on ends: at the last pause within reach, or within speech where there is none."""
        within = [pause for pause in self.pauses if start < pause <= start + LONGEST]
        return within[-1] if within else min(start + LONGEST, self.length)

    def part(self, start: float, end: float) -> npt.NDArray[np.int16]:
        """Samples between two packed seconds."""
        return self.samples[round(start * RATE) : round(end * RATE)]

    def time_of(self, second: float, *, ends: bool = False) -> float:
        """Which second of the recording a packed second is.

        Args: ends: at a joint, the end of the piece before it rather than the start of the one behind.
        """
        left = max(0.0, second)
        for piece in self.pieces:
            if left < piece.length or (ends and left <= piece.length):
                return round(piece.start + left, 2)
            left -= piece.length
        return round(self.pieces[-1].end, 2)


def pack(spans: Sequence[Span], samples: npt.NDArray[np.int16]) -> Packed:
    """Joins the speech of a recording.

    Args: samples: (N,) int16 of the whole recording.
    """
    pieces: list[Span] = []
    pauses: list[float] = []
    for span in spans:
        if pieces and span.start - pieces[-1].end <= LONGEST_PAUSE:
            pieces[-1] = Span(pieces[-1].start, span.end)
        else:
            pieces.append(span)
        pauses.append(round(sum(piece.length for piece in pieces), 3))
    parts = [samples[round(piece.start * RATE) : round(piece.end * RATE)] for piece in pieces]
    return Packed(tuple(pieces), tuple(pauses), np.concatenate(parts) if parts else samples[:0])
