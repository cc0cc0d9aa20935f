"""Any media to frames, sound and facts, in this process. Files from outside belong in `pipelines.media.decoder`."""

from dataclasses import replace

from pipelines.errors import MediaError
from pipelines.media.facts import read_facts
from pipelines.media.frames import Decoded, DecodeRequest, Limits
from pipelines.media.image import decode_image
from pipelines.media.pdf import decode_pdf
from pipelines.media.shots import decode_shots
from pipelines.media.sniff import HEAD_BYTES, MediaType, sniff
from pipelines.media.sound import decode_sound
from pipelines.media.video import decode_video

KINDS = frozenset(("image", "video", "zip", "pdf"))
"""Kinds that have frames."""


def decode_media(data: bytes, request: DecodeRequest, limits: Limits, *, threads: int = 1) -> Decoded:
    """Decodes a file by what its bytes say it is, and has the readers look at it whose facts are asked for.

    Where facts are asked for, a file whose frames cannot be decoded comes back without any, and `fault` says why.

    Raises:
        MediaError: `unsupported_media` where the kind is unknown or not asked for, else as `decode_image`,
            `decode_video`, `decode_shots`, `decode_pdf`, `decode_sound` and the readers.
    """
    found = sniff(data[:HEAD_BYTES])
    if found is None or found.kind not in request.kinds or not _has(found, request):
        raise MediaError("unsupported_media", "the file is not of a supported type")
    if not request.facts:
        return _decode(data, found, request, limits, threads)
    facts = read_facts(request.facts, data, found, limits)
    try:
        decoded = _decode(data, found, request, limits, threads)
    except MediaError as error:
        decoded = replace(_no_frames(found), fault=error.code)
    return replace(
        decoded,
        facts={name: dict(read.values) for name, read in facts.items()},
        attachments=tuple(attachment for read in facts.values() for attachment in read.attachments),
    )


def _has(found: MediaType, request: DecodeRequest) -> bool:
    """Whether a file of that kind has anything that is asked for."""
    return bool(found.kind in KINDS or request.facts or (found.kind == "audio" and request.sound_rate))


def _decode(data: bytes, found: MediaType, request: DecodeRequest, limits: Limits, threads: int) -> Decoded:
    decoded = _frames(data, found, request, limits, threads)
    silent = decoded.frames and not decoded.has_audio  # what was asked for beside it can still be judged
    if not request.sound_rate or found.kind not in ("audio", "video") or silent:
        return decoded
    sound = decode_sound(data, found, request.sound_rate, limits)
    duration = decoded.duration or len(sound.samples) / sound.rate
    return replace(decoded, sound=sound, has_audio=True, duration=duration)


def _frames(data: bytes, found: MediaType, request: DecodeRequest, limits: Limits, threads: int) -> Decoded:
    if request.frames == 0 or found.kind not in KINDS:
        return _no_frames(found)
    if found.kind == "image":
        return decode_image(data, request, limits)
    if found.kind == "zip":
        return decode_shots(data, request, limits)
    if found.kind == "pdf":
        return decode_pdf(data, request, limits)
    return decode_video(data, request, limits, threads=threads)


def _no_frames(found: MediaType) -> Decoded:
    return Decoded(
        kind=found.kind,
        mime=found.mime,
        width=0,
        height=0,
        duration=None,
        fps=None,
        has_audio=found.kind == "audio",
        scale=1.0,
        frames=(),
    )
