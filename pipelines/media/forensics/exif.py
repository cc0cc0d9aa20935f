"""What cameras and programs wrote about a picture: EXIF, XMP, IPTC, PNG texts, comments. Uses Pillow's parsers only."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from PIL import Image, ImageFile, IptcImagePlugin

from pipelines.media.forensics.findings import clean, parse_date

_MAKE, _MODEL, _SOFTWARE, _MODIFIED, _ARTIST_TOOL = 0x010F, 0x0110, 0x0131, 0x0132, 0x000B
_DESCRIPTION, _ARTIST = 0x010E, 0x013B
_EXIF_IFD, _GPS_IFD = 0x8769, 0x8825
_ORIGINAL, _DIGITIZED, _COMMENT = 0x9003, 0x9004, 0x9286
_OFFSETS = {_MODIFIED: 0x9010, _ORIGINAL: 0x9011, _DIGITIZED: 0x9012}
_XMP_BYTES = 1 << 20
_TOOL = r"(?:CreatorTool|softwareAgent|stEvt:softwareAgent)\s*(?:=\s*[\"']([^\"']{1,200})|>([^<]{1,200})<)"
_CREDIT = r"photoshop:Credit\s*(?:=\s*[\"']([^\"']{1,200})|>([^<]{1,200})<)"
_IPTC_PROGRAM, _IPTC_CREDIT = (2, 65), (2, 110)
_XMP_DATE = r"(?:xmp|xap):{}\s*(?:=\s*[\"']|>)([^\"'<]{{10,40}})"
_BAD = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    SyntaxError,
    OverflowError,
    ZeroDivisionError,
    OSError,
)


@dataclass(slots=True)
class Metadata:
    """A picture's metadata, as far as it can be read; damaged parts are as if they were absent.

    Attributes:
        software: names of programs, in the order they were found.
        texts: (keyword, text) of PNG texts, comments, descriptions and user comments.
        credits: to whom the picture is owed, where generators name themselves.
        dates: `creation_date`, `modification_date`, `digitized_date` where they are known.
        gps: `lat` and `lon` in degrees.
        present: which of `exif`, `xmp`, `iptc`, `comment` the file has.
    """

    make: str = ""
    model: str = ""
    software: list[str] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)
    credits: list[str] = field(default_factory=list)
    dates: dict[str, datetime | None] = field(default_factory=dict)
    gps: dict[str, float] | None = None
    orientation: int = 1
    xmp: str = ""
    present: set[str] = field(default_factory=set)


def read_metadata(image: ImageFile.ImageFile) -> Metadata:
    """Reads all of it from an opened picture, whose pixels need not be loaded."""
    found = Metadata()
    with suppress(*_BAD):
        _read_exif(found, image.getexif())
    found.xmp = _xmp(image.info)
    if found.xmp:
        found.present.add("xmp")
        found.software += [clean(a or b) for a, b in re.findall(_TOOL, found.xmp)]
        found.credits += [clean(a or b) for a, b in re.findall(_CREDIT, found.xmp)]
        for name, key in (("creation_date", "CreateDate"), ("modification_date", "ModifyDate")):
            dates = re.findall(_XMP_DATE.format(key), found.xmp)
            if dates and not found.dates.get(name):
                found.dates[name] = parse_date(dates[0])
    _read_texts(found, image.info)
    with suppress(*_BAD):
        _read_iptc(found, IptcImagePlugin.getiptcinfo(image) or {})
    return found


def _read_exif(found: Metadata, exif: Image.Exif) -> None:
    if not exif:
        return
    found.present.add("exif")
    found.make, found.model = clean(exif.get(_MAKE, "")), clean(exif.get(_MODEL, ""))
    found.software += [clean(exif[tag]) for tag in (_SOFTWARE, _ARTIST_TOOL) if exif.get(tag)]
    _read_descriptions(found, exif)
    orientation = exif.get(0x0112, 1)
    found.orientation = orientation if orientation in range(1, 9) else 1
    inner: Mapping[int, Any] = {}
    with suppress(*_BAD):
        inner = exif.get_ifd(_EXIF_IFD)
    for name, tag in (("creation_date", _ORIGINAL), ("digitized_date", _DIGITIZED), ("modification_date", _MODIFIED)):
        holder: Mapping[int, Any] = exif if tag == _MODIFIED else inner
        with suppress(*_BAD):
            found.dates[name] = parse_date(clean(holder[tag]) + clean(inner.get(_OFFSETS[tag], "")))
    comment = inner.get(_COMMENT)
    if isinstance(comment, bytes) and len(comment) > 8:
        found.texts.append(("UserComment", _user_comment(comment)))
    elif isinstance(comment, str):
        found.texts.append(("UserComment", comment))
    with suppress(*_BAD):
        found.gps = _gps(exif.get_ifd(_GPS_IFD))


def _read_descriptions(found: Metadata, exif: Image.Exif) -> None:
    """Free text; ComfyUI keeps its graph in the names of the camera, and xAI signs the description."""
    for name, tag in (("ImageDescription", _DESCRIPTION), ("Make", _MAKE), ("Model", _MODEL)):
        if isinstance(text := exif.get(tag), str) and text:
            found.texts.append((name, text[:20_000]))
    signed = str(exif.get(_DESCRIPTION, "")).startswith("Signature: ")
    if signed and re.fullmatch(r"[0-9a-f-]{36}", str(exif.get(_ARTIST, "")).strip("\0 ")):
        found.credits.append("xAI Grok")


def _read_iptc(found: Metadata, datasets: Mapping[Any, Any]) -> None:
    if not datasets:
        return
    found.present.add("iptc")
    found.software += [clean(datasets[_IPTC_PROGRAM])] if _IPTC_PROGRAM in datasets else []
    found.credits += [clean(datasets[_IPTC_CREDIT])] if _IPTC_CREDIT in datasets else []


def _user_comment(comment: bytes) -> str:
    """EXIF 2.3, 4.6.5: eight bytes name the character code."""
    code, text = comment[:8], comment[8:]
    if code.startswith(b"UNICODE"):
        little = text[1:2] == b"\0"
        return text.decode("utf-16-le" if little else "utf-16-be", errors="replace")
    return text.decode(errors="replace")


def _gps(tags: Mapping[int, Any]) -> dict[str, float] | None:
    """Decimal degrees; None where the tags are absent or impossible."""
    if 2 not in tags or 4 not in tags:
        return None
    place = {}
    for name, tag, negative, most in (("lat", 2, "S", 90), ("lon", 4, "W", 180)):
        degrees = sum(float(part) / 60**power for power, part in enumerate(tags[tag]))
        if not 0 <= degrees <= most:
            return None
        place[name] = round(-degrees if clean(tags.get(tag - 1, "")) == negative else degrees, 6)
    return place


def _xmp(info: Mapping[Any, Any]) -> str:
    for key in ("xmp", "XML:com.adobe.xmp", "Raw profile type xmp"):
        value = info.get(key)
        if isinstance(value, tuple):
            value = value[0]
        if isinstance(value, bytes):
            return value[:_XMP_BYTES].decode(errors="replace")
        if isinstance(value, str):
            return value[:_XMP_BYTES]
    return ""


def _read_texts(found: Metadata, info: Mapping[Any, Any]) -> None:
    """PNG texts and comments; whatever else Pillow keeps under a string key is a number or bytes."""
    for key, value in _texts(info):
        if key.lower() == "software":
            found.software.append(clean(value))
        elif key.lower() in ("creation time", "date:create") and "creation_date" not in found.dates:
            found.dates["creation_date"] = parse_date(value)
        elif not key.startswith(("XML:", "Raw profile")):
            found.texts.append((key, value[:20_000]))
        found.present.add("comment")


def _texts(info: Mapping[Any, Any]) -> Iterator[tuple[str, str]]:
    for key, value in info.items():
        if key == "comment" and isinstance(value, bytes):
            yield "comment", value.decode(errors="replace")
        elif isinstance(key, str) and isinstance(value, str) and not key.startswith("XML:"):
            yield key, value
