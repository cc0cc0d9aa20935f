"""Payslips: who pays whom, for which period, gross, deductions and net."""

from pipelines.document.extraction.arithmetic import Relation
from pipelines.document.extraction.candidates import Candidate, Readers, find_candidates
from pipelines.document.extraction.fields import known, leaves
from pipelines.document.extraction.findings import Findings, marks
from pipelines.document.extraction.invoice import currency_of
from pipelines.document.extraction.layout import Sheet
from pipelines.document.extraction.leaf import best, leaf, of_candidate
from pipelines.document.extraction.lexicon import lexicon
from pipelines.document.extraction.parties import name_at_top
from pipelines.document.extraction.periods import find_periods

_SUMS = ("gross", "deductions", "net")


def extract_payslip(sheet: Sheet, readers: Readers) -> Findings:
    """Employer, employee, period, gross, net, deductions."""
    words = lexicon("payslip")
    candidates = find_candidates(sheet, words, readers)
    fields = leaves(candidates, ("employer", "employee", "employee_number", "period", "payment_date", "iban"))
    if "employer" not in fields:
        found = name_at_top(sheet, words, fields.get("employee", {}).get("value"))
        if found is not None:
            cell, name, score = found
            fields["employer"] = leaf(name, name, cell.index_at(cell.text.index(name)), score * cell.confidence)
    if "period" not in fields:
        fields |= _any_period(sheet, readers)
    chosen = _agreeing(candidates)
    fields |= {name: of_candidate(one) for name, one in chosen.items()}
    fields |= {"currency": currency_of(sheet, [one for name in _SUMS for one in candidates.get(name, ())])}
    return Findings(known(fields), _relations(chosen), marks(sheet, candidates.get("iban", ())))


def _agreeing(candidates: dict[str, list[Candidate]]) -> dict[str, Candidate]:
    """Gross, deductions and net that satisfy gross - deductions = net, else the best of each."""
    options = {name: candidates.get(name, [])[:6] for name in _SUMS}
    triples = [
        (gross, deducted, net)
        for gross in options["gross"]
        for deducted in options["deductions"]
        for net in options["net"]
        if _relation(gross, deducted, net).holds and deducted.value != 0
    ]
    if triples:
        return dict(zip(_SUMS, max(triples, key=lambda ones: sum(one.score for one in ones)), strict=True))
    singles = {name: best(ones) for name, ones in options.items()}
    return {name: one for name, one in singles.items() if one is not None}


def _relation(gross: Candidate, deducted: Candidate, net: Candidate) -> Relation:
    expected = gross.value - abs(deducted.value)
    return Relation("net_pay", expected, net.value, (gross.index, deducted.index, net.index))


def _relations(chosen: dict[str, Candidate]) -> tuple[Relation, ...]:
    if len(chosen) < len(_SUMS):
        return ()
    relation = _relation(chosen["gross"], chosen["deductions"], chosen["net"])
    certain = all(one.score >= 0.75 for one in chosen.values())
    return (relation,) if relation.holds or certain else ()


def _any_period(sheet: Sheet, readers: Readers) -> dict[str, dict[str, object]]:
    for cell in sheet.cells():
        for period in find_periods(cell.text, readers.order, ocr=cell.ocr):
            value = {"start": str(period.first), "end": str(period.last)}
            return {"period": leaf(value, period.raw, cell.index_at(period.start), 0.5 * cell.confidence)}
    return {}
