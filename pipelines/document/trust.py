"""Whether a PDF page's own text is what the page shows, or OCR has to be believed instead."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from pipelines.document.text import Span

_LEAST_SHARED = 0.6
"""Share of the words OCR read surely that the embedded text must hold to be trusted."""
_LEAST_WORDS = 8
"""With fewer words read surely, one misreading would decide."""
_SURE = 0.85
_SHORTEST = 3


@dataclass(frozen=True, slots=True)
class Choice:
    """Which text of a page to go by.

    Attributes:
        source: `embedded` or `ocr`.
        reason: `no_embedded_text`, `no_ocr_text`, `texts_agree`, `texts_disagree`, or `too_little_to_compare`.
        agreement: share of the surely read words that the embedded text holds too; None where nothing was compared.
    """

    source: Literal["embedded", "ocr"]
    reason: str
    agreement: float | None = None


def choose(embedded: Sequence[Span], read: Sequence[Span]) -> Choice:
    """Decides for one page.

    Embedded text is exact where it is honest: it is believed unless what the page shows to a reader says otherwise, as
    with fonts that map letters to others, text hidden under a picture, or a scanner's own poor OCR layer.

    Args:
        embedded: visible embedded spans of the page.
        read: OCR of the rendered page; may be empty where it was not asked for.
    """
    if not any(span.text.strip() for span in embedded):
        return Choice("ocr", "no_embedded_text")
    if not read:
        return Choice("embedded", "no_ocr_text")
    sure = _words(span for span in read if span.confidence >= _SURE)
    if len(sure) < _LEAST_WORDS:
        return Choice("embedded", "too_little_to_compare")
    whole = "".join(_letters(span.text) for span in embedded)
    shared = sum(word in whole for word in sure) / len(sure)
    if shared < _LEAST_SHARED:
        return Choice("ocr", "texts_disagree", shared)
    return Choice("embedded", "texts_agree", shared)


def _words(spans: Iterable[Span]) -> list[str]:
    words = (word for span in spans for word in span.text.split())
    return [letters for word in words if len(letters := _letters(word)) >= _SHORTEST]


def _letters(text: str) -> str:
    """Letters and digits only, case folded: spacing and ligatures differ between the two sources."""
    return "".join(character for character in text.casefold() if character.isalnum())
