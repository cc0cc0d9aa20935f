"""The checks of an identity document that need no pixels: zone, print, barcode, dates and sides against each other."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from models.face import calibration
from pipelines.document.id_document.document import Document
from pipelines.document.id_document.fields import Field
from pipelines.document.id_document.observation import SideSeen
from pipelines.document.mrz import MODELS as MRZ_MODELS
from pipelines.policy import NOT_APPLICABLE
from pipelines.provenance import used
from pipelines.report import Check, Status

_KEYS = ("document_number", "birth_date", "expiry_date", "surname", "given_names")
_LEAST_AGREEING = 2
"""Key fields that must agree before two sources count as consistent."""
LEAST_RESOLUTION = 400.0
"""Pixels of the document's long side in the photograph under which its print cannot be read."""
LEAST_SHARPNESS = 0.08
_BLOCKING = {
    "DOCUMENT_TOO_SMALL": "low_resolution",
    "DOCUMENT_CROPPED": "document_cropped",
    "DOCUMENT_TOO_CLOSE_TO_CAMERA": "document_cropped",
}


def image_quality(seen: Mapping[str, Sequence[SideSeen]]) -> list[Check]:
    """One check for each picture that was handed in: is there a document in it, and can it be read?"""
    return [_quality(role, sides) for role, sides in seen.items()]


def _quality(role: str, sides: Sequence[SideSeen]) -> Check:
    found = [side for side in sides if side.found]
    if not found:
        return Check(name="image_quality", subject=role, status=Status.FAILED, score=0.0,
                     reasons=("document_not_found",), models=used("document/detector"))  # fmt: skip
    reasons = []
    for side in found:
        reasons += [_BLOCKING[side.capture.error]] if side.capture.error in _BLOCKING else []
        reasons += ["low_resolution"] if side.resolution < LEAST_RESOLUTION else []
        reasons += ["blurry"] if side.sharpness < LEAST_SHARPNESS else []
    best = max(found, key=lambda side: side.resolution)
    evidence = {
        "resolution": round(best.resolution),
        "sharpness": round(best.sharpness, 4),
        "warnings": sorted({warning for side in found for warning in side.capture.warnings}),
    }
    return Check(
        name="image_quality",
        subject=role,
        status=Status.INCONCLUSIVE if reasons else Status.PASSED,
        score=round(min(1.0, best.resolution / 1000) * min(1.0, best.sharpness / 0.5), 4),
        reasons=tuple(dict.fromkeys(reasons)),
        evidence=evidence,
        models=used("document/detector"),
    )


def mrz_check_digits(document: Document) -> Check:
    """Are the zone's check digits right? What they repaired they cannot testify to: there the print must."""
    name, mrz = "mrz_check_digits", document.mrz
    if mrz is None:
        return _no_zone(document, name)
    share = sum(mrz.check_digits.values()) / max(1, len(mrz.check_digits))
    evidence = {"check_digits": dict(mrz.check_digits), "certain": mrz.certain}
    printed = [field.name for field in _key_fields(document) if field.agrees.get("mrz") is True]
    confirmed = len(printed) >= _LEAST_AGREEING
    wrong = {name for name, right in mrz.check_digits.items() if not right and name != "composite"}
    if mrz.valid and (mrz.certain or confirmed):
        status, reason = Status.PASSED, ""
    elif mrz.valid:
        status, reason = Status.INCONCLUSIVE, "mrz_uncertain"
    elif mrz.certain or (confirmed and wrong and wrong.issubset(printed)):  # else the zone may have been misread
        status, reason = Status.FAILED, "wrong_check_digits"
    else:
        status, reason = Status.INCONCLUSIVE, "mrz_unreadable"
    return Check(name=name, subject=document.mrz_side or "front", status=status, score=share, threshold=1.0,
                 reasons=(reason,) if reason else (), evidence=evidence, models=used(*MRZ_MODELS))  # fmt: skip


def _no_zone(document: Document, name: str) -> Check:
    """Some documents have none; where one should be, its absence leaves things open."""
    kind = document.kind.kind
    if kind == "driver_license" or document.licence is not None:
        return _not_applicable(name, "front")
    missing = "mrz_not_found" if kind in ("passport", "visa") or "back" in document.sides else "missing_back"
    return Check(name=name, status=Status.INCONCLUSIVE, subject="front", reasons=(missing,))


def mrz_visual_consistency(document: Document) -> Check:
    """Do the zone and the print say the same?"""
    name = "mrz_visual_consistency"
    if document.mrz is None:
        return _no_zone(document, name)
    certain = document.mrz.certain and document.mrz.valid
    return _consistency(name, document, "mrz", _subject(document, document.mrz_side), certain=certain)


def barcode_visual_consistency(document: Document) -> Check:
    """Do the barcode and the print say the same? Most documents have no barcode of this kind."""
    name = "barcode_visual_consistency"
    if document.licence is None:
        return _not_applicable(name, "front")
    return _consistency(name, document, "barcode", _subject(document, document.barcode_side), certain=True)


def _consistency(name: str, document: Document, source: str, subject: str, *, certain: bool) -> Check:
    compared = {field.name: field.agrees[source] for field in document.fields if source in field.agrees}
    wrong = [field for field, agrees in compared.items() if agrees is False]
    right = [field for field, agrees in compared.items() if agrees is True]
    slight = {field.name for field in document.fields if source in field.slight}
    # Zone and barcode are the same record: what both say, and the print does not, weighs more than one reading.
    if wrong and certain:
        status = Status.INCONCLUSIVE if slight.issuperset(wrong) else Status.FAILED
        reasons: tuple[str, ...] = tuple(f"{field}_differs" for field in wrong)
    elif wrong:
        status, reasons = Status.INCONCLUSIVE, ("mrz_uncertain",)
    elif len([field for field in right if field in _KEYS]) >= _LEAST_AGREEING:
        status, reasons = Status.PASSED, ()
    else:
        status, reasons = Status.INCONCLUSIVE, ("too_little_to_compare",)
    told = len(right) + len(wrong)
    return Check(
        name=name,
        subject=subject,
        status=status,
        score=len(right) / told if told else None,
        threshold=1.0,
        reasons=reasons,
        evidence={"agree": right, "differ": wrong, "unread": [f for f, agrees in compared.items() if agrees is None]},
        models=used(*(MRZ_MODELS if source == "mrz" else ("document/ocr", "document/barcodes"))),
    )


def expiry(document: Document, today: date) -> Check:
    """Is the document still valid?"""
    field, day = document.field("expiry_date"), document.expires()
    if field is None or day is None:
        return Check(name="expiry", subject="front", status=Status.INCONCLUSIVE, reasons=("date_not_found",))
    over = day < today
    evidence = {"expiry_date": day.isoformat(), "days": (day - today).days}
    status = Status.FAILED if over else Status.PASSED
    return Check(name="expiry", subject="front", status=status, score=float(not over), threshold=1.0,
                 reasons=("expired",) if over else (), evidence=evidence)  # fmt: skip


def sides_consistency(document: Document) -> Check:
    """Do the two sides belong together: data of the one against print of the other, and faces that stand on both?"""
    name, subject = "sides_consistency", "front+back"
    if not {"front", "back"} <= document.sides.keys():
        return _not_applicable(name, "front" if "front" in document.sides else "back")
    certain = document.mrz is not None and document.mrz.certain and document.mrz.valid
    told = list(_across(document, certain))
    faces = _faces(document.sides["front"], document.sides["back"])
    wrong = [what for what, agrees in told if not agrees]
    right = [what for what, agrees in told if agrees]
    evidence: dict[str, Any] = {"agree": right, "differ": wrong} | ({"face_match": round(faces, 4)} if faces else {})
    if faces is not None:
        (right if faces >= calibration.THRESHOLD else wrong).append("portrait")
    if wrong and len(right) <= len(wrong):
        # One field that differs is judged where it stands; another holder's side differs in most.
        status, reasons = Status.FAILED, tuple(f"{what}_differs" for what in wrong)
    elif right:
        status, reasons = Status.PASSED, ()
    else:
        status, reasons = Status.INCONCLUSIVE, ("too_little_to_compare",)
    score = len(right) / (len(right) + len(wrong)) if right or wrong else None
    return Check(name=name, subject=subject, status=status, score=score, threshold=0.5, reasons=reasons,
                 evidence=evidence, models=used("document/ocr", "face/embedder"))  # fmt: skip


def _across(document: Document, certain: bool) -> Iterable[tuple[str, bool]]:
    """Fields that a machine readable source on one side and the print of the other name."""
    for source, side in (("mrz", document.mrz_side), ("barcode", document.barcode_side)):
        other = {"front": "back", "back": "front"}.get(side or "")
        if other is None:
            continue
        there = {printed.name for printed in document.printed.get(other, ())}
        for field in document.fields:
            agrees = field.agrees.get(source)
            # What differs from a zone that may be misread says nothing.
            if agrees or (agrees is False and field.name in there and (certain or source != "mrz")):
                yield field.name, agrees


def _faces(front: SideSeen, back: SideSeen) -> float | None:
    """Calibrated score, 0..1, of the portrait against the face on the back, where there is one."""
    if front.portrait is None or back.portrait is None:
        return None
    return calibration.score(float(front.portrait.embedding @ back.portrait.embedding))


def _key_fields(document: Document) -> list[Field]:
    return [field for field in document.fields if field.name in _KEYS]


def _subject(document: Document, side: str | None) -> str:
    return "front" if side == "front" else "front+back" if "front" in document.sides else side or "front"


def _not_applicable(name: str, subject: str) -> Check:
    return Check(name=name, subject=subject, status=Status.NOT_PERFORMED, reasons=(NOT_APPLICABLE,))
