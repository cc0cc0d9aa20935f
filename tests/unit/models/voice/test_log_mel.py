"""What Whisper hears, against the feature extractor of transformers."""

import numpy as np
import pytest
from transformers import WhisperFeatureExtractor

from models.voice.activity import RATE
from models.voice.log_mel import log_mel


@pytest.mark.parametrize("seconds", [0.2, 7.3, 30.0])
def test_it_is_what_the_reference_makes_of_the_same_sound(seconds: float) -> None:
    rng = np.random.default_rng(2)
    samples = (rng.normal(0, 2000, round(seconds * RATE))).astype(np.int16)
    expected = WhisperFeatureExtractor()(samples / 32768, sampling_rate=RATE, return_tensors="np").input_features[0]
    assert log_mel(samples) == pytest.approx(expected, abs=1e-3)


def test_silence_and_what_is_too_long_are_heard_too() -> None:
    assert np.isfinite(log_mel(np.zeros(0, np.int16))).all()
    assert log_mel(np.ones(31 * RATE, np.int16)).shape == (80, 3000)
