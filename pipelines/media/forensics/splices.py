"""Where a recording was cut and joined: digital silence, a change of the channel's bandwidth, a break of the wave.

Limits were set on half of the readers of LibriSpeech; what they catch and where they fail is in
docs/benchmarks/forensics.md. A noise floor that changes was tried and dropped: pauses of ordinary readings differ more.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

_Samples = npt.NDArray[np.int16]
_SILENCE_SECONDS = 0.02
_SILENCE_SHARE_MOST = 0.2
"""Where more of a recording is digital silence, a noise gate or an editor's fade made it, not one splice."""
_NOISE_LEAST = 3.0
"""Standard deviation, in steps of 16 bits, of what stands on both sides of a silence that was put in."""
_CHUNK_SECONDS = 20.0
_FRAME_SECONDS, _WINDOW_SECONDS = 0.032, 1.5
_BANDS, _HIGHEST, _LOWEST = 24, 6, 12
_SPECTRUM = (100.0, 8000.0)
"""Hertz. The limits were set on recordings of 16,000 samples a second; what lies above is codecs' territory."""
_FLOOR_DB = 20.0
_BANDWIDTH_DB = 42.0
_BREAK_RATIO = 9.0
_EDGE_SECONDS = 0.25
"""Beginnings and ends of files are abrupt by nature."""
_ONE_MOMENT = 0.05
_MOST = 20


@dataclass(frozen=True, slots=True)
class Splice:
    """One joint: seconds from the start, what gave it away, and by how much (seconds, decibels or a ratio)."""

    time: float
    kind: str
    strength: float


def find_splices(samples: _Samples, rate: int, *, lossless: bool) -> list[Splice]:
    """Finds joints in a recording.

    Args:
        samples: (N,) int16.
        lossless: whether the samples are those that were stored; lossy codecs smear silences and breaks away.
    """
    if len(samples) < rate:
        return []
    found = _bandwidth(samples, rate)
    if lossless:
        found += _silences(samples, rate) + _breaks(samples, rate)
    return _merged(sorted(found, key=lambda splice: splice.time))[:_MOST]


def _merged(splices: list[Splice]) -> list[Splice]:
    """One for each moment and kind: a cut shows at several samples."""
    kept: list[Splice] = []
    for splice in splices:
        if not any(known.kind == splice.kind and splice.time - known.time < _ONE_MOMENT for known in kept[-5:]):
            kept.append(splice)
    return kept


def _silences(samples: _Samples, rate: int) -> list[Splice]:
    """Runs of one value amid noise: no microphone is silent to the last bit for 20 ms."""
    moves = np.flatnonzero(np.diff(samples))
    if not len(moves):
        return []
    lengths = np.diff(moves)
    least = int(_SILENCE_SECONDS * rate)
    long = np.flatnonzero(lengths >= least)
    if not len(long) or lengths[long].sum() > _SILENCE_SHARE_MOST * len(samples):
        return []
    found = []
    side = int(0.1 * rate)
    for number in long[:1000]:
        start, stop = int(moves[number]) + 1, int(moves[number + 1]) + 1
        before, after = samples[max(0, start - side) : start], samples[stop : stop + side]
        if min(len(before), len(after)) >= side // 2 and min(before.std(), after.std()) >= _NOISE_LEAST:
            found.append(Splice(start / rate, "digital_silence", round((stop - start) / rate, 3)))
    return found


def _breaks(samples: _Samples, rate: int) -> list[Splice]:
    """Single samples where the third difference leaps out of all within 3 ms: a wave that was cut goes on elsewhere."""
    found: list[Splice] = []
    size, gap = max(3, int(0.003 * rate)), 2
    reach = size // 2 + gap
    step, margin = int(_CHUNK_SECONDS * rate), int(_EDGE_SECONDS * rate)
    for start in range(margin, len(samples) - margin, step):
        part = samples[start - reach - 3 : min(start + step, len(samples) - margin) + reach].astype(np.float32)
        leap = np.abs(np.diff(part, 3))
        around = cv2.dilate(leap[None], np.ones((1, size), np.uint8))[0]
        beside = np.maximum(around[: -2 * reach], around[2 * reach :])
        ratio = leap[reach:-reach] / (beside + 16)
        found += [
            Splice((start + int(at)) / rate, "waveform_break", round(float(ratio[at]), 1))
            for at in np.flatnonzero(ratio >= _BREAK_RATIO)[:_MOST]
        ]
    return found


def _bandwidth(samples: _Samples, rate: int) -> list[Splice]:
    """Times at which the highest bands appear or vanish for good, as where a telephone recording was put in."""
    levels = _levels(samples, rate)
    window, step = round(_WINDOW_SECONDS / (_FRAME_SECONDS / 2)), round(0.2 / (_FRAME_SECONDS / 2))
    times = range(window, len(levels) - window, step)
    changes = np.array([_change(levels[at - window : at], levels[at : at + window]) for at in times])
    found = []
    while len(changes) and changes.max() >= _BANDWIDTH_DB:
        best = int(changes.argmax())
        time = times[best] * _FRAME_SECONDS / 2
        found.append(Splice(time, "bandwidth_change", round(float(changes[best]), 1)))
        changes[max(0, best - window // step) : best + window // step] = 0
    return found


def _change(before: np.ndarray, after: np.ndarray) -> float:
    change = np.percentile(before, 90, axis=0) - np.percentile(after, 90, axis=0)
    return float(abs((change - np.median(change[:_LOWEST]))[-_HIGHEST:].mean()))


def _levels(samples: _Samples, rate: int) -> np.ndarray:
    """(frames, bands) decibels of power in bands of equal width on the mel scale, every 16 ms."""
    size = int(_FRAME_SECONDS * rate)
    hop = size // 2
    mel = 2595 * np.log10(1 + np.fft.rfftfreq(size, 1 / rate) / 700)
    lowest, highest = (2595 * np.log10(1 + edge / 700) for edge in _SPECTRUM)
    edges = np.linspace(lowest, min(highest, mel[-1]), _BANDS + 1)
    band = np.clip(np.digitize(mel, edges) - 1, 0, _BANDS - 1)
    weights = (np.eye(_BANDS, dtype=np.float32)[band] * ((mel >= edges[0]) & (mel <= edges[-1]))[:, None]).astype(
        np.float32
    )
    weights /= np.maximum(weights.sum(0), 1)
    count = max(0, (len(samples) - size) // hop + 1)
    shape = np.hanning(size).astype(np.float32)
    levels = np.empty((count, _BANDS), np.float32)
    for start in range(0, count, 1000):  # a few seconds at a time: long recordings would fill the memory
        part = samples[start * hop : (min(start + 1000, count) - 1) * hop + size].astype(np.float32)
        frames = np.lib.stride_tricks.sliding_window_view(part, size)[::hop]
        power = np.abs(np.fft.rfft(frames * shape, axis=1)) ** 2
        levels[start : start + len(frames)] = 10 * np.log10(power.astype(np.float32) @ weights + 0.1)
    return np.maximum(levels, _FLOOR_DB)
