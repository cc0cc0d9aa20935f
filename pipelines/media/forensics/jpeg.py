"""The structure of a JPEG file (ITU-T T.81): segments, quantisation tables, where it ends, and what follows."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_STANDALONE = frozenset((0x01, *range(0xD0, 0xD9)))
_SCAN_END = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]", re.DOTALL)
_MOST_SEGMENTS = 2000


@dataclass(frozen=True, slots=True)
class Segment:
    """One marker segment: its code (0xE1 is APP1), its payload, and where it begins in the file."""

    code: int
    payload: bytes
    offset: int


@dataclass(frozen=True, slots=True)
class Structure:
    """A file's segments before and between its scans, and the first byte after its end; None: it has no end."""

    segments: tuple[Segment, ...]
    end: int | None


def structure(data: bytes) -> Structure:
    """Walks a JPEG file from its first byte to its end-of-image marker. Never raises."""
    segments: list[Segment] = []
    at = 2
    for _ in range(_MOST_SEGMENTS):
        if at + 2 > len(data) or data[at] != 0xFF:
            break
        code = data[at + 1]
        if code == 0xFF:
            at += 1
            continue
        if code == 0xD9:
            return Structure(tuple(segments), at + 2)
        if code in _STANDALONE:
            at += 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        segments.append(Segment(code, data[at + 4 : at + 2 + length], at))
        at += 2 + length
        if code == 0xDA:
            following = _SCAN_END.search(data, at)
            if following is None:
                break
            at = following.end() - 2
    return Structure(tuple(segments), None)


def photoshop_resources(payload: bytes) -> Iterator[tuple[int, bytes]]:
    """The numbered resources in an APP13 segment of Photoshop; 0x0404 holds IPTC."""
    at = payload.find(b"8BIM")
    while 0 <= at < len(payload) - 12:
        number = int.from_bytes(payload[at + 4 : at + 6], "big")
        name = payload[at + 6] + 1
        start = at + 6 + name + name % 2
        size = int.from_bytes(payload[start : start + 4], "big")
        yield number, payload[start + 4 : start + 4 + size]
        at = payload.find(b"8BIM", start + 4 + size)
