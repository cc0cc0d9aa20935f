"""The bare file structure of a PDF (ISO 32000-2, 7.5): its versions one after the other, and bytes beyond them."""

import re
from dataclasses import dataclass

_HEADER = re.compile(rb"%PDF-(\d\.\d)")
_END = re.compile(rb"startxref\s{1,8}(\d{1,12})\s{1,8}%%EOF")
_OBJECT = re.compile(rb"(?<![\d.])(\d{1,10})[ \r\n\t]{1,4}\d{1,5}[ \r\n\t]{1,4}obj\b")
_CROSS_REFERENCES = re.compile(rb"/Type\s{0,8}/XRef\b")
_ROOM = re.compile(rb"[\s\x00]{0,64}")
_MAX_ENDS = 200
_MAX_OBJECTS = 200_000
_LEAST_TRAIL = 16
"""Fewer bytes behind the end are padding."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One version of the file: the bytes before `end`, of which those from `start` on are new.

    Attributes:
        objects: numbers of the objects that it adds or replaces, cross-reference streams left out.
    """

    start: int
    end: int
    objects: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Structure:
    """What a look at the bytes tells.

    Attributes:
        version: of the header, e.g. `1.7`; None without one.
        offset: bytes before the header.
        linearized: whether the file is laid out for reading over a network; its two parts are one version.
        revisions: oldest first; empty where no end of file could be found.
        trailing: bytes behind the last end, padding not counted.
    """

    version: str | None
    offset: int
    linearized: bool
    revisions: tuple[Revision, ...]
    trailing: int


def read_structure(data: bytes) -> Structure:
    """Finds versions by the end-of-file marks whose `startxref` truly leads to a cross-reference.

    Marks inside embedded files lead nowhere, a linearized file's first one says 0, and sections without objects, as
    Word writes beside its main one for old readers, make no version.
    """
    header = _HEADER.search(data[:1024])
    offset = header.start() if header else 0
    linearized = b"/Linearized" in data[offset : offset + 1024]
    revisions: list[Revision] = []
    start = last = 0
    for mark in list(_END.finditer(data))[-_MAX_ENDS:]:
        last = mark.end()
        if not _leads_somewhere(data, int(mark[1]), offset):
            continue
        objects = _objects(data, start, last)
        if objects:
            revisions.append(Revision(start, last, objects))
        elif revisions:
            revisions[-1] = Revision(revisions[-1].start, last, revisions[-1].objects)
        start = last
    rest = data[last:].strip(b"\0 \t\r\n") if last else b""
    trailing = len(rest) if len(rest) >= _LEAST_TRAIL else 0
    return Structure(header[1].decode() if header else None, offset, linearized, tuple(revisions), trailing)


def _leads_somewhere(data: bytes, target: int, offset: int) -> bool:
    for place in {target, target + offset}:
        at = _ROOM.match(data, place)
        if 0 < target < len(data) and at is not None:
            there = data[at.end() : at.end() + 30]
            if there.startswith(b"xref") or _OBJECT.match(there):
                return True
    return False


def _objects(data: bytes, start: int, end: int) -> tuple[int, ...]:
    numbers: dict[int, None] = {}
    for found in _OBJECT.finditer(data, start, end):
        if len(numbers) >= _MAX_OBJECTS:
            break
        if not _CROSS_REFERENCES.search(data[found.end() : found.end() + 400].split(b"stream", 1)[0]):
            numbers[int(found[1])] = None
    return tuple(numbers)
