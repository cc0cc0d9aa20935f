"""What a recording shows beyond its single frames: for how long there is a face, of how many people, and its best."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from models.face.calibration import cosine_at
from pipelines.identity.observation import Observation
from pipelines.identity.track import timeline, track_checks
from pipelines.provenance import used
from pipelines.report import Artifact, Check, Status

ROUNDING_S = 0.05
"""Containers round times, and the last frame's own length is often missing."""
SAME_PERSON = cosine_at(0.5)
"""Least cosine between the faces before and after any moment of a recording. One stranger in a hundred reaches it; the
least of eleven real recordings of one person each, with turned heads, was 0.82."""


def visible_s(seen: Observation) -> float | None:
    """Seconds for which the main face can be seen; None where the media has no time."""
    if seen.duration is None or not seen.track:
        return None
    return seen.duration * sum(mark.box is not None for mark in seen.track) / len(seen.track)


def recording_checks(seen: Observation, subject: str, options: Mapping[str, Any]) -> tuple[Check, ...]:
    """`visible_time` where the options demand some (`least_s`), `one_person` where a recording shows a face twice, and
    what the movement tells (`pipelines.identity.track`).

    Too short a recording is inconclusive: it may well be genuine.
    """
    checks = list(track_checks(seen, subject))
    shown, least = visible_s(seen), options.get("least_s")
    if least is not None and shown is not None:
        enough = shown >= least - ROUNDING_S
        checks.append(
            Check(
                name="visible_time",
                subject=subject,
                status=Status.PASSED if enough else Status.INCONCLUSIVE,
                reasons=() if enough else ("short_time",),
                evidence={"duration": round(seen.duration or 0.0, 3), "visible_s": round(shown, 3), "least_s": least},
            )
        )
    if (likeness := least_likeness(seen)) is not None:
        same = likeness >= SAME_PERSON
        checks.append(
            Check(
                name="one_person",
                subject=subject,
                status=Status.PASSED if same else Status.FAILED,
                reasons=() if same else ("person_changed",),
                evidence={"least_cosine": round(likeness, 4), "cosine_limit": round(SAME_PERSON, 4)},
                models=used("face/embedder", "face/match"),
            )
        )
    return tuple(checks)


def least_likeness(seen: Observation) -> float | None:
    """Least cosine of the mean faces before and after any moment; None with fewer than two embedded faces."""
    found = [face.embedding for face in seen.faces if face.embedding is not None]
    if len(found) < 2:
        return None
    vectors = np.stack(found)
    before = np.cumsum(vectors, axis=0)[:-1]
    after = vectors.sum(axis=0) - before
    norms = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
    return float((np.einsum("ij,ij->i", before, after) / np.maximum(norms, 1e-9)).min())


def summary(seen: Observation) -> dict[str, Any]:
    """JSON values: length, visible time, where the best frame and its face are, and the timeline of mouth and head."""
    shown = visible_s(seen)
    found: dict[str, Any] = {
        "duration": None if seen.duration is None else round(seen.duration, 3),
        "visible_s": None if shown is None else round(shown, 3),
    }
    if seen.still is not None:
        found["best"] = {
            "timestamp": round(seen.still.timestamp, 3),
            "box": [round(edge, 1) for edge in seen.still.box],
        }
    if seen.track:
        found["timeline"] = timeline(seen)
    return found


def wants_still(options: Mapping[str, Any]) -> bool:
    """Whether the options ask for the best frame or its face."""
    return bool(options.get("best_frame") or options.get("best_face"))


def stills(seen: Observation, options: Mapping[str, Any], role: str | None = None) -> tuple[Artifact, ...]:
    """The pictures asked for, `best_frame.jpg` and `best_face.jpg`; the role in between where there are several."""
    if seen.still is None:
        return ()
    pictures = {"best_frame": seen.still.frame, "best_face": seen.still.face}
    infix = f".{role}" if role else ""
    return tuple(
        Artifact(f"{name}{infix}.jpg", "image/jpeg", data) for name, data in pictures.items() if options.get(name)
    )
