"""A report on an identity document as the findings that reasons are drawn from, and as the vendor's objects."""

from collections.abc import Iterable, Mapping
from typing import Any

from deployments.ingress.shareid.reasons import MANIPULATION, WITH_MRZ, Findings
from pipelines.policy import deciding
from pipelines.report import Status, Verdict

Json = dict[str, Any]
_WORST_FIRST = (Status.FAILED, Status.INCONCLUSIVE, Status.PASSED, Status.NOT_PERFORMED)
_OCR: Mapping[str, str] = {
    "first_name": "given_names",
    "last_name": "surname",
    "birth_name": "birth_name",
    "birth_date": "birth_date",
    "birth_place": "birth_place",
    "gender": "sex",
    "nationality": "nationality",
    "document_number": "document_number",
    "personal_number": "personal_number",
    "issue_date": "issue_date",
    "expiration_date": "expiry_date",
    "issuing_country": "issuing_country",
    "address": "address",
}
"""The vendor's word -> ours."""

_SECURITY: Mapping[str, tuple[str, ...]] = {
    "mrz_checksum": ("mrz_check_digits",),
    "mrz_visual_match": ("mrz_visual_consistency",),
    "not_expired": ("expiry",),
    "doc_screen": ("document_liveness_screen",),
    "doc_print": ("document_liveness_print",),
    "sides_match": ("sides_consistency",),
    "visual_elements": ("security_background",),
}
"""The vendor's word -> checks that it stands for together."""


def findings_of(report: Mapping[str, Any]) -> Findings:
    """What the report says."""
    data = report["data"]
    document, sides = data.get("document") or {}, data.get("sides") or {}
    pixels = [side[name] for side in sides.values() for name in ("width", "height") if side.get(name)]
    kind = document.get("type") or "unknown"
    return Findings(
        verdict=Verdict(report["verdict"]),
        document=bool(document.get("sides")) or kind != "unknown",
        kind=kind,
        country=document.get("country") or "",
        sides=frozenset(document.get("sides") or ()),
        least_side=min(pixels, default=None),
        statuses={check["name"]: _worst(report["checks"], check["name"]) for check in report["checks"]},
        quality=tuple(_words(report["checks"], "image_quality")),
        mrz=bool(data.get("mrz")),
        mrz_words=tuple(_words(report["checks"], "mrz_check_digits")),
        fields={field["name"]: field["value"] for field in data.get("fields") or () if field.get("value")},
    )


def ocr(found: Findings, report: Mapping[str, Any]) -> Json:
    """What was read of the document; what was not is absent."""
    read: Json = {word: found.fields[name] for word, name in _OCR.items() if name in found.fields}
    if found.mrz:
        read["mrz"] = list(report["data"]["mrz"]["lines"])
    return read


def security(found: Findings, report: Mapping[str, Any], *, portrait: bool) -> Json:
    """True for what passed, False for what failed, None for what was not performed or came to no conclusion."""
    errors = {side.get("error") for side in (report["data"].get("sides") or {}).values()}
    required = found.kind in WITH_MRZ
    shown: Json = {"mrz_presence": True if found.mrz else (False if required else None)}
    shown |= {word: _together([found.statuses.get(name) for name in names]) for word, names in _SECURITY.items()}
    # Traces that only inform would contradict the verdict.
    traces = [name for name in MANIPULATION if name in deciding(report["service"])]
    shown["doc_manipulation"] = _together([found.statuses.get(name) for name in traces])
    shown["portrait_presence"] = True if portrait else (False if "DOCUMENT_PHOTO_NOT_FOUND" in errors else None)
    return shown


def _together(statuses: Iterable[Status | None]) -> bool | None:
    found = [status for status in statuses if status not in (None, Status.NOT_PERFORMED)]
    if Status.FAILED in found:
        return False
    return True if found and all(status is Status.PASSED for status in found) else None


def _worst(checks: Iterable[Mapping[str, Any]], name: str) -> Status:
    statuses = {Status(check["status"]) for check in checks if check["name"] == name}
    return next(status for status in _WORST_FIRST if status in statuses)


def _words(checks: Iterable[Mapping[str, Any]], name: str) -> Iterable[str]:
    """Why the checks of that name failed or came to no conclusion."""
    for check in checks:
        if check["name"] == name and check["status"] in (Status.FAILED, Status.INCONCLUSIVE):
            yield from check["reasons"] or ("unknown",)
