"""Where somebody speaks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models import weights
from models.cards import card
from models.onnx import open_session
from models.predictor import Predictor

RATE = 16_000
"""Samples a second of every sound in this package."""
FRAME = 512
"""Samples that one probability is about: 32 ms."""
_CONTEXT = 64
_BLOCK = 512
"""Frames in one run of the network: 16 s, so that memory does not grow with the recording."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of speech, in seconds from the start of the recording."""

    start: float
    end: float

    @property
    def length(self) -> float:
        """Seconds."""
        return self.end - self.start


class VoiceActivity(Predictor[npt.NDArray[np.int16], list[Span]]):
    """Finds speech with Silero VAD 6 (silero-team 2021-2026), an LSTM over 32 ms frames.

    Input: (N,) int16 sounds of 16,000 samples a second, of any length. Output: spans of speech in order of time, apart
    from one another; empty where nobody speaks. No span is longer than the card's `longest_s`: longer ones are cut
    where speech is least likely.
    """

    card = card("voice/activity")

    def load(self) -> None:
        """See `Predictor.load`."""
        self._session = open_session(weights.path("silero_vad"), threads=self.threads, device="cpu")

    def predict(self, batch: Sequence[npt.NDArray[np.int16]]) -> list[list[Span]]:
        """See the class."""
        return [spans_of(self.probabilities(samples), len(samples) / RATE) for samples in batch]

    def probabilities(self, samples: npt.NDArray[np.int16]) -> npt.NDArray[np.float32]:
        """(frames,) probability of speech in each frame of `FRAME` samples; the last one is padded with silence."""
        state = memory = np.zeros((1, 1, 128), np.float32)
        found = []
        for block in _blocks(samples):
            values, state, memory = self._session.run(None, {"input": block, "h": state, "c": memory})
            found.append(values.reshape(-1))
        return np.concatenate(found) if found else np.zeros(0, np.float32)


def _blocks(samples: npt.NDArray[np.int16]) -> Iterator[npt.NDArray[np.float32]]:
    """(frames, 64 + 512) float32 within -1..1: each frame behind the end of the one before."""
    before: npt.NDArray[np.float32] = np.zeros(_CONTEXT, np.float32)
    for start in range(0, len(samples), _BLOCK * FRAME):
        part = samples[start : start + _BLOCK * FRAME].astype(np.float32) / np.float32(32768)
        frames = np.zeros((-(-len(part) // FRAME), FRAME), np.float32)
        frames.reshape(-1)[: len(part)] = part
        contexts = np.concatenate((before[None], frames[:-1, -_CONTEXT:]))
        before = frames[-1, -_CONTEXT:]
        yield np.concatenate((contexts, frames), axis=1)


def spans_of(probabilities: npt.NDArray[np.float32], duration: float) -> list[Span]:
    """Speech from probabilities of frames.

    It begins at `speech_from`, ends below `silence_below` for at least `pause_s`, counts from `shortest_s`, and is
    widened by `margin_s` on both sides (the card's parameters).

    Args:
        duration: seconds of the recording, which no span exceeds.
    """
    limits = VoiceActivity.card.parameters
    second = FRAME / RATE
    stretches = _stretches(probabilities, limits["speech_from"], limits["silence_below"], limits["pause_s"] / second)
    kept = [(start, end) for start, end in stretches if (end - start) * second >= limits["shortest_s"]]
    cut = [part for stretch in kept for part in _cut(probabilities, *stretch, int(limits["longest_s"] / second))]
    return _widened([(start * second, end * second) for start, end in cut], limits["margin_s"], duration)


def _stretches(
    probabilities: npt.NDArray[np.float32], speech_from: float, silence_below: float, pause: float
) -> list[tuple[int, int]]:
    """First frame and the one after the last of each stretch."""
    found: list[tuple[int, int]] = []
    start = quiet = -1
    for number, probability in enumerate(probabilities):
        if probability >= speech_from:
            start, quiet = (number if start < 0 else start), -1
        elif probability < silence_below and start >= 0:
            quiet = number if quiet < 0 else quiet
            if number - quiet >= pause:
                found.append((start, quiet))
                start = quiet = -1
    return found + ([(start, len(probabilities))] if start >= 0 else [])


def _cut(probabilities: npt.NDArray[np.float32], start: int, end: int, most: int) -> Iterator[tuple[int, int]]:
    """The stretch in parts of at most `most` frames, cut where speech is least likely in the second half of a part."""
    while end - start > most:
        half = start + most // 2
        at = half + int(probabilities[half : start + most].argmin())
        yield start, at
        start = at
    yield start, end


def _widened(stretches: list[tuple[float, float]], margin: float, duration: float) -> list[Span]:
    """Spans with a margin on both sides; neighbours share what lies between them where it is too short for both."""
    spans = []
    for number, (start, end) in enumerate(stretches):
        before = stretches[number - 1][1] if number else 0.0
        after = stretches[number + 1][0] if number + 1 < len(stretches) else duration
        low = max(start - margin, (start + before) / 2 if number else 0.0)
        high = min(end + margin, (end + after) / 2 if number + 1 < len(stretches) else duration)
        spans.append(Span(round(low, 3), round(min(high, duration), 3)))
    return spans
