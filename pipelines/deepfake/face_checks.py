"""Checks of how the main face of a video moves. They inform: what is usual was measured on few real recordings."""

from collections.abc import Iterator, Mapping
from typing import Any

from models.cards import card
from pipelines.deepfake.face_findings import FaceFindings
from pipelines.policy import NOT_APPLICABLE
from pipelines.provenance import used
from pipelines.report import Check, Status

IDENTITY, LANDMARKS, LIPS = "identity_jitter", "landmark_jitter", "lip_sync"
CARD = "deepfake/face-motion"


def motion_checks(seen: FaceFindings) -> Iterator[Check]:
    """`identity_jitter`, `landmark_jitter` and, with sound, `lip_sync` of a video that shows a face."""
    if seen.kind != "video" or not seen.tracks:
        return
    limits: Mapping[str, Any] = card(CARD).parameters
    yield _below(IDENTITY, seen.motion.identity, float(limits["identity_most"]), seen)
    yield _below(LANDMARKS, seen.motion.landmarks, float(limits["landmarks_most"]), seen)
    if seen.has_audio:
        yield _lips(seen, limits)


def _below(name: str, value: float | None, most: float, seen: FaceFindings) -> Check:
    """Inconclusive above what real recordings showed: unusual is no proof."""
    models = used("face/embedder" if name == IDENTITY else "face/landmarks", CARD)
    evidence = {"limit": most, "frames_per_second": round(seen.motion.fps, 1)}
    if value is None:
        reason = seen.motion.absent or "too_few_frames"
        return Check(name=name, status=Status.NOT_PERFORMED, reasons=(reason,), evidence=evidence, models=models)
    usual = value <= most
    return Check(
        name=name,
        status=Status.PASSED if usual else Status.INCONCLUSIVE,
        score=round(1 / (1 + (value / most) ** 2), 4),
        threshold=0.5,
        reasons=() if usual else ("unusual",),
        evidence=evidence | {"value": round(value, 4)},
        models=models,
    )


def _lips(seen: FaceFindings, limits: Mapping[str, Any]) -> Check:
    lips, models = seen.motion.lips, used("face/landmarks", CARD)
    if lips is None:
        reason = seen.motion.absent or NOT_APPLICABLE
        return Check(name=LIPS, status=Status.NOT_PERFORMED, reasons=(reason,), models=models)
    follows = lips.surprise >= float(limits["lips_least"])
    return Check(
        name=LIPS,
        status=Status.PASSED if follows else Status.INCONCLUSIVE,
        score=round(max(0.0, min(1.0, lips.surprise / (2 * float(limits["lips_least"])))), 4),
        threshold=0.5,
        reasons=() if follows else ("not_shown",),
        evidence={
            "correlation": round(lips.correlation, 3),
            "lag": round(lips.lag, 3),
            "deviations": round(lips.surprise, 2),
            "loud_seconds": round(lips.speech, 2),
        },
        models=models,
    )
