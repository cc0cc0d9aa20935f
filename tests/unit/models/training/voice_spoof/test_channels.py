"""Channels: both classes get the same ones, and what comes out lies where it went in."""

import numpy as np
import pytest

from models.training.voice_spoof.channels import KINDS, RATE, TRANSPORTS, channel
from models.training.voice_spoof.windows import LENGTH, window


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    """A voice-like sound: harmonics of a pitch that wanders, in syllables."""
    t = np.arange(LENGTH) / RATE
    phase = 2 * np.pi * np.cumsum(120 + 30 * np.sin(2 * np.pi * 0.7 * t)) / RATE
    voice = sum(np.sin(n * phase) / n for n in range(1, 20)) * (0.6 + 0.4 * np.sin(2 * np.pi * 3 * t))
    return (0.2 * voice).astype(np.float32)


@pytest.mark.parametrize("name", ["mp3", "aac", "opus"])
def test_a_codec_leaves_the_sound_in_its_place(speech: np.ndarray, name: str) -> None:
    heard = TRANSPORTS[name](speech, np.random.default_rng(1))
    assert heard.shape == speech.shape
    assert np.corrcoef(speech, heard)[0, 1] > 0.8
    assert not np.allclose(speech, heard, atol=1e-4)


def test_a_telephone_takes_away_high_sounds(speech: np.ndarray) -> None:
    hiss = np.random.default_rng(2).standard_normal(LENGTH).astype(np.float32)
    power = np.square(np.abs(np.fft.rfft(TRANSPORTS["telephone"](hiss, np.random.default_rng(3)))))
    assert power[: LENGTH // 4].sum() > 50 * power[LENGTH // 4 :].sum()


@pytest.mark.parametrize("kind", KINDS)
def test_a_channel_is_drawn_without_regard_to_the_sound(speech: np.ndarray, kind: str) -> None:
    one, other = (channel(x, kind, np.random.default_rng(5)) for x in (speech, speech[::-1]))
    assert one.shape == other.shape == (LENGTH,)
    levels = [10 * np.log10(np.square(x).mean()) for x in (one, other)]
    assert levels[0] == pytest.approx(levels[1], abs=1.0)
    assert np.abs(one).max() <= 1


def test_short_clips_are_repeated_until_they_fill_the_window(speech: np.ndarray) -> None:
    cut = window(speech[:RATE], np.random.default_rng(1))
    assert cut.shape == (LENGTH,)
    assert np.array_equal(cut[:RATE], cut[RATE : 2 * RATE])
