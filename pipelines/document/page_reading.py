"""Reads a page image in whatever script it is written, or says which one could not be read."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.document.text_line import PageLines, TextLine
from pipelines.document.reading_order import spans_of
from pipelines.document.text import Span
from pipelines.workers import Models

MODELS = ("document/ocr", "document/other-scripts")

_LEAST_REGIONS = 3
_UNREAD = 0.4
"""Share of the text regions that came out empty, sparse or doubtful, above which another script is asked about."""
_DOUBTFUL = 0.75


@dataclass(frozen=True, slots=True)
class PageReading:
    """The text of one page image.

    Attributes:
        spans: in reading order.
        script: `Latin` stands for all that the networks read; otherwise the script's name, or `unknown`.
        fault: None where the page was read; `script_not_supported` where it holds text that nothing here can read.
        detail: why: `tesseract_missing`, `script_unknown` or `language_missing`.
    """

    spans: list[Span]
    script: str = "Latin"
    fault: str | None = None
    detail: str | None = None


async def read_page(image: npt.NDArray[np.uint8], models: Models, page: int = 1) -> PageReading:
    """Reads one upright page, (H, W, 3) uint8 RGB; `page` is its number, from 1.

    Text that cannot be read is never passed over in silence: what little came out is returned together with the fault.
    """
    (lines,) = await models.predict("document/ocr", [image])
    if not foreign(lines):
        return PageReading(spans_of(lines, page))
    (other,) = await models.predict("document/other-scripts", [image])
    if other.outcome == "read" and _letters(other.lines) > _letters(lines):
        return PageReading(spans_of(other.lines, page), other.script)
    if other.script == "Latin":
        return PageReading(spans_of(lines, page))
    return PageReading(spans_of(lines, page), other.script, "script_not_supported", other.outcome)


def foreign(lines: Sequence[TextLine]) -> bool:
    """Whether so much of a page could not be read that it may be written in another script."""
    unread = lines.unread if isinstance(lines, PageLines) else 0
    doubtful = sum(line.confidence < _DOUBTFUL for line in lines)
    regions = max(len(lines), unread)
    return regions >= _LEAST_REGIONS and min(unread + doubtful, regions) / regions >= _UNREAD


def _letters(lines: Sequence[TextLine]) -> int:
    return sum(character.isalnum() for line in lines for character in line.text)
