"""Line items of invoices and receipts, and what they come to."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pipelines.document.extraction.amounts import find_amounts
from pipelines.document.extraction.arithmetic import CENT, Relation, equals, line_tolerance
from pipelines.document.extraction.layout import Cell, Sheet
from pipelines.document.extraction.leaf import of_cells, of_figure
from pipelines.document.extraction.tables import Figure, Table, TableRow, find_tables

_HUNDRED = Decimal(100)
_CLOSE = 1.2
"""Text heights between a line and the next one that goes on with it."""


@dataclass(slots=True)
class Item:
    """One line: the cells that describe it, and its figures."""

    description: list[Cell]
    quantity: Figure | None
    unit_price: Figure | None
    amount: Figure
    others: dict[str, list[Cell]]

    def to_json(self) -> dict[str, Any]:
        """Leaves by name; absent where the line has none."""
        found: dict[str, Any] = {"description": of_cells(self.description, 0.9)} if self.description else {}
        for name in ("quantity", "unit_price", "amount"):
            figure = getattr(self, name)
            if figure is not None:
                found[name] = of_figure(figure)
        for name in ("tax_rate", "discount", "position"):
            if self.others.get(name):
                found[name] = of_cells(self.others[name], 0.8)
        return found

    def relation(self) -> Relation | None:
        """Quantity x unit price, less a discount in percent, against the amount."""
        if self.quantity is None or self.unit_price is None:
            return None
        off = _percent(self.others.get("discount", ()))
        expected = self.quantity.value * self.unit_price.value * (1 - off / _HUNDRED)
        figures = (self.quantity, self.unit_price, self.amount)
        tolerance = line_tolerance(self.quantity.value, self.unit_price.value)
        return Relation("line_total", expected, self.amount.value, tuple(f.index for f in figures), tolerance)


@dataclass(frozen=True, slots=True)
class Items:
    """The lines of a document.

    Attributes:
        headed: whether they stood under column heads.
        complete: whether that was one table on one page, so that nothing of its amounts is missing.
    """

    lines: tuple[Item, ...]
    headed: bool
    complete: bool

    @property
    def sum(self) -> Decimal:
        """Of all amounts."""
        return sum((line.amount.value for line in self.lines), Decimal(0))


def find_items(
    sheet: Sheet, ends: frozenset[int], skipped: frozenset[int], doubtful: frozenset[int] = frozenset()
) -> Items:
    """Lines under column heads, else rows that end in an amount above the first total.

    Args:
        ends: rows at which the items end, such as the one with the total.
        skipped: rows of sums, which are no items.
        doubtful: rows that open with a word for a payment or discount: items where they have a quantity or a price.
    """
    tables = find_tables(sheet, frozenset({"amount"}), ends) or find_tables(sheet, frozenset({"unit_price"}), ends)
    tables = [table for table in tables if "description" in table.heads or "quantity" in table.heads]
    lines = [item for table in tables for item in _lines(table, skipped, doubtful)]
    if lines:
        pages = {row.page for table in tables for row in table.rows}
        return Items(tuple(lines), headed=True, complete=len(tables) == 1 and len(pages) == 1)
    return Items(tuple(_bare_lines(sheet, ends, skipped | doubtful)), headed=False, complete=False)


def _lines(table: Table, skipped: frozenset[int], doubtful: frozenset[int]) -> list[Item]:
    found: list[Item] = []
    money = "amount" if "amount" in table.heads else "unit_price"
    for row in table.rows:
        if row.row in skipped or (row.row in doubtful and not row.figures.keys() - {money}):
            continue
        described = [cell for cells in _words(row) for cell in cells]
        figure = row.figures.get(money)
        if figure is not None and (described or row.figures.keys() - {money}):
            figures = row.figures
            unit = figures.get("unit_price") if money == "amount" else None
            found.append(Item(described, figures.get("quantity"), unit, figure, row.texts))
        elif figure is None and described and found and not row.figures and _goes_on(found[-1].description, described):
            found[-1].description += described
    return found


def _goes_on(description: list[Cell], more: list[Cell]) -> bool:
    """Whether the further line stands close under the description."""
    if not description or description[-1].page != more[0].page:
        return False
    return more[0].box[1] - description[-1].box[3] <= _CLOSE * description[-1].size


def _words(row: TableRow) -> list[list[Cell]]:
    return [row.texts[name] for name in ("description",) if name in row.texts]


def _bare_lines(sheet: Sheet, ends: frozenset[int], skipped: frozenset[int]) -> list[Item]:
    """Rows of words that end in an amount, above the first row of sums."""
    stop = min(ends | skipped, default=len(sheet.rows))
    found: list[Item] = []
    for row in sheet.rows[:stop]:
        last = row[-1]
        amounts = [one for one in find_amounts(last.text, ocr=last.ocr) if one.decimals == 2]
        words = [cell for cell in row if re.search(r"[^\W\d]{3,}", cell.text)]
        if not amounts or not words or last.text[amounts[-1].end :].strip(" *") not in _TAX_CODES:
            continue
        amount = amounts[-1]
        raw = last.text[amount.start : amount.end]
        figure = Figure(amount.value, raw, last.index_at(amount.start), last.confidence, amount.currency)
        found.append(Item(words, None, None, figure, {}))
    return found


_TAX_CODES = frozenset({"", "S", "SR", "Z", "ZR", "ZRL", "T", "A", "B", "C", "E", "F", "N", "OS", "TX", "SR*", "RM"})


def relations(items: Items, sums: Sequence[tuple[Decimal, int]]) -> list[Relation]:
    """Each line's product; and all lines against the nearest of the sums that they may come to.

    Lines that only note what another one includes break such a sum in honest documents: unless it holds, it is told
    only of tables on one page in which every line has its price and comes to it.

    Args:
        sums: values that the lines may add up to, each with its span.
    """
    found = [relation for line in items.lines if (relation := line.relation()) is not None]
    priced = len(found) == len(items.lines) and all(relation.holds for relation in found)
    if len(items.lines) >= 2 and sums:
        # Only a net sum and a total together leave no third figure that the lines may come to.
        value, index = min(sums, key=lambda one: abs(one[0] - items.sum))
        tolerance = CENT + Decimal("0.005") * len(items.lines)
        spans = (*(line.amount.index for line in items.lines), index)
        whole = Relation("lines_sum", items.sum, value, spans, tolerance)
        if whole.holds or (items.complete and priced and len(sums) > 1):
            found.append(whole)
    return found


def add_up(items: Items, values: Sequence[Decimal]) -> bool:
    """Whether the lines come to one of these."""
    return len(items.lines) > 0 and any(equals(items.sum, value) for value in values)


def to_json(items: Items, values: Sequence[Decimal]) -> list[dict[str, Any]]:
    """The lines as leaves; lines that stood in no table only where they add up."""
    return [line.to_json() for line in items.lines] if items.headed or add_up(items, values) else []


def _percent(cells: Sequence[Cell]) -> Decimal:
    for cell in cells:
        match = re.search(r"\d+(?:[.,]\d+)?", cell.text)
        if match:
            return Decimal(match.group().replace(",", "."))
    return Decimal(0)
