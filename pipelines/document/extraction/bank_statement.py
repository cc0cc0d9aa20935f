"""Bank statements: whose account, which period, the balances, and every movement."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from pipelines.document.extraction.arithmetic import Relation, credible
from pipelines.document.extraction.candidates import Candidate, Readers, Value, find_candidates
from pipelines.document.extraction.fields import known, leaves
from pipelines.document.extraction.findings import Findings, marks
from pipelines.document.extraction.invoice import currency_of
from pipelines.document.extraction.layout import Cell, Sheet
from pipelines.document.extraction.leaf import Leaf, best, leaf, of_cells, of_figure
from pipelines.document.extraction.lexicon import lexicon
from pipelines.document.extraction.tables import Figure, TableRow, find_tables

_SUMS = ("opening_balance", "closing_balance", "total_credits", "total_debits")


@dataclass(frozen=True, slots=True)
class Movement:
    """One transaction; `amount` is negative for money that leaves the account."""

    date: Leaf
    description: list[Cell]
    amount: Decimal
    figure: Figure
    balance: Figure | None

    def to_json(self) -> dict[str, Any]:
        """Leaves by name."""
        found: dict[str, Any] = {"date": self.date}
        if self.description:
            found["description"] = of_cells(self.description, 0.9)
        found["amount"] = leaf(self.amount, self.figure.raw, self.figure.index, 0.9 * self.figure.confidence)
        if self.balance is not None:
            found["balance"] = of_figure(self.balance)
        return found


def extract_bank_statement(sheet: Sheet, readers: Readers) -> Findings:
    """Account holder, IBAN, period, balances, transactions."""
    words = lexicon("bank_statement")
    candidates = find_candidates(sheet, words, readers)
    movements = _movements(sheet, readers)
    used = {one.figure.index for one in movements} | {one.balance.index for one in movements if one.balance}
    candidates |= {name: [one for one in candidates.get(name, ()) if one.index not in used] for name in _SUMS}
    names = ("account_holder", "iban", "account_number", "bank", "period", "statement_date", *_SUMS)
    fields = leaves(candidates, names)
    if "iban" in fields:
        fields.pop("account_number", None)
    fields |= {"currency": currency_of(sheet, [one for name in _SUMS for one in candidates.get(name, ())])}
    fields |= {"transactions": [one.to_json() for one in movements]}
    relations = tuple(_relations(movements, candidates))
    return Findings(known(fields), relations, marks(sheet, candidates.get("iban", ())))


def _movements(sheet: Sheet, readers: Readers) -> list[Movement]:
    tables = [
        table
        for needed in ({"date", "amount"}, {"date", "debit"}, {"date", "credit"}, {"date", "balance"})
        for table in find_tables(sheet, frozenset(needed))
    ]
    seen: set[int] = set()
    found: list[Movement] = []
    for row in (row for table in tables for row in table.rows):
        movement = None if row.row in seen else _movement(row, readers)
        if movement is not None:
            found.append(movement)
            seen.add(row.row)
    return found


def _movement(row: TableRow, readers: Readers) -> Movement | None:
    dated = _date([cell for cells in row.texts.values() for cell in cells], readers)
    signs = {"credit": 1, "debit": -1, "amount": 1}
    column = next((name for name in signs if name in row.figures), None)
    if dated is None or column is None:
        return None
    cell, value = dated
    figure = row.figures[column]
    amount = -abs(figure.value) if column == "debit" else figure.value
    described = [*row.texts.get("description", ()), *row.texts.get("", ())]
    return Movement(
        leaf(value.value, value.raw, cell.index_at(value.start), 0.9 * value.quality * cell.confidence),
        [one for one in described if one is not cell],
        amount,
        figure,
        row.figures.get("balance"),
    )


def _date(cells: Sequence[Cell], readers: Readers) -> tuple[Cell, Value] | None:
    for cell in sorted(cells, key=lambda one: one.box[0]):
        for value in readers.dates(cell, 0, len(cell.text)):
            if value.value is not None:
                return cell, value
    return None


def _relations(movements: Sequence[Movement], candidates: dict[str, list[Candidate]]) -> list[Relation]:
    running = [
        Relation(
            "running_balance",
            before.balance.value + after.amount,
            after.balance.value,
            (before.balance.index, after.figure.index, after.balance.index),
        )
        for before, after in pairwise(movements)
        if before.balance is not None and after.balance is not None
    ]
    if running and sum(one.holds for one in running) * 2 < len(running):
        running = _newest_first(movements)
    found = credible(running)
    opening, closing = best(candidates["opening_balance"]), best(candidates["closing_balance"])
    if opening is None or closing is None or not movements:
        return found
    total = opening.value + sum((one.amount for one in movements), Decimal(0))
    spans = (opening.index, *(one.figure.index for one in movements), closing.index)
    whole = Relation("closing_balance", total, closing.value, spans)
    # A row that was not read breaks the sum too: unless it holds, it counts only beside balances that vouch for all.
    vouched = bool(found) and len(running) == len(movements) - 1
    return [*found, whole] if whole.holds or vouched else found


def _newest_first(movements: Sequence[Movement]) -> list[Relation]:
    return [
        Relation(
            "running_balance",
            below.balance.value + above.amount,
            above.balance.value,
            (below.balance.index, above.figure.index, above.balance.index),
        )
        for above, below in pairwise(movements)
        if above.balance is not None and below.balance is not None
    ]
