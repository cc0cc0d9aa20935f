"""Reports on documents as their services write them, for tests of how facades show them."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from deployments.tasks.task import ArtifactRef
from pipelines.report import Check, Report, Status, Verdict
from tests.contract.serving import Api

MRZ = ("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F3004159ZE184226B<<<<<10")
VALUES: Mapping[str, str] = {
    "surname": "ERIKSSON",
    "given_names": "ANNA MARIA",
    "birth_date": "1974-08-12",
    "sex": "F",
    "nationality": "UTO",
    "document_number": "L898902C3",
    "issue_date": "2020-04-15",
    "expiry_date": "2030-04-15",
    "issuing_country": "UTO",
}
_CHECKS = (
    "mrz_check_digits",
    "mrz_visual_consistency",
    "expiry",
    "document_liveness_screen",
    "document_liveness_print",
    "portrait_substitution",
    "copy_move",
    "font_consistency",
    "security_background",
    "image_quality",
)
Changes = Mapping[str, Status | tuple[Status, str]]


def field(name: str, value: str) -> dict[str, Any]:
    """A value that the MRZ and the visual zone agree on."""
    return {
        "name": name, "value": value, "mrz": value, "visual": value, "barcode": None, "match": True, "confidence": 0.98,
    }  # fmt: skip


def id_report(
    verdict: Verdict = Verdict.GENUINE,
    *,
    checks: Changes | None = None,
    values: Mapping[str, str | None] | None = None,
    kind: str = "passport",
    country: str = "UTO",
    model: str = "td3",
    sides: Iterable[str] = ("front",),
    mrz: Mapping[str, Any] | None = None,
    seen: Mapping[str, Mapping[str, Any]] | None = None,
) -> Report:
    """A report on a good passport, with changes: check -> status (and reason), field -> value (None: not read)."""
    changed = {name: change if isinstance(change, tuple) else (change, "") for name, change in (checks or {}).items()}
    names = (*_CHECKS, *(name for name in changed if name not in _CHECKS))
    read = {name: value for name, value in {**VALUES, **(values or {})}.items() if value is not None}
    lines = {"format": "TD3", "lines": list(MRZ), "valid": True, "certain": True, "alternatives": []}
    found = {side: {"error": None, "warnings": [], "width": 1600, "height": 1200} for side in sides}
    data: dict[str, Any] = {
        "document": {"type": kind, "country": country, "model": model, "sides": list(sides), "expired": False},
        "fields": [field(name, value) for name, value in read.items()],
        "sides": {side: values | dict((seen or {}).get(side, {})) for side, values in found.items()},
    }
    if mrz is None or mrz:
        data["mrz"] = lines | {"check_digits": {"composite": True}} | dict(mrz or {})
    return Report(
        service="id_document_authentication",
        verdict=verdict,
        checks=tuple(check(name, *changed.get(name, (Status.PASSED, ""))) for name in names),
        data=data,
    )


def liveness_of(
    *roles: str,
    error: Mapping[str, str] | None = None,
    scores: Mapping[tuple[str, str], float | None] | None = None,
    threshold: float = 0.6,
    pixels: tuple[int, int] = (1920, 1080),
    warnings: tuple[str, ...] = (),
) -> Report:
    """A report on the liveness of these sides: 0.9 everywhere, with changes: (side, detector) -> score."""
    checks, sides = [], {}
    for role in roles:
        for name in ("document_liveness_screen", "document_liveness_print", "portrait_substitution"):
            score = (scores or {}).get((role, name), 0.9)
            status = Status.NOT_PERFORMED
            if score is not None:
                status = Status.PASSED if score >= threshold else Status.FAILED
            checks.append(Check(name=name, subject=role, status=status, score=score, threshold=threshold))
        found = {"error": (error or {}).get(role), "warnings": list(warnings), "scores": {}}
        sides[role] = found | {"width": pixels[0], "height": pixels[1]}
    return Report(
        service="document_liveness", verdict=Verdict.GENUINE, checks=tuple(checks), data={"sides": sides}
    )  # fmt: skip


def no_document_report() -> Report:
    """What is written where there is no document in the picture."""
    quality = check("image_quality", Status.FAILED, "document_not_found")
    sides = {"front": {"error": "DOCUMENT_NOT_FOUND", "warnings": [], "width": 1600, "height": 1200}}
    document = {"type": "unknown", "country": "", "model": "", "sides": [], "expired": None}
    data = {"document": document, "fields": [], "sides": sides}
    return Report(
        service="id_document_authentication", verdict=Verdict.INCONCLUSIVE, checks=(quality,), data=data
    )  # fmt: skip


def check(name: str, status: Status, reason: str = "", subject: str = "front") -> Check:
    scores = {Status.PASSED: 0.9, Status.FAILED: 0.1}
    reasons = (reason,) if reason else ()
    score = scores.get(status)
    return Check(name=name, subject=subject, status=status, score=score, threshold=0.5, reasons=reasons)


def kept(api: Api, account: str, **pictures: bytes) -> list[ArtifactRef]:
    """Stores pictures under their names, as a dispatcher does (`_` stands for `-`)."""
    found = []
    for name, data in pictures.items():
        blob = asyncio.run(api.blobs.put(data, account))
        found.append(ArtifactRef(name=name.replace("_", "-"), mime="image/png", blob=blob.key, size=blob.size))
    return found
