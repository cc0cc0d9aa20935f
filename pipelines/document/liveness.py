"""Document liveness: is this a document before the camera, or a screen or printed copy that shows one (contracts 5)?"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.cards import card
from models.document.retouching import DocumentInPhoto, Retouching
from pipelines.context import Context
from pipelines.document.capture import MODELS as CAPTURE_MODELS
from pipelines.document.capture import REQUEST, Capture, observe_capture
from pipelines.media.frames import Decoded
from pipelines.policy import verdict
from pipelines.provenance import used
from pipelines.report import Check, Report, Status
from pipelines.workers import Models

STAGE = "document_liveness"
SIDES = ("front", "back")
MODELS = (*CAPTURE_MODELS, "document/retouching")
"""What the stage needs; it runs beside them where one host holds them all."""
_INSTRUMENTS = ("screen", "print")
_REASONS = {"screen": "screen_replay", "print": "printed_copy"}
_UNUSABLE = frozenset({"DOCUMENT_NOT_FOUND", "TOO_MANY_DOCUMENTS"})
"""Errors after which nobody can say which document the scores are about."""


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """One side: its capture without pixels, and whether its portrait belongs there (0..1, higher = more genuine)."""

    capture: Capture
    substitution: float | None

    @property
    def scores(self) -> dict[str, float | None]:
        """`screen`, `print` and `substitution`."""
        return self.capture.scores | {"substitution": self.substitution}


async def observe(decoded: Decoded, models: Models, options: Mapping[str, Any]) -> Sighting:
    """The stage: one side of a document."""
    capture = await observe_capture(decoded, models, options)
    substitution = None
    if options.get("side", "front") == "front" and capture.face is not None:
        assert capture.document is not None
        assert capture.to_document is not None
        item = DocumentInPhoto(decoded.frames[0].pixels, capture.to_document, capture.document, capture.portrait)
        found: Retouching = (await models.predict("document/retouching", [item]))[0]
        substitution = found.portrait
    return Sighting(capture.bare(), substitution)


async def check_document_liveness(context: Context) -> Report:
    """The Trustmatic- and IDLive-compatible service.

    Roles `front` and `back`, at least one of them; each is judged alone. A side in which a document was found has
    scores whatever its `error` says; a side with an error passes no check.
    """
    sides = [side for side in SIDES if context.has(side)]
    found: list[Sighting] = await asyncio.gather(
        *(context.look(side, STAGE, REQUEST, {"side": side}) for side in sides)
    )
    seen = dict(zip(sides, found, strict=True))
    checks = tuple(check for side, sighting in seen.items() for check in _checks(sighting, side))
    data = {side: sighting.capture.to_json() | {"scores": sighting.scores} for side, sighting in seen.items()}
    return Report(
        service="document_liveness",
        verdict=verdict("document_liveness", checks),
        checks=checks,
        data={"sides": data},
    )


def _checks(sighting: Sighting, subject: str) -> tuple[Check, ...]:
    """All of one side; only a front has a portrait that can be another's."""
    checks = recapture_checks(sighting.capture, subject)
    return (*checks, substitution_check(sighting, subject)) if subject == "front" else checks


def substitution_check(sighting: Sighting, subject: str) -> Check:
    """`portrait_substitution`: whether the portrait has the history of the rest of the picture."""
    score, threshold = sighting.substitution, float(card("document/retouching").parameters["threshold"])
    if score is None or sighting.capture.error in _UNUSABLE:
        status, reason = Status.NOT_PERFORMED, "no_portrait" if sighting.capture.face is None else "too_small"
    elif score < threshold:
        status, reason = Status.FAILED, "portrait_substitution_traces"
    else:
        status, reason = Status.PASSED, ""
    return Check(
        name="portrait_substitution",
        subject=subject,
        status=status,
        score=score,
        threshold=threshold,
        reasons=(reason,) if reason else (),
        models=used("document/detector", "document/retouching"),
    )


def recapture_checks(capture: Capture, subject: str) -> tuple[Check, ...]:
    """`document_liveness_screen` and `document_liveness_print` of one side.

    Flat scans pass over the rule against coming too close: nothing of them is missing.
    """
    began = time.perf_counter()
    return tuple(_check(capture, subject, instrument, began) for instrument in _INSTRUMENTS)


def _check(capture: Capture, subject: str, instrument: str, began: float) -> Check:
    parameters = card("document/recapture").parameters
    score, threshold = capture.scores[instrument], float(parameters["threshold"])
    status, reasons = _judge(capture, score, float(parameters[f"{instrument}_fails_below"]), threshold, instrument)
    return Check(
        name=f"document_liveness_{instrument}",
        subject=subject,
        status=status,
        score=score,
        threshold=threshold,
        reasons=reasons,
        evidence={
            "corners": None if capture.corners is None else [[round(float(x), 1) for x in p] for p in capture.corners],
            "warnings": list(capture.warnings),
        },
        models=used("document/detector", "document/recapture"),
        ms=(time.perf_counter() - began) * 1000,
    )


def _judge(
    capture: Capture, score: float | None, fails_below: float, passes_from: float, instrument: str
) -> tuple[Status, tuple[str, ...]]:
    if score is None or capture.error in _UNUSABLE:
        return Status.NOT_PERFORMED, ((capture.error or "not_asked").lower(),)
    if score < fails_below:
        return Status.FAILED, (_REASONS[instrument],)
    scan = capture.placement is not None and capture.placement.flush and capture.face is not None
    if capture.error is not None and not scan:
        return Status.INCONCLUSIVE, (capture.error.lower(),)
    if score < passes_from:
        return Status.INCONCLUSIVE, ("uncertain",)
    return Status.PASSED, ()
