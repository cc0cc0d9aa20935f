"""Document liveness: is this a document before the camera, or a screen or printed copy that shows one (contracts 5)?"""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from models.cards import card
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
MODELS = CAPTURE_MODELS
"""What the stage needs; it runs beside them where one host holds them all."""
_INSTRUMENTS = ("screen", "print")
_REASONS = {"screen": "screen_replay", "print": "printed_copy"}
_UNUSABLE = frozenset({"DOCUMENT_NOT_FOUND", "TOO_MANY_DOCUMENTS"})
"""Errors after which nobody can say which document the scores are about."""


async def observe(decoded: Decoded, models: Models, options: Mapping[str, Any]) -> Capture:
    """The stage: one side of a document, without its pixels."""
    return (await observe_capture(decoded, models, options)).bare()


async def check_document_liveness(context: Context) -> Report:
    """The Trustmatic- and IDLive-compatible service.

    Roles `front` and `back`, at least one of them; each is judged alone. A side in which a document was found has
    scores whatever its `error` says; a side with an error passes no check.
    """
    sides = [side for side in SIDES if context.has(side)]
    found: list[Capture] = await asyncio.gather(*(context.look(side, STAGE, REQUEST, {"side": side}) for side in sides))
    checks = tuple(
        check for side, capture in zip(sides, found, strict=True) for check in recapture_checks(capture, side)
    )
    return Report(
        service="document_liveness",
        verdict=verdict("document_liveness", checks),
        checks=checks,
        data={
            "sides": {
                side: capture.to_json() | {"scores": capture.scores | {"substitution": None}}
                for side, capture in zip(sides, found, strict=True)
            }
        },
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
