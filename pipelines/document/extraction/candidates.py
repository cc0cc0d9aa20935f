"""Values beside their labels: what each field of a document may be, every candidate with its score."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from pipelines.document.extraction.amounts import find_amounts
from pipelines.document.extraction.dates import DateOrder, find_dates, order_of, reread
from pipelines.document.extraction.identifiers import find_company_numbers, find_ibans, find_numbers, find_vat_ids
from pipelines.document.extraction.layout import Cell, Sheet
from pipelines.document.extraction.lexicon import Hit, Lexicon
from pipelines.document.extraction.periods import find_periods
from pipelines.document.extraction.phrases import composed
from pipelines.document.extraction.tables import heading_rows

_INLINE, _RIGHT, _BELOW = 1.0, 1.0, 0.85
_NOT_LAST = 0.7
"""Of several amounts right of a label the last is the one it sums up to."""
_PROSE = 0.5
"""For labels in the middle of a sentence."""
_HEADING = 0.35
"""For labels in rows of nothing but labels: those head columns."""
_LINES_BELOW = 2.6
_ASKEW = 0.9
"""Text heights by which an amount may stand higher or lower than its label on crumpled or tilted paper."""
_SEPARATORS = " \t:;.#=-\u2013\u2014|*>"


@dataclass(frozen=True, slots=True)
class Value:
    """One value read in a text.

    Attributes:
        value: JSON-ready, or a Decimal.
        raw: as it is written.
        start: character of the cell where it begins.
        quality: 0..1, how much it looks like such a value.
        about: further facts of its kind, such as an amount's currency.
    """

    value: Any
    raw: str
    start: int
    end: int
    quality: float
    about: Any = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A value that a field may have.

    Attributes:
        score: 0..1, from the label, where the value stands to it, how it reads, and the OCR's confidence.
        cell: where the value stands.
        label: where its label stands; None for values that none names.
    """

    field: str
    value: Any
    raw: str
    index: int
    score: float
    cell: Cell
    about: Any = None
    label: tuple[int, int] | None = None


Reader = Callable[[Cell, int, int], list[Value]]
"""Finds the values of one kind in a part of a cell's text."""


class Readers:
    """A reader for each kind of value, agreed on one order of dates for the whole document."""

    def __init__(self, sheet: Sheet, given: DateOrder = "DMY") -> None:
        self.given = given
        found = [one for cell in sheet.cells() for one in find_dates(cell.text, given, ocr=cell.ocr)]
        self.order = order_of(found, given)
        self.by_kind: Mapping[str, Reader] = {
            "amount": _amounts,
            "date": self.dates,
            "number": partial(_tokens, find_numbers),
            "iban": partial(_tokens, find_ibans),
            "vat_id": partial(_tokens, find_vat_ids),
            "company_number": partial(_tokens, find_company_numbers),
            "period": self._periods,
            "text": _text,
            "party": _text,
        }

    def dates(self, cell: Cell, start: int, end: int) -> list[Value]:
        """ISO 8601; None where it looks like a date and is none. A date that can be read two ways counts for less."""
        text = cell.text[start:end]
        values = []
        for one in find_dates(text, self.given, ocr=cell.ocr):
            read = reread(text, one, self.order)
            certain = 1.0 if len(set(read.readings) & {"DMY", "MDY"}) < 2 else 0.95
            quality = 0.2 if read.value is None else certain * (1.0 if read.order in (None, self.order) else 0.8)
            iso = None if read.value is None else read.value.isoformat()
            values.append(Value(iso, text[one.start : one.end], start + one.start, start + one.end, quality, read))
        return values

    def _periods(self, cell: Cell, start: int, end: int) -> list[Value]:
        found = find_periods(cell.text[start:end], self.order, ocr=cell.ocr)
        return [
            Value({"start": str(p.first), "end": str(p.last)}, p.raw, start + p.start, start + p.end, p.quality)
            for p in found
        ]


def find_candidates(sheet: Sheet, lexicon: Lexicon, readers: Readers) -> dict[str, list[Candidate]]:
    """Candidates by field, best first."""
    hits = {id(cell): composed(cell.text, lexicon.hits(cell.text, ocr=cell.ocr)) for cell in sheet.cells()}
    found: dict[str, list[Candidate]] = defaultdict(list)
    heads = heading_rows(sheet)
    for row in sheet.rows:
        heading = row[0].row in heads or _is_heading(row, hits)
        for cell in row:
            for n, hit in enumerate(hits[id(cell)]):
                if hit.label.kind == "none":
                    continue
                after = [
                    other.start
                    for other in hits[id(cell)][n + 1 :]
                    if other.start >= hit.end and other.label.field != hit.label.field
                ]
                trust = hit.weight * _place(cell, hit)
                if heading and hit.label.kind == "amount":
                    trust *= _HEADING
                for candidate in _around(sheet, cell, hit, min(after, default=len(cell.text)), hits, readers):
                    found[hit.label.field].append(_scaled(candidate, trust))
    return {field: sorted(ones, key=lambda one: -one.score) for field, ones in found.items()}


def _around(
    sheet: Sheet, cell: Cell, hit: Hit, end: int, hits: Mapping[int, list[Hit]], readers: Readers
) -> Iterator[Candidate]:
    read = readers.by_kind[hit.label.kind]
    beside = [(cell, value, _INLINE) for value in read(cell, hit.end, end)]
    if end == len(cell.text):
        for other in sheet.right_of(cell) or _nearly_right_of(sheet, cell, hit, hits):
            known = [one for one in hits[id(other)] if one.label.field != hit.label.field]
            stop = min((one.start for one in known), default=len(other.text))
            beside += [(other, value, _RIGHT) for value in read(other, 0, stop)]
            if (known and not _no_value_of_its_own(other, hit)) or (beside and hit.label.kind != "amount"):
                break
    for n, (where, value, relation) in enumerate(beside):
        last = hit.label.kind != "amount" or n == len(beside) - 1
        yield _candidate(hit, where, value, relation * (1.0 if last else _NOT_LAST), (cell.row, hit.start))
    if hit.label.kind in ("text", "party") and beside:
        return
    yield from _under(sheet, cell, hit, hits, read, 0.6 if beside else 1.0)


def _no_value_of_its_own(other: Cell, hit: Hit) -> bool:
    """Whether the labels in a cell only go on with the one before it: "Total", "incl. GST", "54.50"."""
    return hit.label.kind == "amount" and not find_amounts(other.text, ocr=other.ocr)


def _nearly_right_of(sheet: Sheet, cell: Cell, hit: Hit, hits: Mapping[int, list[Hit]]) -> list[Cell]:
    """Right of the last cell of a row, amounts that stand in a row of their own: on crumpled paper rows come apart."""
    if hit.label.kind != "amount":
        return []
    middle = (cell.box[1] + cell.box[3]) / 2
    apart = {
        id(other): abs((other.box[1] + other.box[3]) / 2 - middle)
        for row in sheet.rows[max(cell.row - 2, 0) : cell.row + 3]
        if row[0].page == cell.page and row[0].row != cell.row and not any(hits[id(one)] for one in row)
        for other in row
        if other.box[0] >= cell.box[2]
    }
    near = [other for row in sheet.rows[max(cell.row - 2, 0) : cell.row + 3] for other in row if id(other) in apart]
    return [other for other in near if apart[id(other)] <= _ASKEW * max(other.size, cell.size)]


def _under(
    sheet: Sheet, cell: Cell, hit: Hit, hits: Mapping[int, list[Hit]], read: Reader, trust: float
) -> Iterator[Candidate]:
    for other in sheet.below(cell, cell.reach(hit.start, hit.end), lines=_LINES_BELOW):
        if any(one.label.kind != "none" or one.start == 0 for one in hits[id(other)]):
            return
        values = read(other, 0, len(other.text))
        if values:
            yield _candidate(hit, other, values[0], _BELOW * trust, (cell.row, hit.start))
            return


def _candidate(hit: Hit, cell: Cell, value: Value, relation: float, label: tuple[int, int]) -> Candidate:
    score = relation * value.quality * cell.confidence
    index = cell.index_at(value.start)
    return Candidate(hit.label.field, value.value, value.raw, index, score, cell, value.about, label)


def _scaled(candidate: Candidate, by: float) -> Candidate:
    return Candidate(
        candidate.field,
        candidate.value,
        candidate.raw,
        candidate.index,
        candidate.score * by,
        candidate.cell,
        candidate.about,
        candidate.label,
    )


def _place(cell: Cell, hit: Hit) -> float:
    """1.0 where the label opens its phrase, less the more words stand before it or after it."""
    before = len(cell.text[: hit.start].split())
    after = len(re.findall(r"[^\W\d]{2,}", cell.text[hit.end :]))
    return (1.0 if before == 0 else 0.8 if before <= 2 else _PROSE) * (1.0 if after <= 4 else _PROSE)


def _is_heading(row: list[Cell], hits: Mapping[int, list[Hit]]) -> bool:
    """Three cells or more, nearly all of them labels, and not one figure."""
    labelled = sum(bool(hits[id(cell)]) for cell in row)
    return len(row) >= 3 and labelled >= len(row) - 1 and not any(re.search(r"\d", cell.text) for cell in row)


def _amounts(cell: Cell, start: int, end: int) -> list[Value]:
    text = cell.text[start:end]
    return [
        Value(one.value, text[one.start : one.end], start + one.start, start + one.end, one.quality, one.currency)
        for one in find_amounts(text, ocr=cell.ocr)
    ]


def _tokens(find: Callable[[str], list[Any]], cell: Cell, start: int, end: int) -> list[Value]:
    text = cell.text[start:end]
    return [
        Value(one.value, text[one.start : one.end], start + one.start, start + one.end, one.quality, one)
        for one in find(text)
    ]


def _text(cell: Cell, start: int, end: int) -> list[Value]:
    """What follows a label that stands apart from it: in a cell of its own, or after a colon or the like."""
    if start and not re.match(r"\s*[:#\-\u2013\u2014|=>/]|\s{2}", cell.text[start:end]) and start < len(cell.text):
        return []
    text = cell.text[start:end].lstrip(_SEPARATORS).rstrip(_SEPARATORS.replace(".", ""))
    if not re.search(r"[^\W\d_]{2}", text):
        return []
    at = cell.text.index(text, start)
    return [Value(text, text, at, at + len(text), 1.0)]
