"""Forensic facts of a sound file: container, tags, encoder, and where it was cut and joined."""

import io

import av

from pipelines.errors import MediaError
from pipelines.media.forensics.findings import Findings
from pipelines.media.forensics.isobmff import cut_short
from pipelines.media.forensics.splices import find_splices
from pipelines.media.forensics.video import encoder_traces, judge_tags, read_streams
from pipelines.media.frames import Limits
from pipelines.media.sniff import MediaType
from pipelines.media.sound import DEMUXERS, decode_sound

_RATE_MOST = 48_000
_LOSSLESS = ("pcm_", "flac", "alac")


def read_audio(found: Findings, data: bytes, media: MediaType, limits: Limits) -> None:
    """Adds what a sound file tells."""
    found.detail("container", media.extension)
    try:
        with av.open(io.BytesIO(data), "r", format=DEMUXERS[media.mime], metadata_errors="ignore") as container:
            tags = read_streams(found, container, len(data))
    except MemoryError:
        raise
    except Exception:  # demuxers of hostile bytes raise many kinds
        found.flag("corrupted_file", "header", "The file's header is damaged.")
        return
    judge_tags(found, tags)
    traces = encoder_traces(data, tags)
    if traces:
        found.detail("encoder", traces[0])
        found.flag("reencoded_stream", {"evidence": traces}, "The stream was written by encoding software.")
    if _cut_short(data, media):
        found.flag("corrupted_file", "cut short", "The file ends before its header says.")
    read_sound(found, data, media, limits)


def read_sound(found: Findings, data: bytes, media: MediaType, limits: Limits) -> None:
    """Looks for splices in the first sound track; a file without one has none.

    Raises:
        MediaError: `audio_too_long` or `video_too_long`.
    """
    rate = min(int(found.details.get("sample_rate") or 0), _RATE_MOST)
    if not rate:
        return
    try:
        sound = decode_sound(data, media, rate, limits)
    except MediaError as error:
        if error.code == "corrupt_media":
            found.flag("corrupted_file", "sound", "The sound track is damaged.")
            return
        raise
    found.detail("duration", round(len(sound.samples) / rate, 3))
    found.signals["sound_seconds"] = round(len(sound.samples) / rate, 3)
    splices = find_splices(sound.samples, rate, lossless=sound.codec.startswith(_LOSSLESS))
    if splices:
        value = [{"time": round(splice.time, 2), "kind": splice.kind, "strength": splice.strength} for splice in splices]
        found.flag("audio_splice", value, "The recording seems to be joined from pieces.")


def _cut_short(data: bytes, media: MediaType) -> bool:
    if media.mime == "audio/wav":
        size = int.from_bytes(data[4:8], "little")
        return 0 < size < 0xFFFFFFFF and 8 + size > len(data) + 1
    return media.mime == "audio/mp4" and cut_short(data)
