"""Invoices and receipts."""

from collections.abc import Sequence
from typing import Any

from pipelines.document.extraction import items as line_items
from pipelines.document.extraction.amounts import CODES, find_amounts
from pipelines.document.extraction.candidates import Candidate, Readers, find_candidates
from pipelines.document.extraction.findings import Findings, Marked, marks
from pipelines.document.extraction.layout import Sheet
from pipelines.document.extraction.leaf import Leaf, best, leaf, of_candidate
from pipelines.document.extraction.lexicon import lexicon
from pipelines.document.extraction.parties import find_parties
from pipelines.document.extraction.totals import Sums, choose_sums

_CORE = ("total", "subtotal", "tax", "rounding", "change")
_EXTRAS = ("paid", "discount", "charge")
_SUMS = (*_CORE, *_EXTRAS)
_UNLABELLED_DATE = 0.35


def extract_invoice(sheet: Sheet, readers: Readers) -> Findings:
    """Fields of contracts 2.6: numbers, dates, sums, parties, line items."""
    words = lexicon("invoice")
    candidates = find_candidates(sheet, words, readers)
    ends, sums_rows = _rows(candidates, ("total",), 0.7), _rows(candidates, _CORE, 0.5)
    items = line_items.find_items(sheet, ends, sums_rows, _rows(candidates, _EXTRAS, 0.5))
    if items.headed:
        used = {line.amount.index for line in items.lines}
        candidates |= {name: [one for one in candidates.get(name, ()) if one.index not in used] for name in _SUMS}
    sums = choose_sums(sheet, candidates, items.sum if items.lines else None)
    values = [(one.value, one.index) for one in (sums.subtotal, sums.total) if one is not None]
    dates = _dates(sheet, candidates, readers)
    supplier, customer = find_parties(sheet, candidates, words)
    numbers = {"vat_id": "supplier_vat_id", "company_number": "supplier_company_number"}
    supplier |= {name: of_candidate(one) for name, field in numbers.items() if (one := best(candidates.get(field, ())))}
    if "vat_id" not in supplier and (unnamed := _anywhere(sheet, readers, "vat_id")) is not None:
        supplier["vat_id"] = unnamed
    fields: dict[str, Any] = {
        "invoice_number": _leaf(best(candidates.get("invoice_number", ()), 0.25)),
        **dates,
        "currency": currency_of(
            sheet, [*([sums.total] if sums.total else []), *(one for name in _SUMS for one in candidates.get(name, ()))]
        ),
        **_sums(sums),
        "supplier": supplier or None,
        "customer": customer or None,
        "iban": _leaf(best(candidates.get("iban", ()))) or _anywhere(sheet, readers, "iban"),
        "line_items": line_items.to_json(items, [value for value, _ in values]),
    }
    relations = (*sums.relations, *line_items.relations(items, values))
    found = [one for name in ("iban", "supplier_vat_id", "supplier_company_number") for one in candidates.get(name, ())]
    return Findings(
        {name: value for name, value in fields.items() if value is not None}, relations, marks(sheet, found)
    )


def _rows(candidates: dict[str, list[Candidate]], names: tuple[str, ...], least: float) -> frozenset[int]:
    """Rows that open with a label of these, their value beside it. Items end at the total; no sum is an item."""
    found = (one for name in names for one in candidates.get(name, ()) if one.score >= least)
    return frozenset(one.cell.row for one in found if one.label == (one.cell.row, 0))


def _sums(sums: Sums) -> dict[str, Leaf | None]:
    tax: Leaf | None = None
    if sums.taxes:
        raw = " + ".join(one.raw for one in sums.taxes)
        tax = leaf(sums.tax, raw, sums.taxes[0].index, min(one.score for one in sums.taxes))
    total = None if sums.total is None else of_candidate(sums.total, sums.confidence)
    return {"total": total, "tax": tax, "subtotal": _leaf(sums.subtotal)}


def _dates(sheet: Sheet, candidates: dict[str, list[Candidate]], readers: Readers) -> dict[str, Leaf | None]:
    issued, due = best(candidates.get("issue_date", ())), best(candidates.get("due_date", ()))
    if issued is None:
        known = {one.index for name in candidates for one in candidates[name] if one.field == "due_date"}
        issued = first_date(sheet, readers, known)
    if issued is not None and due is not None and due.index == issued.index:
        due = next((one for one in candidates["due_date"] if one.index != issued.index and one.value), None)
    return {"issue_date": _leaf(issued), "due_date": _leaf(due)}


def first_date(sheet: Sheet, readers: Readers, known: set[int]) -> Candidate | None:
    """The date that no label names and that stands first; one with a time beside it is preferred."""
    found: list[Candidate] = []
    for cell in sheet.cells():
        for value in readers.dates(cell, 0, len(cell.text)):
            index = cell.index_at(value.start)
            if value.value is not None and index not in known:
                timed = ":" in "".join(other.text for other in sheet.rows[cell.row]).replace(value.raw, "")
                score = (_UNLABELLED_DATE + 0.1 * timed - 0.01 * len(found)) * value.quality * cell.confidence
                found.append(Candidate("issue_date", value.value, value.raw, index, score, cell, value.about))
    return max(found, key=lambda one: one.score, default=None)


def currency_of(sheet: Sheet, amounts: Sequence[Candidate]) -> Leaf | None:
    """The currency that most of these amounts carry; where none does, the one that the document mentions most."""
    marked: dict[str, list[Marked]] = {}
    for one in amounts:
        if isinstance(one.about, str):
            marked.setdefault(one.about, []).append((one.raw, one.index))
    if not marked:
        for name, raw, index in _mentions(sheet):
            marked.setdefault(name, []).append((raw, index))
    if not marked:
        return None
    name = max(marked, key=lambda code: len(marked[code]))
    share = len(marked[name]) / sum(len(places) for places in marked.values())
    return leaf(name, *marked[name][0], 0.9 * share)


def _mentions(sheet: Sheet) -> list[tuple[str, str, int]]:
    found = []
    for cell in sheet.cells():
        for one in find_amounts(cell.text, ocr=cell.ocr):
            found += [(one.currency, cell.text[one.start : one.end], cell.index_at(one.start))] if one.currency else []
        for word in cell.text.split():
            bare = word.strip("():,.")
            if bare in CODES or bare == "RM":
                found.append(("MYR" if bare == "RM" else bare, bare, cell.index_at(cell.text.index(bare))))
    return found


def _anywhere(sheet: Sheet, readers: Readers, kind: str) -> Leaf | None:
    """An IBAN or VAT id that no label names, if its check digits hold."""
    for cell in sheet.cells():
        for value in readers.by_kind[kind](cell, 0, len(cell.text)):
            if value.about.valid:
                return leaf(value.value, value.raw, cell.index_at(value.start), 0.8 * cell.confidence)
    return None


def _leaf(candidate: Candidate | None) -> Leaf | None:
    return None if candidate is None else of_candidate(candidate)
