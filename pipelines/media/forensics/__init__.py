"""Forensic facts of a file of any kind: details, red flags and what the checks of its pixels need (contracts 2.6)."""

import hashlib

from pipelines.errors import MediaError
from pipelines.media.facts import Facts
from pipelines.media.forensics.findings import Findings
from pipelines.media.forensics.provenance import read_provenance
from pipelines.media.frames import Limits
from pipelines.media.sniff import MediaType
from pipelines.report import Artifact


def read(data: bytes, media: MediaType, limits: Limits) -> Facts:
    """Reads a whole file's forensic facts.

    Returns:
        `values`: `details` (document_details), `flags` (flag -> `value`, `message`) and `signals` (see `Findings`).
        Attachments: pictures (`heatmap-<flag>.png`) of what a PDF's flags are about.
    """
    found = Findings()
    found.details.update(file_type=media.kind, mime_type=media.mime, file_size=len(data))
    found.details.update(
        md5=hashlib.md5(data, usedforsecurity=False).hexdigest(), sha256=hashlib.sha256(data).hexdigest()
    )
    pictures: tuple[Artifact, ...] = ()
    try:
        pictures = _read(found, data, media, limits)
    except MemoryError:
        raise
    except MediaError as error:
        if error.code != "corrupt_media":
            raise
        found.flag("corrupted_file", "unreadable", "The file is damaged or incomplete.")
    read_provenance(found, data, media.mime)
    if "c2pa" in found.details:
        found.flags.pop("metadata_stripped", None)  # signed provenance is more than any metadata
    return Facts(found.values(), pictures)


def _read(found: Findings, data: bytes, media: MediaType, limits: Limits) -> tuple[Artifact, ...]:
    """Hands the file to the reader of its kind, which is imported only now: a decoder process starts quickly."""
    if media.kind == "image":
        from pipelines.media.forensics.image import read_image

        read_image(found, data, media, limits)
    elif media.kind == "video":
        from pipelines.media.forensics.video import read_video

        read_video(found, data, media, limits)
    elif media.kind == "audio":
        from pipelines.media.forensics.audio import read_audio

        read_audio(found, data, media, limits)
    elif media.kind == "pdf":
        from pipelines.media.forensics.pdf import read_pdf

        return read_pdf(found, data, media, limits)
    return ()
