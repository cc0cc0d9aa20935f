"""Speech in windows that a transcriber can hear at once, with the times that their seconds have in the recording."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from models.voice.activity import RATE, Span

LONGEST = 30.0
"""Seconds of one chunk."""
LONGEST_PAUSE = 1.0
"""Seconds of silence that stay in a chunk; longer ones are left out."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Stretches of speech, one after the other.

    Attributes:
        pieces: which seconds of the recording it consists of, in order.
        samples: (N,) int16 of 16,000 a second: the pieces joined.
    """

    pieces: tuple[Span, ...]
    samples: npt.NDArray[np.int16] = field(repr=False)

    @property
    def length(self) -> float:
        """Seconds."""
        return sum(piece.length for piece in self.pieces)

    def time_of(self, second: float, *, ends: bool = False) -> float:
        """Which second of the recording a second of the chunk is.

        Args: ends: at a joint, the end of the piece before it rather than the start of the one behind.
        """
        left = max(0.0, second)
        for piece in self.pieces:
            if left < piece.length or (ends and left <= piece.length):
                return round(piece.start + left, 2)
            left -= piece.length
        return round(self.pieces[-1].end, 2)


def pack(spans: Sequence[Span], samples: npt.NDArray[np.int16]) -> list[Chunk]:
    """All that is spoken, in as few chunks of at most 30 s as keep its order and never part a span.

    Args:
        spans: none longer than a chunk.
        samples: (N,) int16 of the whole recording.
    """
    chunks: list[list[Span]] = []
    for span in spans:
        if not chunks or _length([*chunks[-1], span]) > LONGEST:
            chunks.append([])
        chunks[-1].append(span)
    return [_chunk(_joined(spans), samples) for spans in chunks]


def _joined(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Neighbours as one piece, with the pause between them, unless that is too long to keep."""
    pieces: list[Span] = []
    for span in spans:
        if pieces and span.start - pieces[-1].end <= LONGEST_PAUSE:
            pieces[-1] = Span(pieces[-1].start, span.end)
        else:
            pieces.append(span)
    return tuple(pieces)


def _length(spans: Sequence[Span]) -> float:
    return sum(piece.length for piece in _joined(spans))


def _chunk(pieces: tuple[Span, ...], samples: npt.NDArray[np.int16]) -> Chunk:
    parts = [samples[round(piece.start * RATE) : round(piece.end * RATE)] for piece in pieces]
    return Chunk(pieces, np.concatenate(parts))
