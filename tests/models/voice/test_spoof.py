"""The spoof detector with its real weights: machines and people it can hear, and what must not sway it."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy.signal import resample_poly

from models import weights
from models.cards import card
from models.voice.activity import RATE
from models.voice.spoof import LENGTH, SpoofDetector


@pytest.fixture(scope="module")
def detector() -> SpoofDetector:
    try:
        weights.path("voice_spoof")
    except weights.WeightsError as error:
        pytest.skip(str(error))
    loaded = SpoofDetector()
    loaded.load()
    return loaded


def window(file: Path) -> np.ndarray:
    samples, rate = soundfile.read(file, dtype="float32")
    if rate != RATE:
        divisor = np.gcd(rate, RATE)
        samples = resample_poly(samples, RATE // divisor, rate // divisor)
    return np.resize(samples[RATE // 4 :], LENGTH).astype(np.float32)


def test_windows_are_as_long_as_the_card_says() -> None:
    assert card("voice/spoof").parameters["window_s"] * RATE == LENGTH


def test_readers_and_machines_of_the_data_lie_apart(detector: SpoofDetector, shared_data: Path) -> None:
    people = sorted((shared_data / "audio/transcribed").glob("*.flac"))[::2]
    machines = sorted((shared_data / "audio/synthetic").glob("*/*.flac"))[::4]
    real = np.array(detector.predict([window(file) for file in people]))
    fake = np.array(detector.predict([window(file) for file in machines]))
    assert np.median(real) < 0 < np.median(fake)
    assert (fake[:, None] > real[None]).mean() > 0.8


def test_espeak_is_heard_as_a_machine(detector: SpoofDetector, tmp_path: Path) -> None:
    if shutil.which("espeak-ng") is None:
        pytest.skip("needs the Debian package espeak-ng")
    text = "The quick brown fox jumps over the lazy dog, and then it goes to sleep behind the old house."
    subprocess.run(["espeak-ng", "-w", str(tmp_path / "fox.wav"), text], check=True, timeout=60)
    assert detector.predict([window(tmp_path / "fox.wav")])[0] > 0


def test_level_does_not_matter(detector: SpoofDetector, shared_data: Path) -> None:
    speech = window(shared_data / "audio/transcribed/1688-142285-0000.flac")
    loud, soft = detector.predict([0.9 * speech / np.abs(speech).max(), 0.05 * speech / np.abs(speech).max()])
    assert loud == pytest.approx(soft, abs=0.2)


def test_windows_of_a_batch_do_not_sway_one_another(detector: SpoofDetector, shared_data: Path) -> None:
    files = sorted((shared_data / "audio/transcribed").glob("*.flac"))[:3]
    speech = [window(file) for file in files]
    alone = [detector.predict([one])[0] for one in speech]
    assert detector.predict(speech) == pytest.approx(alone, abs=1e-3)


def test_silence_says_nothing(detector: SpoofDetector) -> None:
    assert detector.predict([np.zeros(LENGTH, np.float32)]) == [0.0]
    assert detector.predict([]) == []
