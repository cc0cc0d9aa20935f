"""What the figures of a document owe one another: sums, products and running balances."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

CENT = Decimal("0.02")
"""Sums may be off by so much: parts are rounded one by one."""
_MOSTLY = 0.6
"""Share of like relations that must hold before one that does not is the document's fault and not the reader's."""


@dataclass(frozen=True, slots=True)
class Relation:
    """Two figures that should be equal.

    Attributes:
        name: `net_plus_tax`, `line_total`, `lines_sum`, `running_balance`, `closing_balance`, `net_pay`, `vat_due`.
        expected: what the other figures come to.
        found: what the document says.
        indices: the spans that hold the figures, the one with `found` last.
    """

    name: str
    expected: Decimal
    found: Decimal
    indices: tuple[int, ...]
    tolerance: Decimal = CENT

    @property
    def holds(self) -> bool:
        """Whether they agree."""
        return abs(self.expected - self.found) <= self.tolerance

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "name": self.name,
            "holds": self.holds,
            "expected": float(self.expected),
            "found": float(self.found),
            "ocr_indices": list(self.indices),
        }


def credible(relations: Iterable[Relation]) -> list[Relation]:
    """Relations to report: those of a kind that fails too often are the reader's mistake, not the document's."""
    by_name: dict[str, list[Relation]] = {}
    for relation in relations:
        by_name.setdefault(relation.name, []).append(relation)
    kept: list[Relation] = []
    for alike in by_name.values():
        holding = [relation for relation in alike if relation.holds]
        trusted = len(alike) == 1 or len(holding) >= _MOSTLY * len(alike)
        kept += alike if trusted else []
    return kept


def equals(one: Decimal, other: Decimal, tolerance: Decimal = CENT) -> bool:
    """Whether two amounts are the same but for rounding."""
    return abs(one - other) <= tolerance


def line_tolerance(quantity: Decimal, unit_price: Decimal) -> Decimal:
    """How far quantity x unit price may be off: the shown unit price is itself rounded in its last digit."""
    exponent = unit_price.as_tuple().exponent
    digit = Decimal(1).scaleb(exponent if isinstance(exponent, int) else 0)
    return CENT + abs(quantity) * digit / 2


def all_hold(relations: Sequence[Relation]) -> bool:
    """Whether there is something to hold, and all of it does."""
    return bool(relations) and all(relation.holds for relation in relations)
