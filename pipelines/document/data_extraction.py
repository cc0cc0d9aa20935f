"""What a document says: its type, its fields, and whether they agree with one another."""

import asyncio
from collections.abc import Sequence
from typing import Any, cast

from pipelines.context import Context
from pipelines.document.extraction.checks import (
    arithmetic_check,
    checksums_check,
    date_order_check,
    overlaps_check,
)
from pipelines.document.extraction.dates import ORDERS, DateOrder
from pipelines.document.extraction.engine import extract
from pipelines.document.extraction.fonts import font_analysis
from pipelines.document.extraction.keywords import find_keywords
from pipelines.document.extraction.overlaps import find_overlaps
from pipelines.document.extraction.templates import template_fields
from pipelines.document.page_text import DocumentText, Page, document_text, text_request
from pipelines.document.text import Span
from pipelines.errors import MediaError
from pipelines.policy import verdict
from pipelines.provenance import used as models_used
from pipelines.report import Check, Report, Status

SERVICE = "data_extraction"
STAGE = "document_text"
ROLE = "file"

__all__ = ["SERVICE", "document_text", "extract_data", "read_document"]


async def extract_data(context: Context) -> Report:
    """Type, fields, keywords, fonts and overlapping text of an image or PDF (contracts 2.6).

    Options: `document_type`: overrides the classification; `date_order`: of numeric dates (default DMY);
    `keywords`: words to look for; `extract_images`: the images of a PDF as artifacts `extracted-<n>`; `templates`:
    what invoice2data finds too, as `template_data`.

    Raises:
        MediaError: as decoding; also `invalid_option`.
    """
    order = context.options.get("date_order") or "DMY"
    if order not in ORDERS:
        raise MediaError("invalid_option", "date_order is none of " + ", ".join(ORDERS))
    text = await read_document(context, ROLE)
    spans, usable = spans_of(text)
    return await asyncio.to_thread(_report, context, text, spans, usable, cast(DateOrder, order))


async def read_document(context: Context, role: str) -> DocumentText:
    """All pages of the document; those without text of their own are read by OCR, first pages first."""
    images = bool(context.options.get("extract_images"))
    text: DocumentText = await context.look(role, STAGE, text_request(images=images), {})
    missing = [page.number for page in text.pages if page.missing]
    if not missing:
        return text
    further: DocumentText = await context.look(
        role, "document_scans", text_request(pages=max(missing)), {"compared": 0}
    )
    pages = [new if old.missing else old for old, new in zip(text.pages, further.pages, strict=True)]
    return DocumentText(kind=text.kind, pages=tuple(pages), images=text.images)


def spans_of(text: DocumentText) -> tuple[list[Span], frozenset[int]]:
    """Every span of every page, own text before OCR; and the indices of those that say what the page shows."""
    spans: list[Span] = []
    usable: set[int] = set()
    for page in text.pages:
        for span, chosen in _chosen(page):
            if chosen:
                usable.add(len(spans))
            spans.append(span)
    return spans, frozenset(usable)


def _chosen(page: Page) -> list[tuple[Span, bool]]:
    """Hidden text is told and never used, but for what a scanner read in a page that OCR could not come to."""
    by_scanner = not page.trusted and not page.read
    own = [
        (span, (page.trusted and why is None) or (by_scanner and why in (None, "invisible")))
        for span, why in zip(page.embedded, page.hidden, strict=True)
    ]
    return [*own, *((span, not page.trusted) for span in page.read)]


def _report(
    context: Context, text: DocumentText, spans: Sequence[Span], usable: frozenset[int], order: DateOrder
) -> Report:
    wanted = context.options.get("document_type") or None
    found = extract(spans, used=usable, document_type=wanted, date_order=order)
    overlaps = find_overlaps(spans)
    checks = (
        arithmetic_check(found.findings.relations, spans, ROLE),
        checksums_check(found.findings.checksums, ROLE),
        overlaps_check(overlaps, spans, ROLE),
        date_order_check(order, found.date_order, ROLE),
        _read_check(text),
    )
    data: dict[str, Any] = {
        "document_type": found.document_type,
        "classification": found.classification.to_json(),
        "ocr": [_told(index, span) for index, span in enumerate(spans)],
        "keywords": find_keywords(found.sheet, context.options.get("keywords") or ()),
        "overlapping_text": [[one.first, one.second] for one in overlaps],
        "extracted_data": dict(found.findings.fields),
    }
    if context.options.get("templates"):
        data["template_data"] = template_fields(found.sheet)
    fonts = font_analysis(spans)
    return Report(
        service=SERVICE,
        verdict=verdict(SERVICE, checks),
        checks=checks,
        data=data if fonts is None else data | {"font_analysis": fonts},
        artifacts=text.images,
    )


def _read_check(text: DocumentText) -> Check:
    """Was every page read?"""
    missing = [page.number for page in text.pages if page.missing]
    # A page whose own text is trusted needs no OCR, whatever its script.
    foreign = {page.number: page.unread_script for page in text.pages if page.unread_script and not page.trusted}
    reasons = (["too_much_to_read"] if missing else []) + (["script_not_supported"] if foreign else [])
    return Check(
        name="text_read",
        subject=ROLE,
        status=Status.INCONCLUSIVE if reasons else Status.PASSED,
        reasons=tuple(reasons),
        evidence={
            "pages": len(text.pages),
            "missing": missing,
            "unread_scripts": {str(number): script for number, script in foreign.items()},
            "turned": {str(page.number): page.turned for page in text.pages if page.turned},
            "by_ocr": [page.number for page in text.pages if page.read and not page.trusted],
        },
        models=models_used("document/ocr") if any(page.read for page in text.pages) else (),
    )


def _told(index: int, span: Span) -> dict[str, Any]:
    told: dict[str, Any] = {
        "index": index,
        "page": span.page,
        "text": span.text,
        "bbox": [round(edge, 2) for edge in span.box],
        "source": span.source,
        "confidence": round(span.confidence, 3),
    }
    if span.font is not None:
        told["font"] = span.font
    if span.size is not None:
        told["size"] = round(span.size, 2)
    return told
