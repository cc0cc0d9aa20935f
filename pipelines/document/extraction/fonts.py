"""Which fonts a document's own text is set in."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from pipelines.document.text import Span


def font_analysis(spans: Sequence[Span]) -> dict[str, Any] | None:
    """Fonts and their shares of the characters, most used first (contracts 2.6); None without embedded text."""
    counts: Counter[str] = Counter()
    for span in spans:
        if span.source == "embedded" and span.font:
            counts[span.font] += len("".join(span.text.split()))
    whole = counts.total()
    if not whole:
        return None
    ranked = [(font, count) for font, count in counts.most_common() if count]
    return {"fonts": [font for font, _ in ranked], "frequencies": [round(count / whole, 6) for _, count in ranked]}
