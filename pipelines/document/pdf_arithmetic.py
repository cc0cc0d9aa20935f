"""Sums of a PDF's own text that do not come out: what an edit in the same font leaves behind, and nothing else does."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.document.columns import column_misses
from pipelines.document.extraction.engine import relations_of
from pipelines.document.rows import rows_of
from pipelines.document.text import Span

_MAX_PAGES = 10
_UNSURE = frozenset(("lines_sum",))
"""Relations that fail too often because a line item was not recognised; columns are walked for them instead."""


def judge_arithmetic(pages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Figures that contradict the others.

    Args:
        pages: as in the facts `pdf_text` of a file.

    Returns:
        `{"page", "box", "text", "relation", "expected", "found"}` for each figure that is not what the others come
        to; `relation` as in `pipelines.document.extraction.arithmetic.Relation`, or `column_sum`. Empty where all
        sums come out, and where there are none.
    """
    spans = [span for page in pages[:_MAX_PAGES] for span in _spans(page)]
    failed = [relation for relation in relations_of(spans) if not relation.holds and relation.name not in _UNSURE]
    found = [
        _entry(spans[relation.indices[-1]], relation.name, float(relation.expected), float(relation.found))
        for relation in failed
    ]
    told = {(entry["page"], tuple(entry["box"])) for entry in found}
    misses = [miss for miss in column_misses(spans) if (miss.span.page, miss.span.box) not in told]
    return found + [_entry(miss.span, miss.relation, miss.expected / 100, miss.found / 100) for miss in misses]


def _entry(span: Span, relation: str, expected: float, found: float) -> dict[str, Any]:
    entry = {"page": span.page, "box": list(span.box), "text": span.text[:100]}
    return entry | {"relation": relation, "expected": expected, "found": found}


def _spans(page: Mapping[str, Any]) -> list[Span]:
    """What can be seen of a page's text, in rows."""
    seen = [span for span in page["spans"] if span["hidden"] is None]
    rows = rows_of([span["box"] for span in seen])
    spans = [
        Span(page=page["number"], text=span["text"], box=tuple(span["box"]), source="embedded", row=row)
        for span, row in zip(seen, rows, strict=True)
    ]
    return sorted(spans, key=lambda span: (span.row, span.box[0]))
