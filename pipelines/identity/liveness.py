"""Is this a living person before the camera? Passive presentation-attack detection (ISO/IEC 30107-3)."""

import time
from statistics import median

from models.cards import card
from models.face.pad_fusion import fuse
from pipelines.context import Context
from pipelines.identity.active_liveness.challenge import Challenge
from pipelines.identity.active_liveness.verify import verify
from pipelines.identity.face_quality import quality_checks
from pipelines.identity.faces import look_at_faces
from pipelines.identity.observation import Face, Observation
from pipelines.identity.recording import recording_checks, stills, summary, wants_still
from pipelines.policy import verdict
from pipelines.provenance import used
from pipelines.report import Check, Report, Status

SMALLEST_FACE = 64.0
"""Pixels of a face box's shorter side under which the traces of a screen or print cannot be seen."""


async def check_liveness(context: Context) -> Report:
    """The Sensity-compatible service: liveness of the main face, and everything that makes it hard to judge.

    Options: `least_s`: seconds for which the face must be seen. `best_frame`, `best_face`: artifacts wanted.
    `challenge`: what the person was asked to do (`active_liveness.challenge.Challenge`), which the recording must show.
    """
    asked = context.options.get("challenge")
    challenge = None if asked is None else Challenge.from_json(asked)
    seen = await look_at_faces(
        context,
        "file",
        liveness=True,
        still=wants_still(context.options),
        active=challenge is not None,
    )
    checks = (
        liveness_check(seen, "file"),
        *(verify(seen, challenge) if challenge else ()),
        *recording_checks(seen, "file", context.options),
        *quality_checks(seen, "file"),
    )
    return Report(
        service="liveness_detection",
        verdict=verdict("liveness_detection", checks),
        checks=checks,
        data=summary(seen) | ({"challenge": challenge.id} if challenge else {}),
        artifacts=stills(seen, context.options),
    )


def liveness_check(seen: Observation, subject: str) -> Check:
    """Judges the main face over all frames. Scores: higher = more bona fide; a video counts by its median frame."""
    began = time.perf_counter()
    if not seen.faces:
        return Check(
            name="liveness",
            subject=subject,
            status=Status.NOT_PERFORMED,
            reasons=("no_face",),
            evidence={"no_faces": True},
            models=used("face/detector"),
        )
    scores = [bona_fide(face) for face in seen.faces]
    score = median(scores)
    parameters = card("face/pad-fusion").parameters
    status, reasons = _judge(score, seen.faces, parameters["threshold"], parameters["inconclusive_below"])
    return Check(
        name="liveness",
        subject=subject,
        status=status,
        score=score,
        threshold=parameters["threshold"],
        reasons=reasons,
        evidence={
            "no_faces": False,
            "box": [round(edge, 1) for edge in _largest(seen.faces).box],
            "rotation": seen.rotation,
            "frames": [
                {"timestamp": round(frame.timestamp, 3), "score": round(bona_fide(frame.main), 4)}
                for frame in seen.frames
                if frame.main is not None
            ],
            "signals": {
                "recapture": round(median(face.recapture or 0.0 for face in seen.faces), 4),
                "fr_liveness": round(median(face.liveness or 0.0 for face in seen.faces), 4),
            },
        },
        models=used("face/detector", "face/recapture", "face/liveness", "face/pad-fusion"),
        ms=(time.perf_counter() - began) * 1000,
    )


def bona_fide(face: Face) -> float:
    """The fused score of one face, 0..1. Raises ValueError when the liveness models were not asked."""
    if face.recapture is None or face.liveness is None:
        raise ValueError("the face was observed without its liveness signals")
    return fuse(face.recapture, face.liveness)


def _judge(
    score: float, faces: list[Face], threshold: float, inconclusive_below: float
) -> tuple[Status, tuple[str, ...]]:
    left, top, right, bottom = _largest(faces).box
    if score < threshold:
        return Status.FAILED, ("presentation_attack",)
    if min(right - left, bottom - top) < SMALLEST_FACE:
        return Status.INCONCLUSIVE, ("face_too_small",)
    if score < inconclusive_below:
        return Status.INCONCLUSIVE, ("uncertain",)
    return Status.PASSED, ()


def _largest(faces: list[Face]) -> Face:
    return max(faces, key=lambda face: (face.box[2] - face.box[0]) * (face.box[3] - face.box[1]))
