"""Forensic facts of a sound file: container, tags, encoder, and where it was cut and joined."""

import io

import av

from pipelines.media.forensics.findings import Findings
from pipelines.media.forensics.isobmff import cut_short
from pipelines.media.forensics.sound import read_sound
from pipelines.media.forensics.video import encoder_traces, judge_tags, read_streams
from pipelines.media.frames import Limits
from pipelines.media.sniff import MediaType
from pipelines.media.sound import DEMUXERS


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


def _cut_short(data: bytes, media: MediaType) -> bool:
    if media.mime == "audio/wav":
        size = int.from_bytes(data[4:8], "little")
        return 0 < size < 0xFFFFFFFF and 8 + size > len(data) + 1
    return media.mime == "audio/mp4" and cut_short(data)
