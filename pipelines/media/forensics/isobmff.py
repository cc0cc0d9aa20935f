"""The boxes of MP4, MOV and their kin (ISO/IEC 14496-12): their order, their dates, and who wrote them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_CONTAINERS = frozenset((b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"udta", b"moof", b"traf", b"mvex"))
_OUTER = frozenset((
    b"ftyp", b"styp", b"pdin", b"moov", b"moof", b"mfra", b"mdat", b"free", b"skip", b"wide", b"junk", b"meta", b"meco",
    b"sidx", b"ssix", b"prft", b"emsg", b"uuid", b"udta", b"pnot", b"PICT", b"imda", b"jumb", b"sefd", b"smta", b"inst",
    b"mpvd", b"ihdr",
))  # fmt: skip
"""Boxes that may stand outermost; what has another name there is no box but something put behind the file."""
_MOST_BOXES = 5000
_DEEPEST = 8
_EPOCH = datetime(1904, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Box:
    """One box: its four-letter name, where its payload begins and ends, and how deep it lies."""

    name: bytes
    start: int
    end: int
    depth: int


def boxes(data: bytes) -> list[Box]:
    """All boxes, outer before inner, in order; those after damage are missing. Never raises."""
    found: list[Box] = []
    for box in _walk(data, 0, len(data), 0):
        found.append(box)
        if len(found) >= _MOST_BOXES:
            break
    return found


def _walk(data: bytes, at: int, end: int, depth: int) -> Iterator[Box]:
    while at + 8 <= end:
        size, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        start = at + 8
        if size == 1 and at + 16 <= end:
            size, start = int.from_bytes(data[at + 8 : at + 16], "big"), at + 16
        elif size == 0:
            size = end - at
        if (
            size < start - at
            or not all(0x20 <= letter <= 0xFF for letter in name)
            or (not depth and name not in _OUTER)
        ):
            return
        stop = min(at + size, end)
        yield Box(name, start, stop, depth)
        if name in _CONTAINERS and depth < _DEEPEST:
            yield from _walk(data, start, stop, depth + 1)
        if at + size > end:
            return
        at += size


def parsed_end(data: bytes) -> int:
    """Where the outermost boxes end; bytes beyond are no part of the file."""
    return max((box.end for box in boxes(data) if box.depth == 0), default=0)


def cut_short(data: bytes) -> bool:
    """Whether the last outermost box claims more bytes than there are."""
    at = 0
    for _ in range(_MOST_BOXES):
        if at + 8 > len(data) or data[at + 4 : at + 8] not in _OUTER:
            return False
        size = int.from_bytes(data[at : at + 4], "big")
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        if size == 0 or size < 8:
            return False
        at += size
        if at > len(data):
            return True
    return False


def header_dates(data: bytes, box: Box) -> tuple[datetime | None, datetime | None]:
    """Creation and modification of an `mvhd` box; None where they were not set."""
    payload = data[box.start : box.end]
    if len(payload) < 20:
        return None, None
    wide = payload[0] == 1
    width = 8 if wide else 4
    values = (int.from_bytes(payload[4 + i * width : 4 + (i + 1) * width], "big") for i in range(2))
    created, modified = (_EPOCH + timedelta(seconds=v) if 0 < v < 1 << 33 else None for v in values)
    return created, modified


def handler_name(data: bytes, box: Box) -> str:
    """The name in an `hdlr` box, which encoders fill with their own."""
    raw = data[box.start + 24 : box.end]
    if raw[:1] and raw[0] == len(raw) - 1:  # QuickTime writes a Pascal string
        raw = raw[1:]
    return raw.split(b"\0", 1)[0].decode("utf-8", errors="replace")[:100]


def edits(data: bytes, box: Box) -> list[tuple[int, int]]:
    """(duration, media time) of each entry in an `elst` box, in their own time scales."""
    payload = data[box.start : box.end]
    if len(payload) < 8:
        return []
    wide = payload[0] == 1
    width, entry = (8, 20) if wide else (4, 12)
    count = min(int.from_bytes(payload[4:8], "big"), (len(payload) - 8) // entry)
    found = []
    for number in range(count):
        at = 8 + number * entry
        duration = int.from_bytes(payload[at : at + width], "big")
        time = int.from_bytes(payload[at + width : at + 2 * width], "big", signed=True)
        found.append((duration, time))
    return found
