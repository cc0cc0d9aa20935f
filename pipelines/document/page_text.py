"""The stage `document_text`: what every page says, by its own text where that can be trusted, else by OCR."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pipelines.document.page_reading import MODELS as READING
from pipelines.document.page_reading import read_page
from pipelines.document.rows import rows_of
from pipelines.document.text import Span
from pipelines.document.trust import choose
from pipelines.media.frames import Decoded, DecodeRequest, Frame
from pipelines.report import Artifact
from pipelines.workers import Models

ORIENTATION = "document/orientation"
MODELS = (*READING, ORIENTATION)
_SURE = 0.6
"""Confidence from which a page is turned: 30 receipts each in four positions were all turned right, none wrongly."""
PAGES = 50
COMPARED = 1
"""Pages whose own text is read from their pixels too, to see whether the two agree."""
_SECONDS = 75.0
"""Wall seconds of OCR for one file: a task ends after 120."""
_PRIVATE = re.compile("[\ufffd\ue000-\uf8ff\x00-\x08]")
_PRIVATE_MOST = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page.

    Attributes:
        number: from 1.
        width, height: points of a PDF page, pixels of an image.
        embedded: its own text, spans that nobody can see included.
        hidden: for each of those, why it cannot be seen, or None.
        read: what OCR found; empty where it was not asked.
        trusted: whether its own text says what the page shows.
        turned: by how many degrees clockwise the page stood wrong; the boxes of `read`, `width` and `height` are the
            upright page's.
        missing: OCR was needed and did not come to this page.
        unread_script: the script (`unknown` where it could not be told) of text that OCR met and could not read.
    """

    number: int
    width: float
    height: float
    embedded: tuple[Span, ...]
    hidden: tuple[str | None, ...]
    read: tuple[Span, ...] = ()
    trusted: bool = False
    turned: int = 0
    missing: bool = False
    unread_script: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentText:
    """All pages of a document, and the images that were taken out of it."""

    kind: str
    pages: tuple[Page, ...]
    images: tuple[Artifact, ...] = ()


def text_request(*, pages: int = COMPARED, images: bool = False) -> DecodeRequest:
    """What the stage needs decoded: the text of a PDF, pixels of its first `pages`, and its images where wanted."""
    facts = {"pdf_text", "pdf_images"} if images else {"pdf_text"}
    return DecodeRequest(
        frames=pages, max_side=2000, dpi=150, kinds=frozenset({"image", "pdf"}), facts=frozenset(facts)
    )


async def document_text(decoded: Decoded, models: Models, options: Mapping[str, Any]) -> DocumentText:
    """Reads images by OCR; of a PDF, the pages that hold no text of their own, and the first ones to compare.

    Args:
        options: `compared`: pages with text of their own to read as well (default `COMPARED`).
    """
    until = time.monotonic() + _SECONDS
    if decoded.kind != "pdf":
        picture = Page(number=1, width=decoded.width, height=decoded.height, embedded=(), hidden=())
        read = await _read(picture, decoded.frames[0], models, decoded.scale)
        return DocumentText(kind=decoded.kind, pages=(read,))
    found = decoded.facts.get("pdf_text") or {"pages": []}
    compared = int(options.get("compared", COMPARED))
    frames = {frame.index + 1: frame for frame in decoded.frames}
    pages: list[Page] = []
    for facts in found["pages"][:PAGES]:
        page = embedded_page(facts)
        needed = facts["scanned"] or not _readable(page)
        frame = frames.get(page.number)
        if (needed or page.number <= compared) and frame is not None and time.monotonic() < until:
            page = await _read(page, frame, models, page.width / frame.pixels.shape[1])
            pages.append(_judged(page, scanned=facts["scanned"]))
        else:
            pages.append(replace(page, trusted=_readable(page), missing=needed))
    return DocumentText(kind=decoded.kind, pages=tuple(pages), images=decoded.attachments)


def embedded_page(facts: Mapping[str, Any]) -> Page:
    """One page of the fact `pdf_text`, its spans put into rows."""
    boxes = [span["box"] for span in facts["spans"]]
    spans = [
        Span(
            page=facts["number"],
            text=span["text"],
            box=tuple(span["box"]),
            source="embedded",
            font=span["font"],
            size=span["size"],
            row=row,
        )
        for span, row in zip(facts["spans"], rows_of(boxes), strict=True)
    ]
    order = sorted(range(len(spans)), key=lambda n: (spans[n].row, spans[n].box[0]))
    return Page(
        number=facts["number"],
        width=facts["width"],
        height=facts["height"],
        embedded=tuple(spans[n] for n in order),
        hidden=tuple(facts["spans"][n]["hidden"] for n in order),
    )


async def _read(page: Page, frame: Frame, models: Models, scale: float) -> Page:
    """With OCR; `scale`: units of the page for each pixel. A page that only its pixels tell about is put upright."""
    pixels, degrees = frame.pixels, 0
    if not _readable(page):
        (turn,) = await models.predict(ORIENTATION, [pixels])
        if turn.confidence >= _SURE:
            pixels, degrees = turn.upright(pixels), turn.degrees
    reading = await read_page(pixels, models, page.number)
    width, height = (page.height, page.width) if degrees % 180 else (page.width, page.height)
    return replace(
        page,
        width=width,
        height=height,
        read=tuple(_scaled(span, scale) for span in reading.spans),
        turned=degrees,
        unread_script=reading.script if reading.fault else None,
    )


def _scaled(span: Span, scale: float) -> Span:
    left, top, right, bottom = (edge * scale for edge in span.box)
    return replace(span, box=(left, top, right, bottom))


def _judged(page: Page, *, scanned: bool) -> Page:
    """Whether the page's own text may be believed, now that it was read too."""
    choice = choose(_visible(page), page.read)
    return replace(page, trusted=not scanned and _readable(page) and choice.source == "embedded")


def _visible(page: Page) -> list[Span]:
    return [span for span, why in zip(page.embedded, page.hidden, strict=True) if why is None]


def _readable(page: Page) -> bool:
    """Whether there is visible text of its own, in characters that mean something."""
    text = "".join(span.text for span in _visible(page))
    return len(text.strip()) > 1 and len(_PRIVATE.findall(text)) <= _PRIVATE_MOST * len(text)
