"""The sums of an invoice or receipt: of all candidates, those that agree with one another."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import combinations
from statistics import median

from pipelines.document.extraction.amounts import find_amounts
from pipelines.document.extraction.arithmetic import Relation, equals
from pipelines.document.extraction.candidates import Candidate
from pipelines.document.extraction.layout import Sheet
from pipelines.document.extraction.lexicon import lexicon

_NOTHING = Decimal(0)
_TAXED, _ROUNDED, _TENDERED, _ADDED, _REPEATED = 0.6, 0.4, 0.5, 0.3, 0.05
"""What each kind of agreement adds to a total's own score."""
_MANY = 6
_STRONG = 0.75
"""Score from which a labelled amount is what its label says."""
_NAMED = 0.5
"""Score from which a further amount may be what is meant instead."""
_PARTS = ("total", "subtotal", "tax")
_TOO_SMALL, _LATER, _DOUBTFUL = 0.3, 0.1, 0.3
_UNLABELLED, _LED_TO = 0.25, 0.45
_ON_THE_WAY, _OVERTAXED = 0.4, 0.6
_LEAST_TIMES_TAX = 4
"""No country taxes sales by more than 27 %, so that a total is more than four times the tax in it."""
_AFTER_SUMS = 0.6
"""For totals below the change or in a summary of taxes."""


@dataclass(frozen=True, slots=True)
class Sums:
    """What was chosen. `taxes` holds one candidate for each rate.

    Attributes:
        relations: that the chosen ones stand in.
        confidence: of the total, 0..1.
    """

    total: Candidate | None
    subtotal: Candidate | None
    taxes: tuple[Candidate, ...]
    rounding: Candidate | None
    confidence: float
    relations: tuple[Relation, ...]

    @property
    def tax(self) -> Decimal | None:
        """Over all rates."""
        return sum((one.value for one in self.taxes), _NOTHING) if self.taxes else None


@dataclass(frozen=True, slots=True)
class _Proof:
    """One way in which a total is confirmed."""

    worth: float
    subtotal: Candidate | None = None
    taxes: tuple[Candidate, ...] = ()
    rounding: Candidate | None = None


def choose_sums(sheet: Sheet, candidates: Mapping[str, list[Candidate]], items: Decimal | None) -> Sums:
    """The total that most speaks for, with the subtotal and tax that lead to it.

    Args:
        items: what the line items come to, where there are any.
    """
    totals = _options(sheet, candidates)
    if not totals:
        return Sums(None, None, (), None, 0.0, ())
    counts = _counts(sheet)
    judged = []
    for total in totals:
        proofs = list(_proofs(total, candidates, items))
        proof = max(proofs, key=lambda one: one.worth, default=_Proof(0.0))
        tendered = max((_tendered(total, candidates), 0.0))
        repeated = _REPEATED * min(counts.get(total.value, 1) - 1, 3)
        worth = total.score + proof.worth + tendered + repeated + _LATER * total.cell.row / max(len(sheet.rows), 1)
        worth -= _TOO_SMALL * (_larger_above(sheet, total, candidates) and not proof.worth)
        worth -= _ON_THE_WAY * _goes_on(total, candidates)
        worth -= _OVERTAXED * (abs(total.value) < _LEAST_TIMES_TAX * _surest_tax(candidates))
        judged.append((worth, total, proof))
    worth, total, proof = max(judged, key=lambda one: one[0])
    subtotal = proof.subtotal or _subtotal(total, candidates)
    taxes = proof.taxes or _taxes(total, subtotal, candidates)
    sums = Sums(total, subtotal, taxes, proof.rounding, min(worth / 1.6, 1.0), ())
    return Sums(total, subtotal, taxes, proof.rounding, sums.confidence, tuple(_relation(sums, candidates)))


def _options(sheet: Sheet, candidates: Mapping[str, list[Candidate]]) -> list[Candidate]:
    """Labelled totals, and amounts that the other sums lead to; without any, the largest amount of all."""
    labelled = [*candidates.get("total", ()), *_rounded(candidates)]
    below = min(_first_payment(candidates), _tax_summary(sheet))
    placed = [replace(one, score=one.score * (_AFTER_SUMS if one.cell.row > below else 1.0)) for one in labelled]
    led_to = _led_to(sheet, candidates)
    found = _distinct(sorted([*placed, *led_to], key=lambda one: -one.score))
    least = _LEAST_TIMES_TAX * _surest_tax(candidates)
    return found if found and found[0].score >= _DOUBTFUL else [*found, *_unlabelled(sheet, least)]


def _rounded(candidates: Mapping[str, list[Candidate]]) -> list[Candidate]:
    """A rounding is less than a unit of money: more under that label is the rounded total."""
    return [replace(one, field="total") for one in candidates.get("rounding", ()) if abs(one.value) >= 1]


def _first_payment(candidates: Mapping[str, list[Candidate]]) -> int:
    """The row in which the change is given: what is summed up below it is the tax."""
    rows = [one.cell.row for one in candidates.get("change", ()) if one.score >= _STRONG and one.value > 0]
    return min(rows, default=1 << 30)


def _tax_summary(sheet: Sheet) -> int:
    """The row that heads a list of rates with what was taxed at each: its total is not the document's."""
    words = lexicon("invoice")
    headed = (
        c.row for c in sheet.cells() if any(hit.label.field == "tax_summary" for hit in words.hits(c.text, ocr=c.ocr))
    )
    return next(headed, 1 << 30)


def _led_to(sheet: Sheet, candidates: Mapping[str, list[Candidate]]) -> list[Candidate]:
    """Amounts that no label calls total but that cash less change, or net plus tax, come to."""
    strong = {name: [one for one in ones if one.score >= _NAMED][:_MANY] for name, ones in candidates.items()}
    values = [given.value - back.value for given in strong.get("paid", ()) for back in strong.get("change", ())]
    values += [
        net.value + tax.value for net in strong.get("subtotal", ()) for tax in strong.get("tax", ()) if tax.value
    ]
    wanted = {value for value in values if value > 0}
    found = []
    for cell in sheet.cells():
        for one in find_amounts(cell.text, ocr=cell.ocr):
            if one.value in wanted and one.quality >= 0.9:
                raw = cell.text[one.start : one.end]
                score = _LED_TO * cell.confidence
                index = cell.index_at(one.start)
                found.append(Candidate("total", one.value, raw, index, score, cell, one.currency))
    return found


def _distinct(candidates: Sequence[Candidate], many: int = _MANY) -> list[Candidate]:
    """The best candidate of each value."""
    kept: dict[Decimal, Candidate] = {}
    for one in candidates:
        kept.setdefault(one.value, one)
    return list(kept.values())[:many]


def _proofs(total: Candidate, candidates: Mapping[str, list[Candidate]], items: Decimal | None) -> Iterator[_Proof]:
    taxes = [one for one in _distinct(candidates.get("tax", [])) if one.value > 0]
    lowest = max((one.cell.row for one in candidates.get("total", ()) if one.score >= _STRONG), default=0)
    roundings = [
        one
        for one in _distinct(candidates.get("rounding", []), 3)
        # A rounding leads to a total below it, where there is one.
        if abs(one.value) < 1 and (one.cell.row <= total.cell.row or one.cell.row > lowest)
    ]
    extras = [*_distinct(candidates.get("charge", []), 3), *_distinct(candidates.get("discount", []), 3)]
    adjustments = [_NOTHING, *(one.value for one in extras), *(-abs(one.value) for one in extras)]
    subtotals = _distinct(candidates.get("subtotal", []))
    for rounding in (None, *roundings):
        target = total.value - (rounding.value if rounding else _NOTHING)
        bonus = _ROUNDED if rounding is not None and rounding.value else 0.0
        for subtotal in subtotals:
            for several in (1, 2, 3):
                for some in combinations(taxes, several):
                    added = sum((one.value for one in some), _NOTHING)
                    if any(equals(subtotal.value + added + more, target) for more in adjustments):
                        worth = _TAXED * min(subtotal.score, *(one.score for one in some)) ** 0.5
                        yield _Proof(worth + bonus, subtotal, some, rounding)
            if any(equals(subtotal.value + more, target) for more in adjustments):
                yield _Proof(_ADDED * subtotal.score + bonus, subtotal, (), rounding)
        if items is not None and any(equals(items + more, target) for more in adjustments):
            yield _Proof(_ADDED + bonus, rounding=rounding)
        before = [one for one in candidates.get("total", ()) if one.score >= _NAMED and one.value == target]
        if bonus and before:
            # What follows the total, rounded, is what is paid, whatever led to the total before.
            yield _Proof(_TAXED + bonus, rounding=rounding)


def _tendered(total: Candidate, candidates: Mapping[str, list[Candidate]]) -> float:
    """Whether cash given, less the change, comes to this total."""
    paid, change = _distinct(candidates.get("paid", [])), _distinct(candidates.get("change", []), 4)
    pairs = ((given.value, back.value) for given in paid for back in change if given.value > 0 and back.value > 0)
    if any(given - back == total.value for given, back in pairs):  # to the cent: before or after rounding
        return _TENDERED
    return _ADDED / 2 if any(equals(given.value, total.value) for given in paid) else 0.0


def _subtotal(total: Candidate, candidates: Mapping[str, list[Candidate]]) -> Candidate | None:
    fitting = [one for one in candidates.get("subtotal", ()) if one.value <= total.value]
    return max(fitting, key=lambda one: one.score, default=None)


def _taxes(
    total: Candidate, subtotal: Candidate | None, candidates: Mapping[str, list[Candidate]]
) -> tuple[Candidate, ...]:
    fitting = [one for one in candidates.get("tax", ()) if abs(one.value) < abs(total.value) or one.value == 0]
    if subtotal is not None and subtotal.value != total.value:
        fitting = [one for one in fitting if one.value != subtotal.value]
    chosen = max(fitting, key=lambda one: one.score, default=None)
    return () if chosen is None else (chosen,)


def _relation(sums: Sums, candidates: Mapping[str, list[Candidate]]) -> Iterator[Relation]:
    """Net and tax against the total: where they agree, or where nothing else could explain that they do not."""
    total, subtotal = sums.total, sums.subtotal
    if total is None or subtotal is None or not sums.taxes:
        return
    rounding = sums.rounding.value if sums.rounding else _NOTHING
    expected = subtotal.value + (sums.tax or _NOTHING) + rounding
    parts = (*sums.taxes, *((sums.rounding,) if sums.rounding else ()))
    relation = Relation(
        "net_plus_tax",
        expected,
        total.value,
        (subtotal.index, *(one.index for one in parts), total.index),
    )
    certain = all(one.score >= _STRONG for one in (total, subtotal, *sums.taxes))
    named = {name: {one.value for one in ones if one.score >= _NAMED} for name, ones in candidates.items()}
    alone = all(len(named.get(name, ())) <= 1 for name in _PARTS)
    explained = any(named.get(name) for name in ("discount", "charge", "paid", "rounding", "change"))
    if relation.holds or (certain and alone and not explained):
        yield relation


def _goes_on(total: Candidate, candidates: Mapping[str, list[Candidate]]) -> bool:
    """Whether charges or taxes stand between it and a larger total below: it is a sum on the way."""
    below = _first_payment(candidates)
    larger = [
        one.cell.row
        for one in candidates.get("total", ())
        if one.score >= _STRONG and one.value > total.value and total.cell.row < one.cell.row <= below
    ]
    added = [one.cell.row for name in ("charge", "tax") for one in candidates.get(name, ()) if one.score >= _STRONG]
    return any(total.cell.row < row <= end for end in larger for row in added)


def _surest_tax(candidates: Mapping[str, list[Candidate]]) -> Decimal:
    """The largest amount that is surely a tax; nothing where none is."""
    sure = (abs(one.value) for one in candidates.get("tax", ()) if one.score >= _STRONG)
    return max(sure, default=_NOTHING)


def _unlabelled(sheet: Sheet, least: Decimal) -> list[Candidate]:
    """Without any label: amounts that come back and stand in large print, then the largest, for what little it says.

    Args:
        least: what a total is more than, by the tax in it.
    """
    counts = _counts(sheet)
    usual = median([cell.size for cell in sheet.cells()] or [1.0])
    found = []
    for cell in sheet.cells():
        for one in find_amounts(cell.text, ocr=cell.ocr):
            if one.quality >= 0.9 and one.value > least:
                raw = cell.text[one.start : one.end]
                spoken = 1 + 0.3 * min(counts[one.value] - 1, 2) + 0.5 * min(max(cell.size / usual - 1.2, 0), 1)
                score = _UNLABELLED * spoken * cell.confidence
                index = cell.index_at(one.start)
                found.append(Candidate("total", one.value, raw, index, score, cell, one.currency))
    found.sort(key=lambda one: (round(one.score, 1), one.value), reverse=True)
    return found[:1]


def _larger_above(sheet: Sheet, total: Candidate, candidates: Mapping[str, list[Candidate]]) -> bool:
    """Whether more than it and its discounts stands above it, and is no money that was handed over: parts are not
    larger than a whole."""
    handed = {one.value for name in ("paid", "change") for one in candidates.get(name, ())}
    off = sum((abs(one.value) for one in candidates.get("discount", ()) if one.score >= _STRONG), _NOTHING)
    return any(
        one.value > total.value + off and one.quality >= 0.9 and one.value not in handed
        for row in sheet.rows[: total.cell.row]
        for cell in row
        for one in find_amounts(cell.text, ocr=cell.ocr)
    )


def _counts(sheet: Sheet) -> dict[Decimal, int]:
    counts: dict[Decimal, int] = {}
    for cell in sheet.cells():
        for one in find_amounts(cell.text, ocr=cell.ocr):
            if one.quality >= 0.9:
                counts[one.value] = counts.get(one.value, 0) + 1
    return counts
