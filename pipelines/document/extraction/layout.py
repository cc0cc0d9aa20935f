"""Spans as the eye groups them: rows of cells, and what stands right of, below and above a cell."""

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from pipelines.document.text import Span

_JOIN = 0.35
"""Of the height of the text: spans closer than this read as one phrase."""
_TAB = re.compile(r"\s{3,}|\t")
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Piece:
    """The part of a cell's text that came from one span: characters `start` to `end`, and that span's index."""

    start: int
    end: int
    index: int
    box: Box


@dataclass(frozen=True)
class Cell:
    """One phrase: spans that stand close together in one row.

    Attributes:
        row: number of its row in the document, over all pages.
        ocr: whether some of it was read from pixels.
        size: height of its text, in the units of the page.
    """

    page: int
    row: int
    text: str
    pieces: tuple[Piece, ...]
    confidence: float
    ocr: bool

    @cached_property
    def box(self) -> Box:
        """Left, top, right, bottom."""
        boxes = [piece.box for piece in self.pieces]
        return min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)

    @property
    def size(self) -> float:
        """Height of the text."""
        return max(self.box[3] - self.box[1], 1e-6)

    def index_at(self, at: int) -> int:
        """Index of the span that holds the character."""
        return next((piece.index for piece in self.pieces if at < piece.end), self.pieces[-1].index)

    def reach(self, start: int, end: int) -> tuple[float, float]:
        """Left and right edges of these characters, taken as equally wide."""
        edges = [self._x(start), self._x(max(end - 1, start), after=True)]
        return edges[0], edges[1]

    def _x(self, at: int, *, after: bool = False) -> float:
        for piece in self.pieces:
            if at < piece.end:
                share = (at - piece.start + (1 if after else 0)) / max(piece.end - piece.start, 1)
                return piece.box[0] + min(max(share, 0.0), 1.0) * (piece.box[2] - piece.box[0])
        return self.box[2]


class Sheet:
    """A document's text as rows of cells."""

    def __init__(self, spans: Sequence[Span], used: Set[int] | None = None) -> None:
        """Args: spans: a cell's `index` counts in this list; used: indices of those to look at, None: all."""
        self.spans = spans
        self.rows: list[list[Cell]] = []
        placed = [(n, span) for n, span in enumerate(spans) if span.text.strip() and (used is None or n in used)]
        placed.sort(key=lambda one: (one[1].page, one[1].row, one[1].box[0]))
        for _, members in groupby(placed, key=lambda one: (one[1].page, one[1].row)):
            self.rows.append(_cells(list(members), len(self.rows)))
        self._pages: dict[int, list[Cell]] = {}
        for row in self.rows:
            for cell in row:
                self._pages.setdefault(cell.page, []).append(cell)

    def cells(self) -> Iterator[Cell]:
        """All cells, top to bottom and left to right."""
        for row in self.rows:
            yield from row

    @cached_property
    def last_page(self) -> int:
        """Number of the last page with text; 0 without any."""
        return max(self._pages, default=0)

    def right_of(self, cell: Cell) -> list[Cell]:
        """The cells of its row that begin after it."""
        return [other for other in self.rows[cell.row] if other.box[0] > cell.box[0]]

    def below(self, cell: Cell, reach: tuple[float, float], *, lines: float) -> list[Cell]:
        """Cells under the stretch `reach` of the cell, nearest first, at most `lines` text heights away."""
        limit = cell.box[3] + lines * cell.size
        found = [
            other
            for other in self._pages[cell.page]
            if other.row > cell.row
            and other.box[1] <= limit
            and other.box[1] >= cell.box[3] - 0.4 * cell.size
            and min(other.box[2], reach[1]) - max(other.box[0], reach[0]) > -0.2 * cell.size
        ]
        return sorted(found, key=lambda other: (other.box[1], abs(other.box[0] - reach[0])))

    def width(self, page: int) -> float:
        """Right edge of the page's text."""
        return max((cell.box[2] for cell in self._pages.get(page, ())), default=1.0)

    def height(self, page: int) -> float:
        """Bottom edge of the page's text."""
        return max((cell.box[3] for cell in self._pages.get(page, ())), default=1.0)


def _cells(members: list[tuple[int, Span]], row: int) -> list[Cell]:
    parts = [part for n, span in members for part in _parts(n, span)]
    cells: list[list[tuple[int, Span, str, Box]]] = []
    for part in parts:
        box, before = part[3], cells[-1][-1] if cells else None
        if before is not None and box[0] - before[3][2] <= _JOIN * min(box[3] - box[1], before[3][3] - before[3][1]):
            cells[-1].append(part)
        else:
            cells.append([part])
    return [_cell(cell, row) for cell in cells]


def _parts(n: int, span: Span) -> Iterator[tuple[int, Span, str, Box]]:
    """The span cut at wide runs of spaces, each part with its share of the box."""
    left, top, right, bottom = span.box
    each = (right - left) / max(len(span.text), 1)
    at = 0
    for gap in (*_TAB.finditer(span.text), None):
        end = len(span.text) if gap is None else gap.start()
        text = span.text[at:end]
        kept = text.strip()
        if kept:
            start = at + len(text) - len(text.lstrip())
            yield n, span, kept, (left + start * each, top, left + (start + len(kept)) * each, bottom)
        at = end if gap is None else gap.end()


def _cell(parts: list[tuple[int, Span, str, Box]], row: int) -> Cell:
    text, pieces = "", []
    for n, _, part, box in parts:
        text += " " if text else ""
        pieces.append(Piece(len(text), len(text) + len(part), n, box))
        text += part
    spans = [span for _, span, _, _ in parts]
    confidence = min(span.confidence for span in spans)
    return Cell(spans[0].page, row, text, tuple(pieces), confidence, any(span.source == "ocr" for span in spans))
