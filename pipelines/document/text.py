"""The text of a document as every service sees it: spans in reading order, from an image or from a PDF's own text."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One run of text on one page. Lists of spans stand in reading order.

    Attributes:
        page: from 1.
        box: left, top, right, bottom; origin top-left; pixels of an image, points of a PDF page.
        source: `embedded` (the PDF's own text) or `ocr`.
        confidence: 0..1; 1.0 for embedded text.
        font, size: of embedded text (size in points); None where unknown.
        row: number of the visual row on its page, from 0: spans of one row stand side by side.
    """

    page: int
    text: str
    box: tuple[float, float, float, float]
    source: Literal["embedded", "ocr"]
    confidence: float = 1.0
    font: str | None = None
    size: float | None = None
    row: int = 0

    def to_json(self) -> Mapping[str, Any]:
        """JSON values."""
        return {
            "page": self.page,
            "text": self.text,
            "box": list(self.box),
            "source": self.source,
            "confidence": self.confidence,
            "font": self.font,
            "size": self.size,
            "row": self.row,
        }
