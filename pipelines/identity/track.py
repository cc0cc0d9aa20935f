"""What the movement of a face in a video tells: whether it moves, blinks, and has depth."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from models.cards import card
from models.face.eyes import OPEN
from models.face.planarity import LEAST_FRAMES, Planarity
from models.face.planarity import planarity as _planarity
from pipelines.identity.observation import Mark, Observation
from pipelines.provenance import used
from pipelines.report import Check, Status

PRESENT = 0.5
"""Mesh presence at or above which a frame counts."""
BLINK_S = 0.8
"""Eyes shut for longer are shut, not blinking."""
BLINK_SHARE = 0.5
"""Of the usual openness of a person's eyes: below it they count as shut. Lids of some never read quite shut."""
_IRISES = (468, 473)

Finding = tuple[Status, tuple[str, ...], dict[str, Any]]
"""Status, reasons and evidence."""


def track_checks(seen: Observation, subject: str) -> tuple[Check, ...]:
    """`liveness.motion`, `liveness.blink` and `liveness.parallax` of the main face; none of images and sets.

    Only `liveness.parallax` may fail, for a flat picture that was turned before the camera. None of them passing makes
    a face live: a recording that is shown on a screen moves, blinks and seems to have depth.
    """
    judges = {"motion": _motion, "blink": _blink, "parallax": _parallax}
    return tuple(_check(name, judge, seen, subject) for name, judge in judges.items()) if seen.kind == "video" else ()


def planarity(marks: Sequence[Mark], size: tuple[int, int]) -> Planarity | None:
    """Whether the face of these marks moves like a head or like a flat picture; None where too few frames show it.

    Args:
        size: width and height of the observation.
    """
    return _planarity(_meshes(marks), size)


def head_motion(marks: Sequence[Mark]) -> float | None:
    """How far the face's points strayed from their mean places, root mean square in distances between the pupils.

    The mesh of a picture that does not move at all trembles, see the card `face/planarity`. None with fewer than two
    frames.
    """
    meshes = _meshes(marks)[..., :2].astype(np.float64)
    if len(meshes) < 2:
        return None
    pupils = np.linalg.norm(meshes[:, _IRISES[0]] - meshes[:, _IRISES[1]], axis=-1)
    strayed = np.sqrt(((meshes - meshes.mean(0)) ** 2).sum(-1).mean())
    return float(strayed / max(float(np.median(pupils)), 1e-6))


def blinks(marks: Sequence[Mark]) -> list[float]:
    """Seconds at which the eyes were shut between two frames with open ones, no longer than a blink lasts."""
    known = [(mark.timestamp, openness) for mark in marks if (openness := _eyes(mark)) is not None]
    usual = float(np.median([openness for _, openness in known])) if known else 0.0
    if usual < OPEN:
        return []
    longest = BLINK_S + (known[-1][0] - known[0][0]) / max(len(known) - 1, 1)  # its ends are unsure by a frame
    found: list[float] = []
    opened, shut = None, None
    for timestamp, openness in known:
        if openness < BLINK_SHARE * usual:
            shut = timestamp if shut is None else shut
            continue
        if shut is not None and opened is not None and timestamp - opened <= longest:
            found.append(shut)
        opened, shut = timestamp, None
    return found


def timeline(seen: Observation) -> dict[str, Any]:
    """How mouth, eyes and head were held over time: lists of one entry a frame, None where there is no face.

    Keys: `timestamps` (seconds), `mouth` (openness 0..1), `left_eye`, `right_eye` (the same; None where the pose hides
    the eye), `yaw`, `pitch`, `roll` (degrees, see `models.face.pose.Pose`). Empty of an image.
    """
    if not seen.track:
        return {}
    read: Mapping[str, Callable[[Mark], float | None]] = {
        "mouth": lambda mark: mark.mouth,
        "left_eye": lambda mark: mark.eyes.left if mark.eyes else None,
        "right_eye": lambda mark: mark.eyes.right if mark.eyes else None,
        "yaw": lambda mark: mark.pose.yaw if mark.pose else None,
        "pitch": lambda mark: mark.pose.pitch if mark.pose else None,
        "roll": lambda mark: mark.pose.roll if mark.pose else None,
    }
    digits = {"yaw": 1, "pitch": 1, "roll": 1}
    return {"timestamps": [round(mark.timestamp, 3) for mark in seen.track]} | {
        name: [_rounded(value(mark), digits.get(name, 3)) for mark in seen.track] for name, value in read.items()
    }


def _check(name: str, judge: Callable[[Observation], Finding], seen: Observation, subject: str) -> Check:
    began = time.perf_counter()
    status, reasons, evidence = judge(seen)
    return Check(
        name=f"liveness.{name}",
        subject=subject,
        status=status,
        reasons=reasons,
        evidence=evidence,
        models=used("face/landmarks", "face/planarity") if name != "blink" else used("face/landmarks"),
        ms=(time.perf_counter() - began) * 1000,
    )


def _motion(seen: Observation) -> Finding:
    moved = head_motion(seen.track)
    if moved is None:
        return Status.NOT_PERFORMED, ("too_few_frames",), {"value": None}
    still = moved < card("face/planarity").parameters["motion_least"]
    evidence = {"value": round(moved, 4)}
    return (Status.INCONCLUSIVE, ("no_motion",), evidence) if still else (Status.PASSED, (), evidence)


def _blink(seen: Observation) -> Finding:
    judged = sum(_eyes(mark) is not None for mark in seen.track)
    found = blinks(seen.track)
    evidence = {"count": len(found), "timestamps": [round(moment, 3) for moment in found], "frames": judged}
    if judged < LEAST_FRAMES:
        return Status.NOT_PERFORMED, ("eyes_not_visible",), evidence
    return (Status.PASSED, (), evidence) if found else (Status.INCONCLUSIVE, ("no_blink",), evidence)


def _parallax(seen: Observation) -> Finding:
    found = planarity(seen.track, (seen.width, seen.height))
    if found is None:
        return Status.NOT_PERFORMED, ("too_few_frames",), {}
    evidence = {name: round(getattr(found, name), 4) for name in ("squeeze", "stiffness", "turn", "relief", "frames")}
    if found.planar:
        return Status.FAILED, ("planar_motion",), evidence
    return (Status.PASSED, (), evidence) if found.solid else (Status.NOT_PERFORMED, ("too_little_motion",), evidence)


def _meshes(marks: Sequence[Mark]) -> np.ndarray:
    """(F, 478, 3) of the frames that surely show the face."""
    sure = [mark.mesh for mark in marks if mark.mesh is not None and (mark.presence or 0.0) >= PRESENT]
    return np.stack(sure) if sure else np.empty((0, 478, 3), np.float32)


def _eyes(mark: Mark) -> float | None:
    """Openness of the more open eye: both shut in a blink."""
    eyes = (mark.eyes.left, mark.eyes.right) if mark.eyes else ()
    return max((eye for eye in eyes if eye is not None), default=None)


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(float(value), digits)
