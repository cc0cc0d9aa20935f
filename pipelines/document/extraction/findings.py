"""What the engine of one document type hands over."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.document.extraction.arithmetic import Relation
from pipelines.document.extraction.candidates import Candidate
from pipelines.document.extraction.identifiers import Identifier, find_ibans
from pipelines.document.extraction.layout import Sheet

Marked = tuple[str, int]
"""How something is written, and the span that holds it."""


@dataclass(frozen=True, slots=True)
class Checksum:
    """A number with check digits in the document: its scheme, whether they hold, the span, whether OCR read it."""

    scheme: str
    valid: bool
    index: int
    ocr: bool


@dataclass(frozen=True, slots=True)
class Findings:
    """Fields (leaves, or maps and lists of leaves), the relations between figures, and the numbers with checksums."""

    fields: Mapping[str, Any]
    relations: tuple[Relation, ...] = ()
    checksums: tuple[Checksum, ...] = ()


def marks(sheet: Sheet, candidates: Iterable[Candidate]) -> tuple[Checksum, ...]:
    """Checksums of labelled numbers, and of every IBAN of the document that holds."""
    found: dict[tuple[str, int], Checksum] = {}
    for one in candidates:
        about = one.about
        if isinstance(about, Identifier) and about.valid is not None and one.score >= 0.15:
            found[about.scheme, one.index] = Checksum(about.scheme, about.valid, one.index, one.cell.ocr)
    for cell in sheet.cells():
        for number in find_ibans(cell.text):
            index = cell.index_at(number.start)
            if number.valid:
                found[number.scheme, index] = Checksum(number.scheme, True, index, cell.ocr)
    return tuple(found.values())
