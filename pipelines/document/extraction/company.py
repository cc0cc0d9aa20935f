"""Documents on the formation of companies: name, number, date, directors, registered office."""

from pipelines.document.extraction.candidates import Candidate, Readers, find_candidates
from pipelines.document.extraction.fields import block, known, leaves
from pipelines.document.extraction.findings import Findings, marks
from pipelines.document.extraction.invoice import first_date
from pipelines.document.extraction.layout import Cell, Sheet
from pipelines.document.extraction.leaf import Leaf, best, leaf, of_candidate
from pipelines.document.extraction.lexicon import lexicon
from pipelines.document.extraction.parties import name_at_top

_MANY = 12


def extract_company(sheet: Sheet, readers: Readers) -> Findings:
    """Name, number, formation date, directors, registered office, capital."""
    words = lexicon("company_formation")
    candidates = find_candidates(sheet, words, readers)
    fields = leaves(candidates, ("company_name", "company_number", "formation_date", "capital", "legal_form"))
    if "company_name" not in fields:
        found = name_at_top(sheet, words)
        if found is not None:
            cell, name, score = found
            fields["company_name"] = leaf(name, name, cell.index_at(cell.text.index(name)), score * cell.confidence)
    if "formation_date" not in fields:
        first = first_date(sheet, readers, set())
        fields |= {} if first is None else {"formation_date": of_candidate(first)}
    office = best(candidates.get("registered_office", ()))
    fields |= {
        "registered_office": None if office is None else block(sheet, office, words),
        "directors": _directors(sheet, candidates.get("directors", [])),
    }
    return Findings(known(fields), (), marks(sheet, candidates.get("company_number", ())))


def _directors(sheet: Sheet, candidates: list[Candidate]) -> list[Leaf]:
    """One leaf a person: those beside their labels, and the list that goes on under the first of them."""
    found: dict[str, Leaf] = {}
    for one in sorted(candidates, key=lambda one: one.cell.row):
        if one.score < 0.3:
            continue
        found.setdefault(one.value, of_candidate(one))
        for cell in _list_under(sheet, one):
            found.setdefault(cell.text, leaf(cell.text, cell.text, cell.index_at(0), 0.8 * one.score))
    return list(found.values())[:_MANY]


def _list_under(sheet: Sheet, first: Candidate) -> list[Cell]:
    """The lines under a name that stand at its left edge, alone in their rows, and are no labels."""
    words = lexicon("company_formation")
    start = max(first.cell.text.find(first.raw), 0)
    left, right = first.cell.reach(start, start + len(first.raw))
    lines = [first.cell]
    while len(lines) <= _MANY:
        under = sheet.below(lines[-1], (left, right), lines=0.9)
        aligned = [
            one for one in under if abs(one.box[0] - left) <= 1.5 * first.cell.size and len(sheet.rows[one.row]) == 1
        ]
        if not aligned or words.hits(aligned[0].text):
            break
        lines.append(aligned[0])
    return lines[1:]
