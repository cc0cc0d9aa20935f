"""Sums within columns of amounts, found without labels: what one changed digit leaves behind.

A column is walked from the top: an amount that equals the sum so far is a subtotal or total, all others are added.
A digit that was changed makes such a sum miss by a digit times a power of ten. Amounts that have nothing to do with
each other hardly ever do.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipelines.document.text import Span

_AMOUNT = re.compile(
    r"(?P<sign>[-\u2212(]?)\s?(?:[€$£]\s?)?(?P<whole>\d{1,3}(?:[.,' ]\d{3})+|\d+)[.,](?P<cents>\d{2})(?![\d.,]*\d)"
)
_ALIGNED = 2.5
"""Points within which amounts of one column end."""
_LEAST_SUMMED, _LEAST_LINKS = 2, 4
_LEAST_DIGITS = 5
_LEAST_CENTS = 10
_MOSTLY = 0.6


@dataclass(frozen=True, slots=True)
class Amount:
    """One amount of money, in cents, and the span that holds it."""

    cents: int
    span: Span
    right: float


@dataclass(frozen=True, slots=True)
class Miss:
    """An amount that is not what the others of its column come to, in cents."""

    relation: str
    span: Span
    expected: int
    found: int


def column_misses(spans: Sequence[Span]) -> list[Miss]:
    """Sums (`column_sum`) and running balances (`running_balance`) that miss by one digit."""
    misses: list[Miss] = []
    for page in sorted({span.page for span in spans}):
        columns = list(_columns([span for span in spans if span.page == page]))
        for column in columns:
            misses += _sums(column)
        for left, right in pairwise(columns):
            misses += _balances(left, right)
    return misses


def _columns(spans: Sequence[Span]) -> Iterator[list[Amount]]:
    """Amounts of a page that end at the same place, each column from the top, columns from the left."""
    column: list[Amount] = []
    for amount in sorted(_amounts(spans), key=lambda amount: amount.right):
        if column and amount.right - column[0].right > _ALIGNED:
            yield _downwards(column)
            column = []
        column.append(amount)
    if column:
        yield _downwards(column)


def _downwards(column: list[Amount]) -> list[Amount]:
    return sorted(column, key=lambda amount: (amount.span.row, amount.span.box[1]))


def _amounts(spans: Sequence[Span]) -> Iterator[Amount]:
    for span in spans:
        found = list(_AMOUNT.finditer(span.text))
        if found:
            left, _, right, _ = span.box
            match = found[-1]
            cents = int(re.sub(r"\D", "", match["whole"]) + match["cents"])
            ends = left + (right - left) * match.end() / len(span.text)
            yield Amount(-cents if match["sign"] else cents, span, ends)


def _sums(column: Sequence[Amount]) -> list[Miss]:
    added = total = holding = 0
    misses: list[Miss] = []
    last_is_sum = False
    for amount in column:
        last_is_sum = added >= _LEAST_SUMMED and (amount.cents == total or _one_digit(amount.cents, total))
        if not last_is_sum:
            total += amount.cents
            added += 1
        elif amount.cents == total:
            holding += 1
        else:
            misses.append(Miss("column_sum", amount.span, total, amount.cents))
    alike = len({miss.expected - miss.found for miss in misses}) == 1
    enough = holding or len(misses) > 1 or added > _LEAST_SUMMED
    return misses if last_is_sum and alike and enough else []


def _balances(changes: Sequence[Amount], balances: Sequence[Amount]) -> list[Miss]:
    """Links `balance = balance above + change of the row`; those that miss among many that hold."""
    by_row = {amount.span.row: amount.cents for amount in changes}
    links = [(before.cents + by_row.get(after.span.row, 0), after) for before, after in pairwise(balances)]
    linked = [row for row in by_row if row in {amount.span.row for amount in balances[1:]}]
    holding = sum(expected == after.cents for expected, after in links)
    if len(linked) < _LEAST_LINKS or holding < _MOSTLY * len(links):
        return []
    return [
        Miss("running_balance", after.span, expected, after.cents)
        for expected, after in links
        if _one_digit(expected, after.cents)
    ]


def _one_digit(one: int, other: int) -> bool:
    """Whether two amounts differ as by one changed digit."""
    apart = abs(one - other)
    digits = str(apart).rstrip("0")
    long_enough = min(len(str(abs(one))), len(str(abs(other)))) >= _LEAST_DIGITS
    return long_enough and apart >= _LEAST_CENTS and len(digits) == 1
