"""Tables: a row of column heads, and what stands under each of them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from pipelines.document.extraction.amounts import find_amounts
from pipelines.document.extraction.layout import Cell, Sheet
from pipelines.document.extraction.lexicon import Hit, columns
from pipelines.document.extraction.spelling import squeeze

FIGURES = frozenset({"quantity", "unit_price", "amount", "debit", "credit", "balance"})
_MONEY = FIGURES - {"quantity"}
_COVERED = 0.55
"""Share of a cell's letters that must be labels for it to head a column."""
_FAR = 6.0
"""Text heights between rows beyond which a table has ended."""
_NUMERIC = re.compile(r"^[\s\d.,'\u2019()\-\u2212\u2013+%€$£¥@xX*/]+$")


@dataclass(frozen=True, slots=True)
class Figure:
    """A number in a table: its value, how it is written, and the span that holds it."""

    value: Decimal
    raw: str
    index: int
    confidence: float
    currency: str | None = None


@dataclass(slots=True)
class TableRow:
    """What one row holds, by column.

    Attributes:
        figures: by column, of `FIGURES`.
        texts: cells of all other columns.
    """

    row: int
    page: int
    figures: dict[str, Figure] = field(default_factory=dict)
    texts: dict[str, list[Cell]] = field(default_factory=dict)


@dataclass(slots=True)
class Table:
    """A table over one page or several.

    Attributes:
        heads: the columns, left to right.
    """

    heads: tuple[str, ...]
    rows: list[TableRow]


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    left: float
    right: float


def find_tables(sheet: Sheet, needed: frozenset[str], ends: frozenset[int] = frozenset()) -> list[Table]:
    """Tables that have all the `needed` columns; the same columns on a further page go on with the same table.

    Args:
        ends: numbers of rows at which a table ends, such as the one with the total.
    """
    tables: list[Table] = []
    heads: list[_Column] = []
    last: TableRow | None = None
    for row in sheet.rows:
        found = _heads(row)
        if needed <= {column.name for column in found}:
            names = tuple(column.name for column in found)
            if not tables or tables[-1].heads != names:
                tables.append(Table(names, []))
            heads, last = found, None
        elif row[0].row in ends:
            heads = []
        elif heads:
            if last is not None and _apart(sheet, last, row):
                heads = []
                continue
            last = _fill(row, heads)
            tables[-1].rows.append(last)
    return [table for table in tables if table.rows]


def heading_rows(sheet: Sheet) -> frozenset[int]:
    """Numbers of the rows that head columns, with the further lines of such heads right under them."""
    found: set[int] = set()
    for row in sheet.rows:
        number, page = row[0].row, row[0].page
        if any(column.name in FIGURES for column in _heads(row)):
            found.add(number)
        elif number - 1 in found and sheet.rows[number - 1][0].page == page:
            above = sheet.rows[number - 1][0]
            close = row[0].box[1] - above.box[3] < 0.6 * above.size
            if close and not any(re.search(r"\d", cell.text) for cell in row):
                found.add(number)
    return frozenset(found)


def _apart(sheet: Sheet, last: TableRow, row: list[Cell]) -> bool:
    if row[0].page != last.page:
        return False
    before = sheet.rows[last.row][0]
    return row[0].box[1] - before.box[3] > _FAR * before.size


def _heads(row: list[Cell]) -> list[_Column]:
    """The columns that a row heads; fewer than two: none."""
    found: list[_Column] = []
    for cell in row:
        hits = columns().hits(cell.text, ocr=cell.ocr)
        letters = len(squeeze(cell.text)[0])
        covered = sum(len(squeeze(cell.text[start:end])[0]) for start, end in {(h.start, h.end) for h in hits})
        if covered < _COVERED * letters or any(one.quality > 0.5 for one in find_amounts(cell.text)):
            found.append(_Column("", cell.box[0], cell.box[2]))
            continue
        for hit in _first_of_each(hits, {column.name for column in found}):
            left, right = cell.reach(hit.start, hit.end)
            found.append(_Column(hit.label.field, left, right))
    named = [column for column in found if column.name]
    return found if len(named) >= 2 and len(named) >= len(found) / 2 else []


def _first_of_each(hits: Sequence[Hit], taken: set[str]) -> Iterator[Hit]:
    """One hit a place: of the meanings of a word, one that no column has yet."""
    places: dict[int, list[Hit]] = {}
    for hit in hits:
        places.setdefault(hit.start, []).append(hit)
    for meanings in places.values():
        chosen = next((hit for hit in meanings if hit.label.field not in taken), None)
        if chosen is not None:
            taken.add(chosen.label.field)
            yield chosen


def _fill(row: list[Cell], heads: list[_Column]) -> TableRow:
    filled = TableRow(row[0].row, row[0].page)
    for cell in row:
        for text, left, right, at in _portions(cell):
            column = _nearest(heads, left, right, figure=_reads_as_figure(text))
            figure = _figure(cell, text, at, money=column.name in _MONEY) if column.name in FIGURES else None
            if figure is not None and column.name not in filled.figures:
                filled.figures[column.name] = figure
            else:
                filled.texts.setdefault(column.name, []).append(cell)
    return filled


def _portions(cell: Cell) -> Iterator[tuple[str, float, float, int]]:
    """The cell whole, or its figures one by one where it holds several and nothing else: text, edges, start."""
    amounts = find_amounts(cell.text, ocr=cell.ocr)
    if len(amounts) > 1 and _NUMERIC.match(cell.text):
        for one in amounts:
            yield (cell.text[one.start : one.end], *cell.reach(one.start, one.end), one.start)
    else:
        yield cell.text, cell.box[0], cell.box[2], 0


def _reads_as_figure(text: str) -> bool:
    return (
        bool(re.match(r"^\W*\d", text) or re.match(r"^[^\W\d]{0,3}\W*\d", text))
        and len(re.findall(r"[^\W\d]{4,}", text)) == 0
    )


def _nearest(heads: list[_Column], left: float, right: float, *, figure: bool) -> _Column:
    """The column whose head lies over the stretch, or whose left, right or middle edge it shares."""

    def distance(column: _Column) -> float:
        apart = max(column.left - right, left - column.right, 0.0)
        edges = abs(column.left - left), abs(column.right - right), abs(column.left + column.right - left - right) / 2
        wrong = (column.name in FIGURES) != figure and column.name not in ("", "position", "tax_rate", "discount")
        return apart + 0.3 * min(edges) + (0.5 * (right - left) + 5 if wrong else 0.0)

    return min(heads, key=distance)


def _figure(cell: Cell, text: str, at: int, *, money: bool) -> Figure | None:
    found = find_amounts(text, ocr=cell.ocr)
    if not found:
        return None
    best = max(found, key=lambda one: (one.quality, -one.start)) if money else found[0]
    if money and re.search(r"[^\W\d]{4,}", text):
        return None  # words that happen to hold a number
    raw = text[best.start : best.end]
    return Figure(best.value, raw, cell.index_at(at + best.start), cell.confidence, best.currency)
