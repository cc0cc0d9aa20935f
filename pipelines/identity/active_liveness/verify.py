"""Judges a recording against the challenge that was set: five checks, each with its own reasons."""

import time
from collections.abc import Sequence
from typing import Any

from models.cards import card
from pipelines.identity.active_liveness.challenge import Challenge
from pipelines.identity.active_liveness.geometry import jumps, likeness, perspective
from pipelines.identity.active_liveness.movements import Signals, movements, signals
from pipelines.identity.active_liveness.order import distinct, faults
from pipelines.identity.observation import Mark, Observation
from pipelines.identity.track import planarity
from pipelines.provenance import used
from pipelines.report import Check, Status

NAMES = ("active.order", "active.continuity", "active.identity", "active.perspective", "active.motion")
"""The checks; all of them decide."""

MARKS_LEAST, RATE_LEAST = 20, 5.0
"""Frames, and frames a second, below which movements cannot be followed."""
FACELESS_MOST = 0.05
"""Share of the frames that may show no face."""
CROWDED_MOST = 0.1
"""Share of the frames that may show a second face: detectors see some in patterns."""
GAP_MOST_S = 0.5
JUMP_MOST = 0.095
"""Face sizes that a face may move, or parts by which it may grow, in 0.1 seconds, out of step with the frames
before and after. 200 synthetic answers with a shaking hand gave at most 0.03, 200 that were cut together at
least 0.11 (both without the mesh's own error); of rendered ones 2 of 140 honest gave 0.087, 20 cuts at least 0.12."""
LIKENESS_LEAST, LIKENESS_YAW = 0.45, 30.0
"""Cosine to the mean of all embedded frames before; of frames within so many degrees, since turning lowers it."""
DEPTH_LEAST, WHOLE_LEAST, WITHIN_LEAST = 0.06, 0.05, 0.02
"""Least growth by depth: of the whole recording and its approach together, of the whole, and of the approach
(`geometry.Growth`). Of 353 honest answers 3 gave less of one of them, of 99 flat pictures 4 did not; those are told by
their surroundings (docs/decisions/0008)."""
ALONE_LEAST = (0.1, 0.08, 0.05)
"""The same where the surroundings tell nothing: 13 of the 353, 1 of the 99."""
LAG_LEAST, AGREEMENT_FLAT = 0.07, 0.95
"""Where the surroundings of a face fit one affine map this well, they must fall behind by this share of its growth
(`surroundings`). 15 screens on people to tune on gave at most 0.033 with an agreement of at least 0.987, 15 honest
answers at least 0.12."""
TURN_LEAST = 0.2
"""Sine of the turn (`models.face.planarity`) from which its relief tells a head: the least nod counts as 0.24."""
_MODELS = ("face/detector", "face/landmarks")


def verify(seen: Observation, challenge: Challenge, subject: str = "file") -> tuple[Check, ...]:
    """The five checks of `NAMES`. What cannot be judged is inconclusive or not performed, never passed.

    Args:
        seen: of a track that was followed (`pipelines.identity.following`).
    """
    began = time.perf_counter()
    found = signals(seen.track)
    reason = _unfit(seen, found)
    if reason is not None or found is None:
        return tuple(
            Check(name=name, subject=subject, status=Status.NOT_PERFORMED, reasons=(reason or "no_face",))
            for name in NAMES
        )
    checks = (
        _order(found, challenge, subject),
        _continuity(seen.track, found, subject),
        _identity(seen.track, subject),
        _perspective(seen, found, subject),
        _motion(seen, subject),
    )
    ms = (time.perf_counter() - began) * 1000
    return tuple(
        Check(
            name=c.name, subject=c.subject, status=c.status, score=c.score, threshold=c.threshold, reasons=c.reasons,
            evidence=c.evidence, models=c.models, ms=ms / len(checks),
        )
        for c in checks
    )  # fmt: skip


def _unfit(seen: Observation, found: Signals | None) -> str | None:
    """Why nothing can be judged, if so."""
    if seen.duration is None or len(seen.track) < 2:
        return "no_video"
    rate = (len(seen.track) - 1) / max(seen.track[-1].timestamp - seen.track[0].timestamp, 1e-6)
    if len(seen.track) < MARKS_LEAST or rate < RATE_LEAST:
        return "too_few_frames"
    return "no_face" if found is None else None


def _order(found: Signals, challenge: Challenge, subject: str) -> Check:
    made = distinct(movements(found))
    wrong = faults(challenge, made, float(found.time[-1]))
    evidence = {
        "asked": [action.value for action in challenge.actions],
        "seen": [
            {"action": m.action.value, "from": round(m.began, 2), "to": round(m.ended, 2), "reach": round(m.peak, 2)}
            for m in made
        ],
    }
    return _check("active.order", subject, wrong, evidence)


def _continuity(track: Sequence[Mark], found: Signals, subject: str) -> Check:
    faceless = sum(mark.faces == 0 for mark in track) / len(track)
    crowded = sum(mark.faces > 1 for mark in track) / len(track)
    gap = max(float(gap) for gap in (found.time[1:] - found.time[:-1]))
    leap = float(jumps(found).max())
    wrong = [
        reason
        for reason, is_so in (
            ("face_lost", faceless > FACELESS_MOST or gap > GAP_MOST_S),
            ("several_faces", crowded > CROWDED_MOST),
            ("cut_together", leap > JUMP_MOST),
        )
        if is_so
    ]
    evidence = {"without_face": round(faceless, 3), "several_faces": round(crowded, 3), "jump": round(leap, 3)}
    return _check("active.continuity", subject, wrong, evidence | {"gap_s": round(gap, 2)})


def _identity(track: Sequence[Mark], subject: str) -> Check:
    cosines = likeness(track, LIKENESS_YAW)
    if not len(cosines):
        return Check(name="active.identity", subject=subject, status=Status.INCONCLUSIVE, reasons=("face_not_seen",))
    least = float(cosines.min())
    wrong = ("person_changed",) if least < LIKENESS_LEAST else ()
    return _check("active.identity", subject, wrong, {"least_cosine": round(least, 3)}, "face/embedder")


def _perspective(seen: Observation, found: Signals, subject: str) -> Check:
    depth, around = perspective(found), seen.surroundings
    if depth is None:
        return Check(name="active.perspective", subject=subject, status=Status.INCONCLUSIVE, reasons=("no_approach",))
    least = ALONE_LEAST if around is None else (DEPTH_LEAST, WHOLE_LEAST, WITHIN_LEAST)
    flat = any(value < limit for value, limit in zip((depth.mean, depth.whole, depth.within), least, strict=True))
    evidence: dict[str, Any] = {
        "growth_by_depth": round(depth.mean, 3),
        "whole": round(depth.whole, 3),
        "within": round(depth.within, 3),
        "frames": depth.marks,
    }
    if around is not None:
        flat = flat or (around.agreement >= AGREEMENT_FLAT and around.lag < LAG_LEAST)
        evidence |= {"surroundings_lag": round(around.lag, 3), "surroundings_agreement": round(around.agreement, 3)}
    return _check("active.perspective", subject, ("flat_face",) if flat else (), evidence)


def _motion(seen: Observation, subject: str) -> Check:
    """Turns and nods must show a head; the challenge always asks for one."""
    found = planarity(seen.track, (seen.width, seen.height))
    if found is None or found.turn < TURN_LEAST:
        wrong = ("too_little_motion",)
        return Check(name="active.motion", subject=subject, status=Status.INCONCLUSIVE, reasons=wrong)
    flat = found.planar or found.relief < card("face/planarity").parameters["relief_solid"]
    evidence = {"turn": round(found.turn, 3), "relief": round(found.relief, 3), "squeeze": round(found.squeeze, 3)}
    return _check("active.motion", subject, ("still_photo",) if flat else (), evidence, "face/planarity")


def _check(name: str, subject: str, wrong: Sequence[str], evidence: dict[str, Any], *models: str) -> Check:
    return Check(
        name=name,
        subject=subject,
        status=Status.FAILED if wrong else Status.PASSED,
        reasons=tuple(wrong),
        evidence=evidence,
        models=used(*_MODELS, *models),
    )
