"""What a PDF says of itself: software, dates and other metadata, and what in that contradicts itself."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from pipelines.media.forensics.findings import Findings, clean, in_future, parse_date, rfc3339, seconds_between
from pipelines.media.forensics.pdf_structure import Structure

if TYPE_CHECKING:
    import pymupdf

_EDITORS = (
    r"photoshop", r"\bgimp\b", r"\bcanva\b", r"coreldraw", r"affinity", r"photopea", r"pixelmator", r"\bdraw\b",
    r"sejda", r"ilovepdf", r"smallpdf", r"pdfescape", r"pdffiller", r"dochub", r"pdf-?xchange editor", r"phantompdf",
    r"foxit .*editor", r"nitro (pro|pdf)", r"pdfelement", r"wondershare", r"master ?pdf", r"soda ?pdf", r"pdf ?candy",
    r"pdfzorro", r"\bxodo\b", r"lightpdf", r"formswift", r"\binfix\b", r"pdfill\b", r"pdf architect", r"pdf2go",
    r"pdf annotator", r"easypdf", r"\bpdf ?expert\b", r"\bpdf ?buddy\b", r"hipdf", r"pdfchef", r"\bupdf\b", r"avepdf",
    r"pdf ?guru", r"deftpdf", r"pdf studio", r"flexi ?pdf", r"movavi", r"icecream", r"okular", r"\bxournal",
)  # fmt: skip
_EDITOR = re.compile("|".join(_EDITORS), re.IGNORECASE)
_PAIRS = (
    (re.compile(r"^(Writer|Calc|Impress)\b"), re.compile(r"LibreOffice|OpenOffice|Collabora|StarOffice")),
    (re.compile(r"Microsoft.*(Word|Excel|PowerPoint)"), re.compile(r"Microsoft|Acrobat|Adobe|Quartz|PDFMaker|Aspose")),
    (re.compile(r"^(TeX|LaTeX)\b"), re.compile(r"TeX|dvipdfm|MiKTeX")),
    (re.compile(r"\b(Chrome|Chromium)\b"), re.compile(r"Skia")),
    (re.compile(r"^wkhtmltopdf"), re.compile(r"^Qt\b|wkhtmltopdf")),
)
_REWRITERS = re.compile(
    r"ghostscript|pdftk|itext|qpdf|pikepdf|cairo|distiller|quartz|poppler|mupdf|acrobat", re.IGNORECASE
)
"""Programs that compress, join, print or repair files of others, in offices every day."""
_DATE = re.compile(r"D?:?(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:([+\-Z])(\d\d)?'?(\d\d)?)?")
_PACKET = re.compile(
    r"(?:<|\s)(xmp:CreateDate|xmp:ModifyDate|xmp:CreatorTool|pdf:Producer|stEvt:softwareAgent)"
    r"(?:>\s{0,20}([^<]{1,300})<|\s{0,8}=\s{0,8}[\"']([^\"']{1,300})[\"'])"
)
_MAX_PACKET = 1 << 20
_SLACK_SECONDS = 120.0
_LATER_SECONDS = 24 * 3600.0
"""Programs that compress or join files set a new modification date, most of them soon after creation."""


def read_details(found: Findings, document: "pymupdf.Document", structure: Structure) -> None:
    """Notes metadata of the document information dictionary and of XMP, and flags what does not fit."""
    info = {name: clean(value) for name, value in (document.metadata or {}).items() if value}
    packet = _packet(document)
    found.detail("pdf_version", structure.version)
    found.detail("pages", document.page_count)
    for name in ("title", "author", "creator", "producer"):
        found.detail(name, info.get(name, ""))
    found.details["encrypted"] = "encryption" in info
    found.details["linearized"] = structure.linearized
    found.details["versions"] = max(1, len(structure.revisions))
    _judge_dates(found, info, packet)
    _judge_software(found, info, packet)
    named = any(info.get(name) for name in ("creator", "producer", "creationDate", "modDate")) or packet
    if not named and re.search(r"/(ID|Info)\b", str(document.pdf_trailer())):  # bare libraries write neither
        found.flag("metadata_stripped", True, "The file names neither the software that made it nor a date.")


def pdf_date(text: str) -> datetime | None:
    """Reads a date of ISO 32000-2, 7.9.4 (`D:20240305123000+01'00'`); None for what is no date."""
    parts = _DATE.match(text.strip())
    if parts is None:
        return None
    year, month, day, hour, minute, second = (int(parts[n] or (1 if n in (2, 3) else 0)) for n in range(1, 7))
    zone = None
    if parts[7]:
        sign = -1 if parts[7] == "-" else 1
        zone = timezone(sign * timedelta(hours=int(parts[8] or 0) % 24, minutes=int(parts[9] or 0) % 60))
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=zone)
    except ValueError:
        return None


def _packet(document: "pymupdf.Document") -> dict[str, list[str]]:
    """Values of the XMP packet by name. Searched and not parsed: XML of strangers can expand without end."""
    text = (document.get_xml_metadata() or "")[:_MAX_PACKET]
    values: dict[str, list[str]] = {}
    for name, element, attribute in _PACKET.findall(text):
        values.setdefault(name, []).append(clean(element or attribute))
    return values


def _judge_dates(found: Findings, info: Mapping[str, str], packet: Mapping[str, list[str]]) -> None:
    dates = {
        "creation_date": pdf_date(info.get("creationDate", "")),
        "modification_date": pdf_date(info.get("modDate", "")),
        "xmp_creation_date": parse_date(next(iter(packet.get("xmp:CreateDate", ())), "")),
        "xmp_modification_date": parse_date(next(iter(packet.get("xmp:ModifyDate", ())), "")),
    }
    known = {name: date for name, date in dates.items() if date is not None}
    for name in ("creation_date", "modification_date"):
        date = known.get(name) or known.get(f"xmp_{name}")
        found.detail(name, rfc3339(date) if date else None)
    if why := _contradiction(known):
        found.flag("dates_mismatch", {name: rfc3339(date) for name, date in known.items()}, why)


def _contradiction(known: Mapping[str, datetime]) -> str | None:
    if any(in_future(date) for date in known.values()):
        return "A date lies in the future."
    for name in ("creation_date", "modification_date"):
        pair = known.get(name), known.get(f"xmp_{name}")
        if pair[0] and pair[1] and abs(seconds_between(pair[0], pair[1])) > _SLACK_SECONDS:
            return "Two places in the file give different dates for the same event."
    created = known.get("creation_date") or known.get("xmp_creation_date")
    modified = known.get("modification_date") or known.get("xmp_modification_date")
    apart = seconds_between(created, modified) if created and modified else 0.0
    if apart < -_SLACK_SECONDS:
        return "The file claims to be modified before it was created."
    return "The file was modified later than it was created." if apart > _LATER_SECONDS else None


def _judge_software(found: Findings, info: Mapping[str, str], packet: Mapping[str, list[str]]) -> None:
    creator, producer = info.get("creator", ""), info.get("producer", "")
    tools = packet.get("xmp:CreatorTool", []) + packet.get("pdf:Producer", []) + packet.get("stEvt:softwareAgent", [])
    editors = [name for name in dict.fromkeys((creator, producer, *tools)) if _EDITOR.search(name)]
    if editors:
        found.flag("suspicious_software", editors, "The metadata names software that edits documents.")
    foreign = [
        f"{creator} / {producer}"
        for makes, own in _PAIRS
        if producer and makes.search(creator) and not own.search(producer) and not _REWRITERS.search(producer)
    ]
    others = [name for name in packet.get("pdf:Producer", []) if name and name not in producer and producer not in name]
    if foreign or others:
        message = "The software that wrote the file is not the one that made the document."
        found.flag("suspicious_software", foreign + [f"{producer} / {name}" for name in others], message)
