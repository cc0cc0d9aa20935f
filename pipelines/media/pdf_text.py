"""A PDF's own text as facts: spans with their looks, which of them are hidden and why, and where images lie."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pipelines.media.facts import Facts
from pipelines.media.frames import Limits
from pipelines.media.pdf import open_pdf
from pipelines.media.pdf_page import Glyph, PageView, translucent, union, view_page
from pipelines.media.pdf_visibility import judge_visibility
from pipelines.media.sniff import MediaType

if TYPE_CHECKING:
    import pymupdf

_SECONDS = 15.0
_MAX_SPANS = 5_000
_SUBSET_PREFIX = 7
"""Letters and the plus sign of `ABCDEF+Arial` (ISO 32000-2, 9.9.2)."""


def read(data: bytes, found: MediaType, limits: Limits) -> Facts:
    """Reads the text of all pages.

    Returns:
        `{"page_count", "complete", "pages": [{"number", "width", "height", "scanned", "complete", "spans", "images"}]}`
        with points as units, origin top-left. A span is `{"text", "box", "font", "size", "color", "hidden"}`:
        characters that stand side by side and look alike, in MuPDF's reading order. `scanned` tells that one image
        covers most of the page: `invisible` spans are then what some text recognition read in it. `complete` is false
        where a bound on time, characters or drawing cut something off, or a page is damaged.

    Raises:
        MediaError: as `pipelines.media.pdf.open_pdf`.
    """
    document = open_pdf(data, limits)
    pages: list[dict[str, Any]] = []
    blends = translucent(document)
    until = time.monotonic() + _SECONDS
    for number in range(document.page_count):
        if time.monotonic() > until:
            break
        pages.append(_read_page(document, number, blends))
    complete = len(pages) == document.page_count
    return Facts({"page_count": document.page_count, "complete": complete, "pages": pages})


def font_name(name: str) -> str:
    """The name without its subset prefix."""
    return name[_SUBSET_PREFIX:] if name[_SUBSET_PREFIX - 1 : _SUBSET_PREFIX] == "+" else name


def _read_page(document: "pymupdf.Document", number: int, blends: bool) -> dict[str, Any]:
    """One page; where it is damaged beyond reading, an empty one that says so."""
    try:
        view = view_page(document[number], blends)
        judge_visibility(view)
        return page_facts(view)
    except MemoryError:
        raise
    except Exception:  # MuPDF's own classes, RuntimeError, ValueError, ...
        size = {"width": 0.0, "height": 0.0}
        return {"number": number + 1, **size, "scanned": False, "complete": False, "spans": [], "images": []}


def page_facts(view: PageView) -> dict[str, Any]:
    """One page of what `read` returns."""
    spans = [_span(glyphs) for glyphs in _runs(view.glyphs)]
    return {
        "number": view.number,
        "width": round(view.width, 2),
        "height": round(view.height, 2),
        "scanned": view.scanned,
        "complete": view.complete and len(spans) <= _MAX_SPANS,
        "spans": spans[:_MAX_SPANS],
        "images": [{name: image[name] for name in ("box", "width", "height")} for image in view.images],
    }


def _runs(glyphs: list[Glyph]) -> Iterator[list[Glyph]]:
    """Characters that look alike and follow each other on one line; spaces at the ends are left out."""
    run: list[Glyph] = []
    for glyph in glyphs:
        if run and (glyph.line != run[0].line or (glyph.text.strip() and _looks(glyph) != _looks(run[0]))):
            yield from _trimmed(run)
            run = []
        if run or glyph.text.strip():
            run.append(glyph)
    yield from _trimmed(run)


def _looks(glyph: Glyph) -> tuple[Any, ...]:
    return glyph.font, round(glyph.size, 1), glyph.color, glyph.hidden


def _trimmed(run: list[Glyph]) -> Iterator[list[Glyph]]:
    while run and not run[-1].text.strip():
        run.pop()
    if run:
        yield run


def _span(glyphs: list[Glyph]) -> dict[str, Any]:
    first = glyphs[0]
    return {
        "text": "".join(glyph.text for glyph in glyphs),
        "box": union([glyph.box for glyph in glyphs]),
        "font": font_name(first.font),
        "size": round(first.size, 2),
        "color": "#{:02x}{:02x}{:02x}".format(*first.color),
        "hidden": first.hidden,
    }
