"""What Whisper hears: log-mel spectrograms (Radford et al. 2022, section 2.2)."""

from functools import cache

import numpy as np
import numpy.typing as npt

from models.voice.activity import RATE

SECONDS = 30
"""Of one window; shorter sounds are padded with silence."""
MELS = 80
_SIZE, _HOP = 400, 160
_BLOCK = 500
"""Frames whose spectra are in memory at the same time."""


def log_mel(samples: npt.NDArray[np.int16]) -> npt.NDArray[np.float32]:
    """(80, 3000) float32 of at most 30 s of sound, (N,) int16 of 16,000 samples a second; what is longer is cut off.

    Power on the mel scale (Slaney's, of librosa) in windows of 25 ms every 10 ms, as decimal logarithm; at most 8 below
    the loudest, then moved to about -1..1.
    """
    sound = np.zeros(SECONDS * RATE, np.float32)
    part = samples[: len(sound)]
    sound[: len(part)] = part.astype(np.float32) / 32768
    padded = np.pad(sound, _SIZE // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, _SIZE)[: SECONDS * RATE : _HOP]
    shape, filters = _shape(), _filters()
    power = np.empty((MELS, len(frames)), np.float32)
    for start in range(0, len(frames), _BLOCK):
        spectra = np.fft.rfft(frames[start : start + _BLOCK] * shape, axis=1)
        power[:, start : start + len(spectra)] = filters @ (np.abs(spectra) ** 2).T.astype(np.float32)
    levels = np.log10(np.maximum(power, 1e-10))
    found: npt.NDArray[np.float32] = ((np.maximum(levels, levels.max() - 8) + 4) / 4).astype(np.float32)
    return found


@cache
def _shape() -> npt.NDArray[np.float32]:
    """A periodic Hann window."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_SIZE) / _SIZE)).astype(np.float32)


@cache
def _filters() -> npt.NDArray[np.float32]:
    """(80, 201): imported only here, because librosa takes long to import."""
    import librosa

    filters: npt.NDArray[np.float32] = librosa.filters.mel(sr=RATE, n_fft=_SIZE, n_mels=MELS)
    return filters
