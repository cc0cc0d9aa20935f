"""Extracted values as reports show them (contracts 2.6)."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from pipelines.document.extraction.candidates import Candidate
from pipelines.document.extraction.layout import Cell
from pipelines.document.extraction.tables import Figure

Leaf = dict[str, Any]


def leaf(value: Any, raw: str, index: int, confidence: float) -> Leaf:
    """A value, how the document writes it, the `ocr` element that holds (the beginning of) it, and 0..1."""
    plain = float(value) if isinstance(value, Decimal) else value
    return {"value": plain, "raw": raw, "ocr_index": index, "confidence": round(min(max(confidence, 0.0), 1.0), 3)}


def of_candidate(candidate: Candidate, confidence: float | None = None) -> Leaf:
    """The leaf of a labelled value."""
    score = candidate.score if confidence is None else confidence
    return leaf(candidate.value, candidate.raw, candidate.index, score)


def of_figure(figure: Figure) -> Leaf:
    """The leaf of a number in a table."""
    return leaf(figure.value, figure.raw, figure.index, 0.9 * figure.confidence)


def of_cells(cells: Sequence[Cell], confidence: float) -> Leaf:
    """The leaf of text over one cell or several lines of them."""
    text = "\n".join(cell.text for cell in cells)
    return leaf(text, text, cells[0].index_at(0), confidence * min(cell.confidence for cell in cells))


def best(candidates: Sequence[Candidate], least: float = 0.2) -> Candidate | None:
    """The candidate of the highest score, agreeing ones counted together; None below `least`.

    Each further place that says the same adds half of what is missing to 1, times its own score.
    """
    together: dict[str, tuple[float, Candidate]] = {}
    for candidate in candidates:
        score, first = together.get(str(candidate.value), (0.0, candidate))
        gained = candidate.score if score == 0.0 else score + 0.5 * (1 - score) * candidate.score
        together[str(candidate.value)] = gained, first
    chosen = max(together.values(), key=lambda one: one[0], default=None)
    return chosen[1] if chosen is not None and chosen[0] >= least and chosen[1].value is not None else None
