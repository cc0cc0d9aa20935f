"""Reports as the vendor's reply (contracts 5.1). What could not be judged has no score."""

from typing import Any

from deployments.ingress.errors import ApiError
from deployments.ingress.trustmatic.scores import PRINT, SCREEN, SUBSTITUTION, Side, sides_of
from deployments.settings import TrustmaticSettings
from deployments.tasks.task import State, Task

Json = dict[str, Any]
LOW_RESOLUTION = "IMAGE_RESOLUTION_LOW"
OUR_FAULT = frozenset(("worker_lost", "internal", "media_timeout", "deadline_exceeded", "media_gone"))
_NAMES = {SCREEN: "screen", PRINT: "print", SUBSTITUTION: "substitution"}


def result(task: Task, settings: TrustmaticSettings, *, details: bool) -> Json:
    """The body of a successful reply. Raises ApiError for a task that failed or came to no score."""
    if task.state is State.FAILED:
        raise failure(task)
    sides = sides_of(task.report or {})
    error = next((side.error for side in sides.values() if side.error), None)
    body: Json = {"sessionId": task.spec.options["session_id"]}
    if error is None:
        body["score"] = _score(sides, settings.threshold)
    body["hasError"] = error is not None
    if error is not None:
        body["error"] = error
    if any(side.short_side is not None and side.short_side < settings.full_resolution for side in sides.values()):
        body["warnings"] = [LOW_RESOLUTION]
    if details:
        body["details"] = {name: _details(side, settings.threshold) for name, side in sides.items()}
    return body


def failure(task: Task) -> ApiError:
    """The error of a task that ended without a report."""
    code = task.error_code or "internal"
    if code in OUR_FAULT:
        return ApiError("internal")
    if code == "url_too_large":
        return ApiError("payload_too_large")
    return ApiError("invalid_parameter" if code in ("url_refused", "unsupported_url_source") else "image_type")


def _score(sides: dict[str, Side], threshold: float) -> float:
    """The least of all sides and detectors. Raises ApiError where a detector that always runs has none."""
    if not sides or any(name not in side.scores for side in sides.values() for name in (SCREEN, PRINT)):
        raise ApiError("internal")
    found = [side.score(name, threshold) for side in sides.values() for name in _NAMES]
    return round(min(score for score in found if score is not None), 6)


def _details(side: Side, threshold: float) -> Json:
    scores = {word: side.score(name, threshold) for name, word in _NAMES.items()}
    return {
        "error": side.error,
        "warnings": list(side.warnings),
        "scores": {word: None if score is None else round(score, 6) for word, score in scores.items()},
    }
