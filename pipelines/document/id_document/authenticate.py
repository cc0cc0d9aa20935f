"""The service: is this identity document what it claims to be?"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from pipelines.context import Context
from pipelines.document.id_document import checks
from pipelines.document.id_document.document import Document, put_together
from pipelines.document.id_document.forgery import FORGERY_CHECKS, forgery_checks, skipped
from pipelines.document.id_document.observation import SideSeen
from pipelines.errors import MediaError
from pipelines.media.frames import DecodeRequest
from pipelines.policy import verdict
from pipelines.report import Artifact, Check, Report

SERVICE = "id_document_authentication"
ROLES = ("front", "back")
MAX_SIDE = 2600
"""Larger pictures are reduced to this: the smallest print is still read, and most photographs keep their own pixels."""
PAGES, DPI = 2, 200
"""Of a PDF: both sides, as scanners store them (contracts 6)."""

Seen = Mapping[str, tuple[SideSeen, ...]]


async def authenticate(context: Context) -> Report:
    """Judges an identity document by its sides.

    Media: `front` and, where there is one, `back`, in either order; one picture or PDF may hold both sides.
    Options: `skip_forgery`: the forgery checks are left out, and say so.

    Raises:
        MediaError: a picture cannot be decoded.
    """
    seen = await look_at_document(context)
    # Dictionaries of labels are searched letter by letter: not on the event loop of other tasks.
    return await asyncio.to_thread(report, seen, skip_forgery=bool(context.options.get("skip_forgery")))


async def look_at_document(context: Context) -> Seen:
    """What there is to see of the document's sides, by role; decoded and looked at once a task."""
    request = DecodeRequest(frames=PAGES, max_side=MAX_SIDE, kinds=frozenset({"image", "pdf"}), dpi=DPI)
    asked = {"skip_forgery": bool(context.options.get("skip_forgery"))}
    roles = [role for role in ROLES if context.has(role)]
    if not roles:
        raise MediaError("missing_file", "no picture of a document was handed in", "front")
    found = await asyncio.gather(*(context.look(role, "id_document", request, asked) for role in roles))
    return dict(zip(roles, found, strict=True))


def report(seen: Seen, *, skip_forgery: bool, today: date | None = None, service: str = SERVICE) -> Report:
    """The report over what was seen."""
    today = today or datetime.now(UTC).date()
    quality = checks.image_quality(seen)
    sides = [side for role in seen.values() for side in role if side.found]
    if not sides:
        return Report(service=service, verdict=verdict(service, quality), checks=tuple(quality), data=_nothing(seen))
    document = put_together(sides, today)
    found = [
        checks.mrz_check_digits(document),
        checks.mrz_visual_consistency(document),
        checks.barcode_visual_consistency(document),
        checks.expiry(document, today),
        *(skipped(document) if skip_forgery else forgery_checks(document)),
        checks.sides_consistency(document),
        *quality,
    ]
    return Report(
        service=service,
        verdict=verdict(service, found),
        checks=tuple(found),
        data=document_data(document, seen, today),
        artifacts=tuple(_artifacts(document, found)),
    )


def document_data(document: Document, seen: Seen, today: date) -> dict[str, Any]:
    """What was read, as JSON values."""
    expires, mrz, licence = document.expires(), document.mrz, document.licence
    symbols = [{"format": form, "side": name} for name, side in document.sides.items() for form, _ in side.barcodes]
    data: dict[str, Any] = {
        "document": {
            "type": document.kind.kind,
            "country": document.kind.country,
            "model": document.kind.model,
            "sides": list(document.sides),
            "expired": None if expires is None else expires < today,
        },
        "fields": [field.to_json() for field in document.fields],
        "sides": {name: side_data(side) for name, side in document.sides.items()},
    }
    if mrz is not None:
        data["mrz"] = {**mrz.to_json(), "side": document.mrz_side}
    if licence is not None:
        data["barcode"] = {"standard": "AAMVA", "issuer": licence.issuer, "version": licence.version,
                           "side": document.barcode_side, "symbols": symbols}  # fmt: skip
    elif symbols:
        data["barcode"] = {"standard": None, "symbols": symbols}
    return data


def side_data(side: SideSeen) -> dict[str, Any]:
    """Of one side: geometry, warnings and the scores of the capture."""
    trace = side.traces.get("portrait_substitution")
    return {
        **side.capture.to_json(),
        "scores": {**side.capture.scores, "substitution": None if trace is None else trace.score},
        "portrait": side.portrait is not None,
    }


def _nothing(seen: Seen) -> dict[str, Any]:
    """Of pictures that show no document."""
    empty: dict[str, Any] = {"type": "unknown", "country": "", "model": "", "sides": [], "expired": None}
    pictures = {role: side_data(sides[0]) for role, sides in seen.items() if sides}
    return {"document": empty, "fields": [], "sides": pictures}


def _artifacts(document: Document, found: Sequence[Check]) -> Iterable[Artifact]:
    front = document.sides.get("front")
    if front is not None and front.portrait is not None:
        yield Artifact("portrait", "image/jpeg", front.portrait.jpeg)
    performed = {check.name for check in found}
    for name, side in document.sides.items():
        for check in FORGERY_CHECKS:
            trace = side.traces.get(check)
            if check in performed and trace is not None and trace.heatmap is not None:
                yield Artifact(f"heatmap-{check}-{name}.png", "image/png", trace.heatmap)
