"""What happens to a voice between the mouth and the file: the same draws for real and for synthetic speech.

`clean` keeps a good recording (at times the MP3 generation that audio books went through); `degraded` adds what calls,
messengers and rooms do. Which of them a window gets depends on its number alone, never on its class.
"""

import io
from collections.abc import Callable
from typing import Any, cast

import av
import numpy as np
from scipy.signal import butter, fftconvolve, resample_poly, sosfilt

RATE = 16000
Draw = np.random.Generator
Step = Callable[[np.ndarray, Draw], np.ndarray]

_CODECS = {"mp3": ("mp3", "mp3"), "aac": ("aac", "adts"), "opus": ("libopus", "ogg")}
_BITRATES = {"mp3": (32, 48, 64, 96, 128), "aac": (24, 32, 48, 64, 96), "opus": (12, 16, 24, 32, 48)}
KINDS = ("clean", "degraded")


def channel(speech: np.ndarray, kind: str, rng: Draw) -> np.ndarray:
    """One window (T,) float32 through a random channel, the same length, at a random level."""
    steps: list[Step] = []
    if rng.random() < 0.5:  # the generation that audio books went through before anybody cut them
        steps.append(lambda x, r: codec(x, "mp3", int(r.choice([64, 96, 128])), r))
    if kind == "degraded":
        if rng.random() < 0.4:
            steps.append(reverberate)
        if rng.random() < 0.6:
            steps.append(lambda x, r: add_noise(x, float(r.uniform(8, 35)), r))
        if rng.random() < 0.4:
            steps.append(equalise)
        steps.append(_TRANSPORTS[int(rng.choice(len(_TRANSPORTS)))])
    else:
        steps.append(lambda x, r: add_noise(x, float(r.uniform(30, 60)), r))
    for step in steps:
        speech = step(speech, rng).astype(np.float32)
    level = 10 ** (rng.uniform(-30, -14) / 20)
    return np.clip(speech * (level / max(1e-6, np.sqrt(np.square(speech).mean()))), -1, 1).astype(np.float32)


def codec(speech: np.ndarray, name: str, kilobits: int, rng: Draw) -> np.ndarray:
    """There and back through a lossy codec, put into place again by correlation."""
    encoder, container = _CODECS[name]
    rate = 48000 if name == "opus" else RATE
    wave = resample_poly(speech, 3, 1) if name == "opus" else speech
    pcm = (np.clip(wave / max(1e-6, np.abs(wave).max()) * 0.7, -1, 1) * 32767).astype(np.int16)
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as sink:
        stream = cast(Any, sink.add_stream(encoder, rate=rate, layout="mono", bit_rate=1000 * kilobits))
        frame = av.AudioFrame.from_ndarray(pcm[None], format="s16", layout="mono")
        frame.sample_rate = rate
        converter = av.AudioResampler(format=stream.codec_context.format, layout="mono", rate=rate)
        fifo = converter.resample(frame)
        for part in [*fifo, None]:
            for packet in stream.encode(part):
                sink.mux(packet)
    buffer.seek(0)
    with av.open(buffer, "r") as source:
        reader = av.AudioResampler(format="fltp", layout="mono", rate=RATE)
        parts = [out.to_ndarray()[0] for decoded in source.decode(audio=0) for out in reader.resample(decoded)]
    return _aligned(np.concatenate(parts), speech)


def _aligned(decoded: np.ndarray, speech: np.ndarray) -> np.ndarray:
    """The decoded samples that lie where `speech` lay: encoders delay by up to a tenth of a second."""
    most = 2400
    size = len(speech) + most
    spectrum = np.fft.rfft(decoded[:size], 2 * size) * np.conj(np.fft.rfft(speech, 2 * size))
    delay = int(np.argmax(np.fft.irfft(spectrum)[:most]))
    return np.pad(decoded[delay : delay + len(speech)], (0, max(0, len(speech) - len(decoded[delay:]))))


def compressed(name: str) -> Step:
    """A codec at a random bit rate."""
    return lambda x, r: codec(x, name, int(r.choice(_BITRATES[name])), r)


def telephone(speech: np.ndarray, rng: Draw) -> np.ndarray:
    """300-3400 Hz, 8 kHz, G.711 mu-law."""
    band = butter(4, (rng.uniform(200, 350), rng.uniform(3200, 3600)), "bandpass", fs=RATE, output="sos")
    narrow = resample_poly(sosfilt(band, speech), 1, 2)
    narrow = narrow / max(1e-6, np.abs(narrow).max()) * rng.uniform(0.2, 0.9)
    coded = np.round(np.sign(narrow) * np.log1p(255 * np.abs(narrow)) / np.log1p(255) * 127) / 127
    return resample_poly(np.sign(coded) * np.expm1(np.abs(coded) * np.log1p(255)) / 255, 2, 1)[: len(speech)]


def resampled(speech: np.ndarray, rng: Draw) -> np.ndarray:
    """A lower sampling rate and back."""
    up, down = [(1, 2), (11, 16), (3, 4)][int(rng.integers(3))]
    back = resample_poly(resample_poly(speech, up, down), down, up)[: len(speech)]
    return np.pad(back, (0, len(speech) - len(back)))


def add_noise(speech: np.ndarray, decibels: float, rng: Draw) -> np.ndarray:
    """Coloured noise, 1/f^0..2, at a signal-to-noise ratio."""
    spectrum = np.fft.rfft(rng.standard_normal(len(speech)))
    noise = np.fft.irfft(spectrum / np.maximum(1, np.arange(len(spectrum))) ** rng.uniform(0, 1), len(speech))
    return speech + noise * np.sqrt(np.square(speech).mean() / np.square(noise).mean()) * 10 ** (-decibels / 20)


def reverberate(speech: np.ndarray, rng: Draw) -> np.ndarray:
    """A room: exponentially decaying noise after the direct sound."""
    length = int(RATE * rng.uniform(0.1, 0.5))
    tail = rng.standard_normal(length) * 10 ** (-3 * np.arange(length) / length)
    tail *= 10 ** (-rng.uniform(2, 18) / 20) / np.sqrt(np.square(tail).sum())
    tail[0] += 1
    return fftconvolve(speech, tail)[: len(speech)]


def equalise(speech: np.ndarray, rng: Draw) -> np.ndarray:
    """A smooth random response of microphone and loudspeaker, +-8 dB."""
    spectrum = np.fft.rfft(speech)
    knots = rng.uniform(-8, 8, 8)
    curve = np.interp(np.linspace(0, 7, len(spectrum)), np.arange(8), knots)
    return np.fft.irfft(spectrum * 10 ** (curve / 20), len(speech))


_TRANSPORTS: list[Step] = [compressed("mp3"), compressed("aac"), compressed("opus"), telephone, resampled]
TRANSPORTS: dict[str, Step] = {
    "mp3": compressed("mp3"),
    "aac": compressed("aac"),
    "opus": compressed("opus"),
    "telephone": telephone,
}
