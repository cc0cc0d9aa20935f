"""Forensic facts of a video's file: container, codecs, dates, and traces of having been encoded again."""

import io
import re
from collections.abc import Mapping

import av
from av.container import InputContainer

from pipelines.media.forensics.dates import judge_dates
from pipelines.media.forensics.findings import Findings, clean, parse_date, rfc3339
from pipelines.media.forensics.isobmff import Box, boxes, cut_short, edits, handler_name, header_dates, parsed_end
from pipelines.media.forensics.software import judge_prompts, judge_software, judge_source_types
from pipelines.media.forensics.sound import read_sound
from pipelines.media.frames import Limits
from pipelines.media.sniff import MediaType
from pipelines.media.video import DEMUXERS

_ISO = frozenset(("video/mp4", "video/quicktime", "video/3gpp", "audio/mp4"))
_ENCODERS = re.compile(rb"(x264 - core \d+|x265 \(build \d+\)|Lavc\d+\.\d+\.\d+|HandBrake[ \d.]*)")
_LIBRARY = re.compile(r"Lavf|Lavc|HandBrake|GPAC|L-SMASH|mp4box|Bento4|Mainconcept|x264|x265|libwebm", re.IGNORECASE)
_SERVICE_HANDLERS = re.compile(r"ISO Media file produced by Google|Twitter-vork|Bento4|GPAC|L-SMASH|Mainconcept", re.I)
_FFMPEG_HANDLERS = frozenset(("VideoHandler", "SoundHandler", "VideoHandle", "SoundHandle"))
_HEAD = 1 << 20
_CAMERA_KEYS = ("com.apple.quicktime.make", "com.apple.quicktime.model", "make", "model", "com.android.manufacturer")


def read_video(found: Findings, data: bytes, media: MediaType, limits: Limits) -> None:
    """Adds what the file of a video tells."""
    found.detail("container", media.extension)
    tags: dict[str, str] = {}
    try:
        with av.open(
            io.BytesIO(data), "r", format=DEMUXERS[media.mime], metadata_errors="ignore",
            options={"max_pixels": str(limits.pixels)},
        ) as container:  # fmt: skip
            tags = read_streams(found, container, len(data))
    except MemoryError:
        raise
    except Exception:  # demuxers of hostile bytes raise many kinds
        found.flag("corrupted_file", "header", "The file's header is damaged.")
    traces = encoder_traces(data, tags)
    if media.mime in _ISO:
        traces += _read_boxes(found, data, tags)
    judge_tags(found, tags)
    if found.details.get("sample_rate"):
        read_sound(found, data, media, limits)
    if traces:
        found.detail("encoder", traces[0])
        found.flag(
            "reencoded_stream", {"evidence": traces}, "The streams were written by encoding software, no camera."
        )
    made_by = [tags[key] for key in _CAMERA_KEYS if tags.get(key)]
    found.detail("camera_make", next(iter(made_by), ""))
    found.detail("camera_model", tags.get("com.apple.quicktime.model") or tags.get("model"))
    if not made_by and "creation_date" not in found.details and not any(key.startswith("location") for key in tags):
        found.flag("metadata_stripped", ["camera", "creation_date"], "The file names neither its camera nor its date.")


def read_streams(found: Findings, container: InputContainer, size: int) -> dict[str, str]:
    """Notes what container and streams declare, and returns all their tags by lower-case name."""
    duration = container.duration / av.time_base if container.duration and container.duration > 0 else None
    found.detail("duration", None if duration is None else round(duration, 3))
    found.detail("bit_rate", container.bit_rate or (round(8 * size / duration) if duration else None))
    tags = _lower(container.metadata)
    for stream in container.streams:
        for name, text in _lower(stream.metadata).items():
            tags.setdefault(name, text)
    for video in container.streams.video[:1]:
        found.detail("width", video.width)
        found.detail("height", video.height)
        found.detail("codec", video.codec_context.name if video.codec_context else None)
        rate = video.average_rate or video.guessed_rate
        found.detail("fps", round(float(rate), 3) if rate else None)
    for audio in container.streams.audio[:1]:
        found.detail("audio_codec" if container.streams.video else "codec", audio.codec_context.name)
        found.detail("sample_rate", audio.sample_rate)
        found.detail("channels", audio.channels)
    return tags


def judge_tags(found: Findings, tags: Mapping[str, str]) -> None:
    """Flags what the tags of any container name, and notes its encoder."""
    named = ("encoder", "software", "creation_tool", "encoded_by", "tool", "isft", "writing_app", "handler", "tsw")
    software = [tags[name] for name in named if tags.get(name)]
    software += [tags[name] for name in ("com.apple.quicktime.software", "description", "comment") if tags.get(name)]
    found.detail("software", tags.get("com.apple.quicktime.software") or tags.get("software"))
    found.detail("encoder", tags.get("encoder") or tags.get("writing_app"))
    judge_software(found, software)
    judge_prompts(found, tags.items())
    judge_source_types(found, " ".join(tags.values()))
    dates = {
        "creation_date": parse_date(tags.get("com.apple.quicktime.creationdate") or tags.get("creation_time") or ""),
        "modification_date": parse_date(tags.get("modification_time") or ""),
    }
    judge_dates(found, dates)


def _lower(metadata: Mapping[str, str]) -> dict[str, str]:
    return {clean(name).lower(): str(text)[:20_000] for name, text in metadata.items()}


def encoder_traces(data: bytes, tags: Mapping[str, str]) -> list[str]:
    """Names of encoding libraries in tags and in the streams' own user data."""
    names = [tags[name] for name in ("encoder", "writing_app", "isft") if _LIBRARY.search(tags.get(name, ""))]
    names += [match.decode("ascii") for match in _ENCODERS.findall(data[:_HEAD])]
    names += [match.decode("ascii") for match in _ENCODERS.findall(data[-_HEAD:])]
    return list(dict.fromkeys(clean(name) for name in names))


def _read_boxes(found: Findings, data: bytes, tags: dict[str, str]) -> list[str]:
    """Order of the boxes, edit lists, dates and handler names; returns traces of re-encoding."""
    tree = boxes(data)
    traces = []
    outer = [box.name for box in tree if box.depth == 0]
    handlers = [handler_name(data, box) for box in tree if box.name == b"hdlr" and box.depth > 1]
    traces += [f"handler {clean(name)}" for name in handlers if _SERVICE_HANDLERS.search(name)]
    by_camera = any(tags.get(key) for key in _CAMERA_KEYS)
    if not by_camera and b"free" in outer and any(name in _FFMPEG_HANDLERS for name in handlers):
        traces.append("boxes as FFmpeg writes them")
    found.detail("boxes", [clean(name) for name in outer][:20])
    cuts = [edits(data, box) for box in tree if box.name == b"elst"]
    several = max((len([edit for edit in cut if edit[1] >= 0]) for cut in cuts), default=0)
    found.detail("edit_lists", several if several > 1 else None)
    _judge_header(found, data, tree)
    end = parsed_end(data)
    if end and len(data[end:].strip(b"\0")) >= 16:
        found.flag("trailing_data", {"bytes": len(data) - end, "offset": end, "type": "unknown"},
                   "Bytes follow the end of the file's last box.")  # fmt: skip
    if cut_short(data) or b"moov" not in outer:
        found.flag("corrupted_file", "cut short", "The file ends before its last box does.")
    return list(dict.fromkeys(traces))


def _judge_header(found: Findings, data: bytes, tree: list[Box]) -> None:
    """The movie header's own dates; a modification within a day of a long recording is the camera's."""
    for box in tree:
        if box.name == b"mvhd":
            created, modified = header_dates(data, box)
            if created and modified and (modified - created).total_seconds() > 6 * 3600:
                dates = {"creation_date": rfc3339(created), "modification_date": rfc3339(modified)}
                found.flag("dates_mismatch", dates, "The file was modified after it was created.")
            found.detail("creation_date", rfc3339(created) if created else None)
            found.detail("modification_date", rfc3339(modified) if modified else None)
            return
