"""Steps that several document types share."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.document.extraction.candidates import Candidate
from pipelines.document.extraction.layout import Cell, Sheet
from pipelines.document.extraction.leaf import Leaf, best, of_candidate, of_cells
from pipelines.document.extraction.lexicon import Lexicon

_LINES = 4


def leaves(candidates: Mapping[str, Sequence[Candidate]], names: Sequence[str], least: float = 0.2) -> dict[str, Any]:
    """The best leaf of each field; absent where there is none."""
    chosen = {name: best(candidates.get(name, ()), least) for name in names}
    return {name: of_candidate(one) for name, one in chosen.items() if one is not None}


def block(sheet: Sheet, candidate: Candidate, lexicon: Lexicon) -> Leaf:
    """A value with the lines under it that go on with it, such as an address: up to the next label."""
    lines: list[Cell] = [candidate.cell]
    while len(lines) < _LINES:
        last = lines[-1]
        under = sheet.below(last, (lines[0].box[0], lines[0].box[2]), lines=0.9)
        aligned = [cell for cell in under if abs(cell.box[0] - lines[0].box[0]) <= 1.5 * last.size]
        if not aligned or lexicon.hits(aligned[0].text) or _starts_row(sheet, aligned[0]):
            break
        lines.append(aligned[0])
    if len(lines) == 1 or candidate.raw != candidate.cell.text:
        return of_candidate(candidate)
    return of_cells(lines, candidate.score)


def _starts_row(sheet: Sheet, cell: Cell) -> bool:
    """Whether another cell stands left of it: then it is a value of its own label."""
    return sheet.rows[cell.row][0].box[0] < cell.box[0] - cell.size


def known(names: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is None or empty."""
    return {name: value for name, value in names.items() if value not in (None, {}, [])}
