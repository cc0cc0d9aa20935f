"""Sound tracks of audio and video files to samples."""

import io
from collections.abc import Iterator, Mapping

import av
import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer

from pipelines.errors import MediaError
from pipelines.media.frames import Limits, Sound
from pipelines.media.sniff import MediaType
from pipelines.media.video import DEMUXERS as VIDEO_DEMUXERS

DEMUXERS: Mapping[str, str] = {
    **VIDEO_DEMUXERS,
    "audio/wav": "wav",
    "audio/mpeg": "mp3",
    "audio/mp4": "mov",
    "audio/ogg": "ogg",
    "audio/aac": "aac",
    "audio/flac": "flac",
}
_BAD_PACKETS = 64
"""Undecodable packets that are forgiven: recordings often end in one."""
_RATES = (4_000, 384_000)


def decode_sound(data: bytes, found: MediaType, rate: int, limits: Limits) -> Sound:
    """Decodes the first sound track, resampled to `rate` samples a second, its channels mixed into one.

    Args:
        data: the whole file.
        found: its sniffed type.
        limits: `sound_s` applies to audio files, `duration_s` to videos; judged while decoding, since headers lie.

    Raises:
        MediaError: `unsupported_media`, `no_audio_stream`, `audio_too_long`, `video_too_long`, `corrupt_media` or
            `media_memory`.
    """
    if found.mime not in DEMUXERS:
        raise MediaError("unsupported_media", "the file is not of a supported type")
    longest = limits.sound_s if found.kind == "audio" else limits.duration_s
    try:
        with av.open(io.BytesIO(data), "r", format=DEMUXERS[found.mime], metadata_errors="ignore") as container:
            return _decode(container, rate, longest, found.kind)
    except MediaError:
        raise
    except MemoryError:
        raise MediaError("media_memory", "the sound needs more memory than is allowed") from None
    except Exception:  # demuxers and decoders of hostile bytes raise many kinds
        raise _corrupt() from None


def _decode(container: InputContainer, rate: int, longest: float, kind: str) -> Sound:
    stream = next((stream for stream in container.streams.audio if stream.codec_context is not None), None)
    if stream is None:
        raise MediaError("no_audio_stream", "no audio stream")
    original = stream.rate or 0
    if not _RATES[0] <= original <= _RATES[1]:
        raise _corrupt()
    resampler = AudioResampler(format="s16", layout="mono", rate=rate)
    parts: list[npt.NDArray[np.int16]] = []
    length = 0
    for frame in _frames(container, stream):
        for resampled in resampler.resample(frame):
            parts.append(_samples(resampled))
            length += resampled.samples
        if length > longest * rate:
            raise MediaError(f"{kind}_too_long", f"{kind} too long")
    parts += [_samples(resampled) for resampled in resampler.resample(None)]
    if not length:
        raise _corrupt()
    samples = np.concatenate(parts)
    samples.flags.writeable = False
    return Sound(samples, rate, original, stream.codec_context.name)


def _samples(frame: AudioFrame) -> npt.NDArray[np.int16]:
    return frame.to_ndarray().reshape(-1).astype(np.int16, copy=False)


def _frames(container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
    forgiven = 0
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
            if packet is None:
                return
            frames = packet.decode()
        except av.error.InvalidDataError:
            forgiven += 1
            if forgiven > _BAD_PACKETS:
                return
            continue
        except av.error.FFmpegError:
            return  # a file cut short ends here; what came before stands
        for frame in frames:
            if isinstance(frame, AudioFrame):
                frame.pts = None  # gaps in the times would become silence that is not in the file
                yield frame


def _corrupt() -> MediaError:
    return MediaError("corrupt_media", "the sound is damaged or incomplete")
