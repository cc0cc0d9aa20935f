"""Pages drawn with characters: each line is a row, and what two spaces or more keep apart is a span."""

import re

from pipelines.document.extraction.candidates import Readers
from pipelines.document.extraction.layout import Sheet
from pipelines.document.text import Span

WIDE, HIGH, LINE = 6.0, 10.0, 12.0
"""Points of a character, and from line to line."""


def page(drawn: str, *, number: int = 1, source: str = "embedded", confidence: float = 1.0) -> list[Span]:
    """The spans of one page."""
    spans = []
    for row, line in enumerate(drawn.splitlines()):
        for match in re.finditer(r"\S+(?: \S+)*", line):
            left, top = match.start() * WIDE, row * LINE
            box = (left, top, match.end() * WIDE, top + HIGH)
            font = "Helvetica" if source == "embedded" else None
            spans.append(
                Span(page=number, text=match.group(), box=box, source=source, confidence=confidence, font=font, row=row)
            )
    return spans


def sheet(drawn: str) -> tuple[Sheet, Readers]:
    """The same, ready to be searched."""
    found = Sheet(page(drawn))
    return found, Readers(found)
