"""A report on document liveness as each side's error and scores."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.report import Status

SCREEN, PRINT, SUBSTITUTION = "document_liveness_screen", "document_liveness_print", "portrait_substitution"
ERRORS = (
    "DOCUMENT_NOT_FOUND",
    "TOO_MANY_DOCUMENTS",
    "DOCUMENT_TOO_SMALL",
    "DOCUMENT_CROPPED",
    "DOCUMENT_TOO_CLOSE_TO_CAMERA",
    "DOCUMENT_TOO_CLOSE_TO_BORDER",
    "DOCUMENT_PHOTO_NOT_FOUND",
)
"""What keeps a picture from being judged; the first that applies is told."""


@dataclass(frozen=True, slots=True)
class Side:
    """One picture.

    Attributes:
        error: a word of `ERRORS`, None where the picture can be judged.
        warnings: words about its quality.
        scores: detector -> score as calibrated and its threshold, both 0..1, higher = more genuine; only of detectors
            that came to a score.
        short_side: pixels, None where unknown.
    """

    error: str | None
    warnings: tuple[str, ...]
    scores: Mapping[str, tuple[float, float]]
    short_side: int | None

    def score(self, detector: str, anchor: float) -> float | None:
        """The detector's score, stretched so that its threshold lies at `anchor`; None where it has none."""
        found = self.scores.get(detector)
        return None if found is None else stretched(*found, anchor)


def sides_of(report: Mapping[str, Any]) -> dict[str, Side]:
    """The sides that a report is about, front first. A back has no portrait, so its absence is no error there."""
    sides = report["data"]["sides"]
    return {name: _side(name, sides[name], report["checks"]) for name in ("front", "back") if name in sides}


def stretched(score: float, threshold: float, anchor: float) -> float:
    """A score, moved linearly on either side of its threshold so that the threshold comes to lie at `anchor`."""
    if score >= threshold:
        return anchor + (1 - anchor) * (score - threshold) / (1 - threshold) if threshold < 1 else 1.0
    return anchor * score / threshold


def _side(name: str, found: Mapping[str, Any], checks: list[Mapping[str, Any]]) -> Side:
    error = found.get("error")
    if error not in ERRORS or (name == "back" and error == "DOCUMENT_PHOTO_NOT_FOUND"):
        error = None
    detectors = (SCREEN, PRINT, SUBSTITUTION) if name == "front" else (SCREEN, PRINT)
    scores = {
        check["name"]: (check["score"], check["threshold"] if check["threshold"] is not None else 0.5)
        for check in checks
        if check["name"] in detectors
        and check["subject"] == name
        and check["score"] is not None
        and check["status"] != Status.NOT_PERFORMED
    }
    pixels = [found[side] for side in ("width", "height") if found.get(side)]
    return Side(error, tuple(found.get("warnings") or ()), scores, min(pixels) if pixels else None)
