"""What the figures, numbers and layers of a document's text say about it."""

from collections.abc import Sequence

from pipelines.document.extraction.arithmetic import Relation
from pipelines.document.extraction.dates import DateOrder
from pipelines.document.extraction.findings import Checksum
from pipelines.document.extraction.overlaps import Overlap
from pipelines.document.text import Span
from pipelines.report import Check, Status

_OCR_LEAST = 0.98
"""Confidence from which a figure that OCR read is taken at its word when it contradicts others."""
_TOLD = 50
_NONE: tuple[str, ...] = ()


def arithmetic_check(relations: Sequence[Relation], spans: Sequence[Span], subject: str) -> Check:
    """Do the figures add up? Figures that OCR was not sure of do not fail it."""
    status, reasons = Status.PASSED, _NONE
    wrong = [one for one in relations if not one.holds]
    sure = [one for one in wrong if all(_sure(spans[index]) for index in one.indices)]
    if not relations:
        status, reasons = Status.NOT_PERFORMED, ("nothing_to_add_up",)
    elif sure:
        status, reasons = Status.FAILED, tuple(sorted({one.name for one in sure}))
    elif wrong:
        status, reasons = Status.INCONCLUSIVE, ("figures_not_read_surely",)
    holding = len(relations) - len(wrong)
    return Check(
        name="arithmetic",
        subject=subject,
        status=status,
        score=holding / len(relations) if relations else None,
        threshold=1.0 if relations else None,
        reasons=reasons,
        evidence={"relations": [one.to_json() for one in (*wrong, *(r for r in relations if r.holds))][:_TOLD]},
    )


def checksums_check(numbers: Sequence[Checksum], subject: str) -> Check:
    """Do account, VAT and company numbers carry the right check digits? A number that OCR read may be misread."""
    status, reasons = Status.PASSED, _NONE
    wrong = [one for one in numbers if not one.valid]
    if not numbers:
        status, reasons = Status.NOT_PERFORMED, ("no_such_number",)
    elif any(not one.ocr for one in wrong):
        status, reasons = Status.FAILED, tuple(sorted({one.scheme for one in wrong if not one.ocr}))
    elif wrong:
        status, reasons = Status.INCONCLUSIVE, ("numbers_not_read_surely",)
    told = [{"scheme": one.scheme, "valid": one.valid, "ocr_index": one.index} for one in numbers[:_TOLD]]
    return Check(name="checksums", subject=subject, status=status, reasons=reasons, evidence={"numbers": told})


def overlaps_check(overlaps: Sequence[Overlap], spans: Sequence[Span], subject: str) -> Check:
    """Does text stand over other text? What only OCR reads differently stays open."""
    status, reasons = Status.PASSED, _NONE
    covering = [one for one in overlaps if one.kind == "embedded" and not one.same]
    otherwise = [one for one in overlaps if one.kind == "ocr"]
    if not any(span.source == "embedded" for span in spans):
        status, reasons = Status.NOT_PERFORMED, ("no_embedded_text",)
    elif covering:
        status, reasons = Status.FAILED, ("text_over_text",)
    elif otherwise:
        status, reasons = Status.INCONCLUSIVE, ("pixels_read_otherwise",)
    pairs = [[one.first, one.second] for one in (*covering, *otherwise)][:_TOLD]
    return Check(name="overlapping_text", subject=subject, status=status, reasons=reasons, evidence={"pairs": pairs})


def date_order_check(given: DateOrder, used: DateOrder, subject: str) -> Check:
    """Are the document's dates written in the order that was given?"""
    return Check(
        name="date_order",
        subject=subject,
        status=Status.PASSED if given == used else Status.INCONCLUSIVE,
        reasons=() if given == used else ("document_uses_another_order",),
        evidence={"given": given, "used": used},
    )


def _sure(span: Span) -> bool:
    return span.source == "embedded" or span.confidence >= _OCR_LEAST
