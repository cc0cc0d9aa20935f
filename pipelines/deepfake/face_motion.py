"""What a face's movement tells: does the mesh tremble, does the person change, do the lips follow the voice?"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from models.face.alignment import similarity
from pipelines.media.frames import Sound

LEAST_FPS = 8.0
"""Fewer frames a second cannot show lips that follow a voice, nor tell trembling from moving."""
LEAST_FRAMES = 24
LEAST_SPEECH_S = 1.5
_STEADY = (6, 197, 168, 133, 362, 33, 263, 98, 327, 234, 454, 10, 152)
"""Landmarks over bone: bridge of the nose, corners of the eyes, sides, forehead, chin."""
_LAG_S = 0.3
_SHIFT_S = 0.6
_LOUD = 0.15
_SMOOTH_S = 0.12


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """One face over frames at an even rate.

    Attributes:
        times: (F,) seconds.
        meshes: (F, 478, 2) pixels.
        mouth: (F,) openness 0..1.
    """

    times: np.ndarray
    meshes: np.ndarray
    mouth: np.ndarray

    @property
    def fps(self) -> float:
        """Frames a second."""
        return float((len(self.times) - 1) / max(self.times[-1] - self.times[0], 1e-6)) if len(self.times) > 1 else 0.0

    @property
    def dense(self) -> bool:
        """Whether it shows movement from frame to frame."""
        return len(self.times) >= LEAST_FRAMES and self.fps >= LEAST_FPS


@dataclass(frozen=True, slots=True)
class LipSync:
    """How mouth and voice go together.

    Attributes:
        correlation: of mouth opening and loudness at the best lag within 0.3 s.
        lag: that lag in seconds, positive where the voice comes later.
        surprise: standard deviations by which it stands above the lags that lips cannot have.
        speech: seconds of sound that were loud enough.
    """

    correlation: float
    lag: float
    surprise: float
    speech: float


def landmark_jitter(path: Path) -> float:
    """Median over frames of how far the face's bony points jump off the line of their neighbours in time, once the
    head's own movement is taken out; in thousandths of the face's width."""
    steady = path.meshes[:, _STEADY].astype(np.float64)
    jumps = []
    for before, here, after in zip(steady, steady[1:], steady[2:], strict=False):
        middle = (_onto(before, here) + _onto(after, here)) / 2
        width = max(float(np.linalg.norm(here[9] - here[10])), 1.0)
        jumps.append(float(np.sqrt(((here - middle) ** 2).sum(1).mean())) / width)
    return 1000 * float(np.median(jumps)) if jumps else 0.0


def identity_jitter(embeddings: Sequence[np.ndarray]) -> float | None:
    """Mean of 1 - cosine between the faces of frames that follow on one another; None with fewer than four."""
    if len(embeddings) < 4:
        return None
    return float(np.mean([1 - float(one @ other) for one, other in pairwise(embeddings)]))


def lip_sync(path: Path, sound: Sound) -> LipSync | None:
    """None where too little is heard, or the mouth does not move at all.

    Loudness is taken in the band of vowels' first formants and their neighbours, at the times of the frames.
    """
    step = 1 / 25.0
    times = np.arange(path.times[0], path.times[-1], step)
    loud = loudness(sound, times)
    speech = float((loud > _LOUD).sum() * step)
    mouth = np.interp(times, path.times, path.mouth)
    if speech < LEAST_SPEECH_S or mouth.std() < 1e-3 or loud.std() < 1e-3:
        return None
    return _correlated(_smooth(mouth, step), _smooth(loud, step), step, speech)


def loudness(sound: Sound, times: np.ndarray) -> np.ndarray:
    """(T,) 0..1 on the scale of the loudest twentieth: root mean square, compressed by a square root."""
    samples = sound.samples.astype(np.float32) / 32768
    samples = np.diff(samples, prepend=samples[:1]) + 0.3 * samples  # rumble weighs less than voices
    half = int(0.02 * sound.rate)
    power = np.concatenate([[0.0], np.cumsum(samples.astype(np.float64) ** 2)])
    middle = (times * sound.rate).astype(int)
    low, high = np.clip(middle - half, 0, len(samples)), np.clip(middle + half, 0, len(samples))
    level = np.sqrt(np.maximum((power[high] - power[low]) / np.maximum(high - low, 1), 0))
    return np.asarray(np.clip(np.sqrt(level / max(float(np.percentile(level, 95)), 1e-4)), 0, 1.5))


def _correlated(mouth: np.ndarray, loud: np.ndarray, step: float, speech: float) -> LipSync:
    near, far = round(_LAG_S / step), round(_SHIFT_S / step)
    lags = range(-near, near + 1)
    values = [_at_lag(mouth, loud, lag) for lag in lags]
    best = int(np.argmax(values))
    # Lags that lips never have are what chance gives: of the same two curves, so with their own rhythm.
    chance = [_at_lag(mouth, np.roll(loud, lag), 0) for lag in range(far, len(loud) - far, 3)]
    spread = max(float(np.std(chance)), 0.05) if chance else 1.0
    surprise = (values[best] - (float(np.mean(chance)) if chance else 0.0)) / spread
    return LipSync(float(values[best]), lags[best] * step, float(surprise), speech)


def _at_lag(one: np.ndarray, other: np.ndarray, lag: int) -> float:
    first, second = (one[: len(one) - lag], other[lag:]) if lag >= 0 else (one[-lag:], other[: len(other) + lag])
    first, second = first - first.mean(), second - second.mean()
    norm = float(np.sqrt((first**2).sum() * (second**2).sum()))
    return float(first @ second) / norm if norm > 1e-9 else 0.0


def _smooth(curve: np.ndarray, step: float) -> np.ndarray:
    width = max(1, round(_SMOOTH_S / step)) | 1
    padded = np.pad(curve, width // 2, mode="edge")
    return np.convolve(padded, np.ones(width) / width, "valid")


def _onto(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    turn = similarity(points, others)
    return np.asarray(points @ turn[:, :2].T + turn[:, 2])
