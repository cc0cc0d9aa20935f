"""Forensic facts of a picture's file: its metadata and its structure, not its pixels."""

import io
import warnings
from contextlib import suppress
from typing import Any

import numpy as np
from PIL import Image, ImageCms, ImageFile

from pipelines.errors import MediaError
from pipelines.media.forensics import thumbnail
from pipelines.media.forensics.dates import judge_dates
from pipelines.media.forensics.exif import Metadata, read_metadata
from pipelines.media.forensics.findings import Findings, clean
from pipelines.media.forensics.jpeg import photoshop_resources, structure
from pipelines.media.forensics.software import judge_credits, judge_prompts, judge_software, judge_source_types
from pipelines.media.forensics.trailing import trailing_data
from pipelines.media.frames import Limits
from pipelines.media.image import FORMATS
from pipelines.media.sniff import MediaType

_NEVER_STRIPPED = frozenset(("image/png", "image/gif", "image/bmp"))
"""Formats that no camera writes: the absence of camera metadata says nothing."""


def read_image(found: Findings, data: bytes, media: MediaType, limits: Limits) -> None:
    """Adds what the file of a still image tells."""
    if media.mime == "image/heic":
        import pi_heif

        pi_heif.register_heif_opener(thumbnails=False)
    found.detail("format", media.extension)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=FORMATS[media.mime]) as image:
                _read(found, data, media, image, limits)
    except (MediaError, MemoryError):
        raise
    except Exception:  # parsers of hostile bytes raise anything; what was found before stands
        found.flag("corrupted_file", "header", "The file's header is damaged.")
    if media.mime == "image/jpeg":
        _read_jpeg(found, data)


def _read(found: Findings, data: bytes, media: MediaType, image: ImageFile.ImageFile, limits: Limits) -> None:
    found.detail("width", image.width)
    found.detail("height", image.height)
    metadata = read_metadata(image)
    found.signals["orientation"] = metadata.orientation
    found.detail("camera_make", metadata.make)
    found.detail("camera_model", metadata.model)
    found.detail("software", next(iter(metadata.software), ""))
    found.detail("gps", metadata.gps)
    found.detail("icc_profile", _profile_name(image.info.get("icc_profile")))
    judge_dates(found, metadata.dates)
    judge_software(found, metadata.software)
    judge_credits(found, metadata.credits)
    judge_prompts(found, metadata.texts)
    judge_source_types(found, metadata.xmp)
    _judge_screenshot(found, metadata)
    if "TC260:AIGC" in metadata.xmp:
        judge_prompts(found, [("aigc", "xmp")])
    _judge_absence(found, media, metadata, image)
    declared, motion = _pictures_end(image), "MotionPhoto" in metadata.xmp or "MicroVideo" in metadata.xmp
    rest = trailing_data(data, media.mime, declared, motion)
    if rest:
        found.flag("trailing_data", rest, "Bytes follow the end of the picture.")
    if image.width * image.height <= limits.pixels and media.mime == "image/jpeg":
        _judge_thumbnail(found, image)


def _judge_screenshot(found: Findings, metadata: Metadata) -> None:
    """iOS and Android say so in the user comment."""
    if any(clean(text).lower() == "screenshot" for _, text in metadata.texts) or ">Screenshot<" in metadata.xmp:
        found.flag("screenshot_software", ["Screenshot"], "The metadata says that this is a screenshot.")


def _judge_absence(found: Findings, media: MediaType, metadata: Metadata, image: Image.Image) -> None:
    if media.mime in _NEVER_STRIPPED or metadata.make or metadata.model or metadata.dates.get("creation_date"):
        return
    missing = [name for name in ("exif", "xmp") if name not in metadata.present]
    if missing == ["exif", "xmp"]:
        found.flag("metadata_stripped", missing, "The file holds no metadata of a camera or program.")


def _judge_thumbnail(found: Findings, image: Image.Image) -> None:
    preview = thumbnail.thumbnail(image.getexif(), image.info.get("exif", b""))
    if preview is None:
        return
    found.signals["thumbnail"] = True
    image.draft("L", (256, 256))
    try:
        picture = np.asarray(image.convert("L"))
    except MemoryError:
        raise
    except Exception:  # said by whoever decodes the frames
        return
    different = thumbnail.compare(preview, picture)
    if different:
        found.flag("thumbnail_mismatch", different, "The stored preview shows another picture.")


def _pictures_end(image: Image.Image) -> int:
    """Where the last picture of a multi-picture file (CIPA DC-007) ends, 0 for others."""
    with suppress(Exception):
        entries, start = image.mpinfo[0xB002], int(image.info["mpoffset"])  # type: ignore[attr-defined]
        return max(start + int(entry["DataOffset"]) + int(entry["Size"]) for entry in entries if entry["DataOffset"])
    return 0


def _profile_name(profile: Any) -> str:
    if not isinstance(profile, bytes) or len(profile) > 4 << 20:
        return ""
    with suppress(Exception):
        return clean(ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile))))
    return ""


def _read_jpeg(found: Findings, data: bytes) -> None:
    """Quantisation, Photoshop's blocks and whether the file has an end."""
    parts = structure(data)
    for segment in parts.segments:
        if segment.code == 0xDB and "quantisation" not in found.signals:
            table = _first_table(segment.payload)
            if table is not None:
                found.signals["quantisation"] = [int(step) for step in table]
        if segment.code == 0xED and _by_photoshop(segment.payload):
            judge_software(found, ["Adobe Photoshop (image resources)"])
        if segment.code == 0xEC and segment.payload.startswith(b"Ducky"):
            judge_software(found, ["Adobe Photoshop (save for web)"])
    if parts.end is None:
        found.flag("corrupted_file", "no end of image", "The file ends before its picture does.")


_PHOTOSHOP = b"Photoshop 3.0\0"
_IPTC = frozenset((0x0404, 0x0425))
"""Blocks that news agencies and phones write too; most others come from Photoshop alone."""


def _by_photoshop(payload: bytes) -> bool:
    return payload.startswith(_PHOTOSHOP) and any(number not in _IPTC for number, _ in photoshop_resources(payload))


_ZIGZAG = np.array([
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21,
    28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
    47, 55, 62, 63,
])  # fmt: skip


def _first_table(payload: bytes) -> np.ndarray | None:
    """Table 0, row by row, where a segment begins with it (files store it in zigzag order)."""
    wide = payload[:1] == b"\x10"
    if payload[:1] not in (b"\x00", b"\x10") or len(payload) < (129 if wide else 65):
        return None
    stored = np.frombuffer(payload, ">u2" if wide else np.uint8, 64, 1).astype(np.int64)
    table = np.empty(64, np.int64)
    table[_ZIGZAG] = stored
    return table if table.min() > 0 else None
