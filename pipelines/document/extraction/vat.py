"""VAT returns and registrations: the id, the period, and what is owed."""

from pipelines.document.extraction.arithmetic import Relation
from pipelines.document.extraction.candidates import Candidate, Readers, find_candidates
from pipelines.document.extraction.fields import known, leaves
from pipelines.document.extraction.findings import Findings, marks
from pipelines.document.extraction.invoice import currency_of
from pipelines.document.extraction.layout import Sheet
from pipelines.document.extraction.leaf import best, of_candidate
from pipelines.document.extraction.lexicon import lexicon

_SUMS = ("output_vat", "input_vat", "payable", "net_sales", "net_purchases")


def extract_vat(sheet: Sheet, readers: Readers) -> Findings:
    """VAT id, name, period, registration date, amounts."""
    candidates = find_candidates(sheet, lexicon("vat"), readers)
    fields = leaves(candidates, ("vat_id", "name", "period", "registration_date"))
    chosen = _agreeing(candidates)
    fields |= {name: of_candidate(one) for name, one in chosen.items()}
    fields |= leaves(candidates, ("net_sales", "net_purchases"))
    fields |= {"currency": currency_of(sheet, [one for name in _SUMS for one in candidates.get(name, ())])}
    return Findings(known(fields), _relations(chosen), marks(sheet, candidates.get("vat_id", ())))


def _relation(due: Candidate, reclaimed: Candidate, payable: Candidate) -> Relation:
    expected = due.value - abs(reclaimed.value)
    return Relation("vat_due", expected, payable.value, (due.index, reclaimed.index, payable.index))


def _agreeing(candidates: dict[str, list[Candidate]]) -> dict[str, Candidate]:
    """Amounts that satisfy output - input = payable, else the best of each."""
    names = ("output_vat", "input_vat", "payable")
    options = {name: candidates.get(name, [])[:6] for name in names}
    triples = [
        (due, reclaimed, payable)
        for due in options["output_vat"]
        for reclaimed in options["input_vat"]
        for payable in options["payable"]
        if _relation(due, reclaimed, payable).holds and reclaimed.value != 0
    ]
    if triples:
        return dict(zip(names, max(triples, key=lambda ones: sum(one.score for one in ones)), strict=True))
    singles = {name: best(ones) for name, ones in options.items()}
    return {name: one for name, one in singles.items() if one is not None}


def _relations(chosen: dict[str, Candidate]) -> tuple[Relation, ...]:
    if len(chosen) < 3:
        return ()
    relation = _relation(chosen["output_vat"], chosen["input_vat"], chosen["payable"])
    certain = all(one.score >= 0.75 for one in chosen.values())
    return (relation,) if relation.holds or certain else ()
