"""Videos to a few RGB frames spread over time, seeking rather than decoding a long file whole."""

import io
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import TypeVar

import av
import numpy as np
import numpy.typing as npt
from av.container import InputContainer
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from pipelines.errors import MediaError
from pipelines.media.frames import Decoded, DecodeRequest, Frame, Limits
from pipelines.media.sniff import HEAD_BYTES, sniff

# The demuxer is chosen by us: left to guess, FFmpeg may take a file for a playlist and open what it names.
DEMUXERS: Mapping[str, str] = {
    "video/mp4": "mov",
    "video/quicktime": "mov",
    "video/3gpp": "mov",
    "video/x-matroska": "matroska",
    "video/webm": "matroska",
    "video/x-msvideo": "avi",
    "video/x-flv": "flv",
    "video/mpeg": "mpeg",
    "video/ogg": "ogg",
    "video/x-ms-wmv": "asf",
}
"""Sniffed type -> FFmpeg's demuxer."""
_UNDECLARED = frozenset({"video/mpeg"})
"""Files without a duration of their own, of which FFmpeg guesses one by the last time that it finds."""
_TIMED = {"fflags": "genpts"}
"""They also have a time for the first picture of each packet only: the others get theirs from FFmpeg."""
_BAD_PACKETS = 64
"""Undecodable packets that are forgiven: recordings often end in one."""
_SPARSE = 8
"""From so many frames for each one that is wanted, those that no other frame is predicted from are not decoded: about
half of the work, for a moment at most a few frames earlier, and of better quality."""
_REORDER_SECONDS = 0.25
"""MP4 indexes keyframes by when they are decoded, which is this much at most before they are shown. Seeking to one that
is shown only after the time asked for would land a whole group of pictures too early."""
_Kept = TypeVar("_Kept")
_Keep = Callable[[VideoFrame, int], _Kept]
_SLACK_SECONDS = 0.001
"""Times are rounded by containers (to milliseconds in Matroska) and by floating point."""


def decode_video(data: bytes, request: DecodeRequest, limits: Limits, *, threads: int = 1) -> Decoded:
    """Decodes frames from the middles of `request.frames` equal parts of the video, one from each.

    Where a video has many times the frames asked for, a frame shortly before the middle may stand for it. Where a part
    is long and its keyframe lies inside it, that keyframe is taken instead, which costs one decoded frame. A video
    with fewer frames yields all of them. Colours follow the matrix and range that the stream declares; HDR is not
    tone-mapped.

    Args:
        data: the whole file.
        request: all but `kinds` applies.
        limits: all apply, judged from the headers before a frame is decoded.
        threads: CPU threads that the decoder may use.

    Raises:
        MediaError: `unsupported_media`, `no_video_stream`, `video_resolution`, `video_too_long`, `corrupt_media` or
            `media_memory`.
    """
    found = sniff(data[:HEAD_BYTES])
    if found is None or found.mime not in DEMUXERS:
        raise MediaError("unsupported_media", "the file is not a video of a supported type")
    try:
        with av.open(
            io.BytesIO(data),
            "r",
            format=DEMUXERS[found.mime],
            metadata_errors="ignore",
            options={"max_pixels": str(limits.pixels)} | (_TIMED if found.mime in _UNDECLARED else {}),
        ) as container:
            return _decode(container, found.mime, request, limits, threads)
    except MediaError:
        raise
    except MemoryError:
        raise MediaError("media_memory", "the video needs more memory than is allowed") from None
    except Exception:  # demuxers and decoders of hostile bytes raise many kinds
        raise _corrupt() from None


def _decode(container: InputContainer, mime: str, request: DecodeRequest, limits: Limits, threads: int) -> Decoded:
    stream = _video_stream(container)
    _check_resolution(stream.width, stream.height, limits)
    declared = None if mime in _UNDECLARED else _declared_duration(container, stream)
    duration = declared or _measured_duration(container, stream)
    if duration > limits.duration_s:
        raise MediaError("video_too_long", "video too long")
    stream.codec_context.options = {"max_pixels": str(limits.pixels)}
    stream.codec_context.thread_count = threads
    stream.codec_context.thread_type = "AUTO" if threads > 1 else "SLICE"
    size = _display_size(stream)
    fps = _frame_rate(stream)
    scale = max(1.0, max(size) / (request.video_side or request.max_side))
    target = (max(1, round(size[0] / scale)), max(1, round(size[1] / scale)))

    def keep(frame: VideoFrame, number: int) -> tuple[Frame, int]:
        return _frame(frame, target, _seconds(frame, stream), fps, number, request.exif_rotation), frame.rotation

    kept, duration = _sampled(container, stream, duration, request.frames, keep)
    turned = request.exif_rotation and kept[0][1] % 180 != 0
    return Decoded(
        kind="video",
        mime=mime,
        width=size[1] if turned else size[0],
        height=size[0] if turned else size[1],
        duration=duration,
        fps=fps,
        has_audio=bool(container.streams.audio),
        scale=max(size) / max(target),
        frames=tuple(frame for frame, _ in kept),
    )


def _corrupt() -> MediaError:
    return MediaError("corrupt_media", "the video is damaged or incomplete")


def _video_stream(container: InputContainer) -> VideoStream:
    """The first moving picture; cover art of a music file is a video stream to FFmpeg, but not to us."""
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic and stream.codec_context is not None:
            return stream
    raise MediaError("no_video_stream", "the file has no video stream that can be decoded")


def _check_resolution(width: int, height: int, limits: Limits) -> None:
    if min(width, height) > limits.video_side or width * height > limits.pixels:
        raise MediaError("video_resolution", "video resolution too high")
    if min(width, height) < 1:
        raise _corrupt()


def _declared_duration(container: InputContainer, stream: VideoStream) -> float | None:
    if stream.duration and stream.time_base and stream.duration > 0:
        return float(stream.duration * stream.time_base)
    if container.duration and container.duration > 0:
        return container.duration / av.time_base
    return None


def _measured_duration(container: InputContainer, stream: VideoStream) -> float:
    """Seconds from the packets' own times, read without decoding: browsers' recordings declare none."""
    base = stream.time_base or Fraction(1)
    times = [(p.pts, p.pts + (p.duration or 0)) for p in _packets(container, stream, rewind=True) if p.pts is not None]
    if not times:
        raise _corrupt()
    return float((max(end for _, end in times) - min(begin for begin, _ in times)) * base)


def _packets(container: InputContainer, stream: VideoStream, *, rewind: bool) -> Iterator[av.Packet]:
    if rewind:
        container.seek(stream.start_time or 0, stream=stream)
    try:
        yield from container.demux(stream)
    except av.error.FFmpegError:
        return  # a file cut short ends here; what came before stands


def _sampled(
    container: InputContainer, stream: VideoStream, duration: float, count: int, keep: _Keep[_Kept]
) -> tuple[list[_Kept], float]:
    """Frames spread over the video, and its duration where that turned out to be shorter than declared."""
    frames: list[_Kept] = []
    if duration * (_frame_rate(stream) or 0) >= _SPARSE * count:
        stream.codec_context.skip_frame = "NONREF"
        frames = _spread(container, stream, duration, count, keep)
        stream.codec_context.skip_frame = "DEFAULT"
    if len(frames) < count:  # an uneven rate, or a header that promised more than there is
        measured = _measured_duration(container, stream)
        duration = measured if measured < 0.9 * duration else duration
        frames = _spread(container, stream, duration, count, keep)
    if not frames:
        raise _corrupt()
    return frames, duration


def _spread(
    container: InputContainer, stream: VideoStream, duration: float, count: int, keep: _Keep[_Kept]
) -> list[_Kept]:
    """The frames that show in the middle of `count` equal parts of the time, each once, as `keep` reduces them.

    Reduced at once, because many frames of a large video weigh more than a call may use.
    """
    part = duration / count
    walk = _Walk(container, stream)
    chosen: list[_Kept] = []
    last: VideoFrame | None = None
    for number in range(count):
        frame = walk.frame_at((number + 0.5) * part, not_before=number * part)
        if frame is not None and frame is not last:
            chosen.append(keep(frame, len(chosen)))
            last = frame
    return chosen


class _Walk:
    """Moves forward through a video to the frames asked for, jumping to a keyframe where that saves decoding."""

    def __init__(self, container: InputContainer, stream: VideoStream) -> None:
        self._container = container
        self._stream = stream
        self._forgiven = 0
        self._restart(stream.start_time or 0)

    def frame_at(self, time: float, *, not_before: float) -> VideoFrame | None:
        """The frame on screen at `time` (seconds from the start), or a keyframe shown since `not_before`."""
        time += _SLACK_SECONDS
        key = self._keyframe_before(time - _REORDER_SECONDS)
        if key is not None and self._next is not None and key > (self._next.pts or 0):
            self._restart(self._units(time))
            if self._next is not None and not_before - _SLACK_SECONDS <= _seconds(self._next, self._stream) <= time:
                self._advance()
                return self._shown
        while self._next is not None and (self._shown is None or _seconds(self._next, self._stream) <= time):
            self._advance()
        return self._shown

    def _restart(self, pts: int) -> None:
        self._container.seek(pts, stream=self._stream)
        self._frames = self._decoded()
        self._shown: VideoFrame | None = None
        self._next = next(self._frames, None)

    def _advance(self) -> None:
        self._shown, self._next = self._next, next(self._frames, None)

    def _keyframe_before(self, time: float) -> int | None:
        """Time (in stream units) of the last indexed keyframe at or before `time`; None where the file has no index."""
        found = self._stream.index_entries.search_timestamp(self._units(time), backward=True)
        return self._stream.index_entries[found].timestamp if found >= 0 else None

    def _units(self, time: float) -> int:
        return round(time / float(self._stream.time_base or 1)) + (self._stream.start_time or 0)

    def _decoded(self) -> Iterator[VideoFrame]:
        for packet in _packets(self._container, self._stream, rewind=False):
            try:
                frames = packet.decode()
            except av.error.InvalidDataError:
                self._forgiven += 1
                if self._forgiven > _BAD_PACKETS:
                    return
                continue
            yield from (frame for frame in frames if isinstance(frame, VideoFrame) and not frame.is_corrupt)


def _seconds(frame: VideoFrame, stream: VideoStream) -> float:
    return float(((frame.pts or 0) - (stream.start_time or 0)) * (stream.time_base or Fraction(1)))


def _frame_rate(stream: VideoStream) -> float | None:
    rate = stream.average_rate or stream.guessed_rate
    return float(rate) if rate and 0 < rate <= 1000 else None


def _display_size(stream: VideoStream) -> tuple[int, int]:
    """Width and height as shown: anamorphic video is stored narrower than it is displayed."""
    aspect = stream.sample_aspect_ratio
    if aspect and Fraction(1, 4) <= aspect <= 4 and aspect != 1:
        return max(1, round(stream.width * aspect)), stream.height
    return stream.width, stream.height


def _frame(
    frame: VideoFrame, size: tuple[int, int], seconds: float, fps: float | None, number: int, rotate: bool
) -> Frame:
    reduced = size[0] < frame.width or size[1] < frame.height
    rgb = frame.reformat(*size, format="rgb24", interpolation="AREA" if reduced else "BICUBIC")
    pixels: npt.NDArray[np.uint8] = rgb.to_ndarray().astype(np.uint8, copy=False)
    if rotate and frame.rotation % 90 == 0:
        pixels = np.rot90(pixels, frame.rotation // 90)
    pixels = np.ascontiguousarray(pixels)
    pixels.flags.writeable = False
    return Frame(pixels, index=round(seconds * fps) if fps else number, timestamp=max(0.0, seconds))
