"""Sound tracks of real files, written by FFmpeg's encoders."""

import io

import av
import numpy as np
import pytest

from pipelines.errors import MediaError
from pipelines.media.decode import decode_media
from pipelines.media.frames import DecodeRequest, Limits

from .samples import corners, encoded, video

RATE = 16000
ASKED = DecodeRequest(frames=0, sound_rate=RATE, kinds=frozenset({"audio", "video", "image"}))


def tone(
    container: str, codec: str, *, rate: int = 44100, seconds: float = 1.5, hertz: float = 440.0, channels: int = 2
) -> bytes:
    """A file with a sine tone, in the left channel alone where there are two."""
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        layout = "stereo" if channels == 2 else "mono"
        stream = output.add_stream(codec, rate=rate, layout=layout)
        wave = 0.5 * np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate)
        samples = np.stack([wave, np.zeros_like(wave)][:channels]).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout=layout)
        frame.rate = rate
        for part in av.AudioResampler(stream.format.name, layout, rate, frame_size=stream.frame_size or 0).resample(
            frame
        ):
            output.mux(stream.encode(part))
        output.mux(stream.encode(None))
    return file.getvalue()


FILES = {
    "wav": ("pcm_s16le", 44100),
    "flac": ("flac", 48000),
    "mp3": ("libmp3lame", 22050),
    "mp4": ("aac", 44100),
    "ogg": ("libopus", 48000),
    "adts": ("aac", 44100),
    "webm": ("libopus", 48000),
}
"""Container -> codec and samples a second."""


@pytest.mark.parametrize("container", FILES)
def test_a_tone_keeps_its_pitch_length_and_level(container: str) -> None:
    codec, rate = FILES[container]
    decoded = decode_media(tone(container, codec, rate=rate), ASKED, Limits())
    assert decoded.sound is not None
    assert (decoded.sound.rate, decoded.sound.original_rate, decoded.has_audio) == (RATE, rate, True)
    assert len(decoded.sound.samples) / RATE == pytest.approx(1.5, abs=0.1)
    assert decoded.duration == pytest.approx(1.5, abs=0.1)
    middle = decoded.sound.samples[4000:20000].astype(float) / 32768
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    assert np.argmax(spectrum) * RATE / len(middle) == pytest.approx(440, abs=2)
    assert np.sqrt((middle**2).mean()) == pytest.approx(0.25 / np.sqrt(2), rel=0.15)


def test_sound_longer_than_the_limit_is_refused_whatever_the_header_says() -> None:
    with pytest.raises(MediaError) as error:
        decode_media(tone("flac", "flac"), ASKED, Limits(sound_s=1.0))
    assert error.value.code == "audio_too_long"


def test_a_video_without_sound_has_no_audio_stream_unless_its_frames_are_wanted_too() -> None:
    silent = video(4)
    with pytest.raises(MediaError) as error:
        decode_media(silent, ASKED, Limits())
    assert error.value.code == "no_audio_stream"
    decoded = decode_media(silent, DecodeRequest(frames=2, sound_rate=RATE), Limits())
    assert (decoded.sound, len(decoded.frames)) == (None, 2)


def test_a_picture_has_no_sound() -> None:
    assert decode_media(encoded(corners()), DecodeRequest(sound_rate=RATE), Limits()).sound is None


@pytest.mark.parametrize("container", ["flac", "mp3", "wav"])
def test_damaged_sound_is_corrupt_or_what_is_left_of_it(container: str) -> None:
    data = tone(container, FILES[container][0])
    outcomes = {_outcome(data, np.random.default_rng(seed)) for seed in range(20)}
    assert outcomes <= {"sound", "corrupt_media", "unsupported_media", "no_audio_stream"}


def _outcome(data: bytes, rng: np.random.Generator) -> str:
    broken = bytearray(data[: rng.integers(64, len(data))])
    for at in rng.integers(4, len(broken), 10):
        broken[at] ^= 0xFF
    try:
        sound = decode_media(bytes(broken), ASKED, Limits()).sound
    except MediaError as error:
        return error.code
    return "sound" if sound is not None and len(sound.samples) <= 3 * RATE else "too much"


def test_a_video_whose_sound_alone_is_wanted_is_bounded_as_a_video() -> None:
    with pytest.raises(MediaError, match="video too long"):
        decode_media(tone("matroska", "aac"), ASKED, Limits(duration_s=1.0))
