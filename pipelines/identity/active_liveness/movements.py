"""Movements of a head over time, found in the marks of a video."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.face.eyes import LOOKING_DOWN
from pipelines.identity.active_liveness.challenge import Action
from pipelines.identity.observation import Mark

START_S = 0.7
"""Seconds from the beginning that show the person looking at the camera: all movements are measured against them."""
REACH = {
    Action.TURN_LEFT: 12.0,
    Action.TURN_RIGHT: 12.0,
    Action.NOD: 10.0,
    Action.BLINK: 0.22,
    Action.MOVE_CLOSER: 0.25,
}
"""How far from the start a movement counts: degrees; share of the eyes' openness; logarithm of the face's size."""
LEAVE = 0.5
"""A movement lasts until it falls under this share of its reach, so that trembling does not split it."""
_CHEEKS, _HEIGHT, _EYES = (234, 454), (10, 152), (33, 263)


@dataclass(frozen=True, slots=True)
class Movement:
    """One movement: `began` and `ended` in seconds, `peak` as a multiple of its reach."""

    action: Action
    began: float
    ended: float
    peak: float

    @property
    def lasted(self) -> float:
        """Seconds."""
        return self.ended - self.began


@dataclass(frozen=True, slots=True, eq=False)
class Signals:
    """What is followed, one value for each mark that shows a face; (N,) float64 each.

    Attributes:
        strength: of each movement, in multiples of its reach; negative the other way.
        yaw, pitch: degrees from the start. size: logarithm of the face's size against the start.
        mesh: (N, 478, 3).
    """

    time: np.ndarray
    strength: dict[Action, np.ndarray]
    yaw: np.ndarray
    pitch: np.ndarray
    size: np.ndarray
    mesh: np.ndarray


def signals(track: Sequence[Mark]) -> Signals | None:
    """What is followed over the marks with a face; None where the start shows fewer than three."""
    seen = [mark for mark in track if mark.mesh is not None and mark.pose is not None]
    start = [index for index, mark in enumerate(seen) if mark.timestamp <= START_S]
    if len(start) < 3:
        return None
    time = np.array([mark.timestamp for mark in seen])
    mesh = np.stack([mark.mesh for mark in seen if mark.mesh is not None]).astype(np.float64)
    yaw = _from_start(np.array([mark.pose.yaw for mark in seen if mark.pose is not None]), start)
    pitch = _from_start(np.array([mark.pose.pitch for mark in seen if mark.pose is not None]), start)
    size = _from_start(np.log(_size(mesh)), start)
    eyes = _eyes(seen, start)
    followed = {
        Action.TURN_LEFT: yaw,
        Action.TURN_RIGHT: -yaw,
        Action.NOD: pitch,
        Action.BLINK: eyes,
        Action.MOVE_CLOSER: size,
    }
    return Signals(time, {a: v / REACH[a] for a, v in followed.items()}, yaw, pitch, size, mesh)


def movements(found: Signals) -> list[Movement]:
    """All movements in order of time."""
    listed = []
    for action, strength in found.strength.items():
        listed += _spans(action, found.time, strength)
    return sorted(listed, key=lambda movement: movement.began)


def _spans(action: Action, time: np.ndarray, strength: np.ndarray) -> list[Movement]:
    spans, began, peak = [], None, 0.0
    for index, value in enumerate(strength):
        if began is None and value >= 1:
            began, peak = index, float(value)
        elif began is not None and value < LEAVE:
            spans.append(Movement(action, float(time[began]), float(time[index]), peak))
            began = None
        elif began is not None:
            peak = max(peak, float(value))
    if began is not None:
        spans.append(Movement(action, float(time[began]), float(time[-1]), peak))
    return spans


def _eyes(seen: Sequence[Mark], start: Sequence[int]) -> np.ndarray:
    """By how much of their openness at the start the eyes are shut; 0 where the pose hides them."""
    openness = [mark.eyes.least if mark.eyes is not None else None for mark in seen]
    usual = [openness[index] for index in start]
    known = [value for value in usual if value is not None]
    most = float(np.median(known)) if known else 0.0
    if most < 0.2:  # cannot tell shut from open
        return np.zeros(len(seen))
    shut = [
        0.0 if value is None or (mark.pose is not None and mark.pose.pitch > LOOKING_DOWN) else 1 - value / most
        for value, mark in zip(openness, seen, strict=True)
    ]
    return np.array(shut)


def _size(mesh: np.ndarray) -> np.ndarray:
    """The face's size in pixels, which turning hardly changes: mean of its extents in three dimensions."""
    spans = [np.linalg.norm(mesh[:, a] - mesh[:, b], axis=1) for a, b in (_CHEEKS, _HEIGHT, _EYES)]
    return np.maximum(np.mean(spans, axis=0), 1e-6)


def _from_start(values: np.ndarray, start: Sequence[int]) -> np.ndarray:
    difference: np.ndarray = values - np.median(values[list(start)])
    return difference
