"""How people answer: when each movement comes, how far it goes and how long it lasts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.training.clips.head import Posture


@dataclass(frozen=True, slots=True)
class Manner:
    """One person's way of moving.

    Attributes:
        start_s: seconds of looking at the camera before the first movement.
        rest_s, ramp_s, hold_s: ranges of seconds between movements, of getting there (and back), and of staying.
        turn, nod: ranges of degrees. near: range of the distance when close, as a share of the usual one.
    """

    start_s: tuple[float, float] = (0.9, 1.3)
    rest_s: tuple[float, float] = (0.3, 0.8)
    ramp_s: tuple[float, float] = (0.3, 0.6)
    hold_s: tuple[float, float] = (0.35, 0.8)
    turn: tuple[float, float] = (22.0, 34.0)
    nod: tuple[float, float] = (16.0, 25.0)
    near: tuple[float, float] = (0.5, 0.62)


@dataclass(frozen=True, slots=True)
class Moment:
    """One movement of an answer: `began` and `ended` in seconds, from the first motion to being back."""

    action: str
    began: float
    ended: float


def answer(
    actions: Sequence[str], rng: np.random.Generator, fps: int, manner: Manner | None = None
) -> tuple[list[Posture], list[Moment]]:
    """The postures of a recording, one a frame, in which these movements are made one after the other."""
    manner = manner or Manner()
    distance = rng.uniform(3.6, 4.6)
    usual = Posture(x=rng.uniform(-0.15, 0.15), y=rng.uniform(-0.15, 0.2), distance=distance)
    time = rng.uniform(*manner.start_s)
    moments, plans = [], []
    for action in actions:
        ramp, hold = rng.uniform(*manner.ramp_s), rng.uniform(*manner.hold_s)
        if action == "blink":
            ramp = 0.12
        if action == "move_closer":
            ramp, hold = 1.6 * ramp, max(hold, 0.5)
        plans.append((time, ramp, hold, _goal(action, rng, manner, usual)))
        moments.append(Moment(action, time, time + 2 * ramp + hold))
        time += 2 * ramp + hold + rng.uniform(*manner.rest_s)
    sway = _sway(rng, int((time + 0.3) * fps), fps)
    postures = []
    for index in range(int((time + 0.3) * fps)):
        posture = usual
        for began, ramp, hold, goal in plans:
            share = _ease(min((index / fps - began) / ramp, (began + 2 * ramp + hold - index / fps) / ramp))
            if share > 0:
                posture = _between(usual, goal, share)
        yaw, pitch, roll, x, y, away = sway[index]
        postures.append(
            replace(
                posture, yaw=posture.yaw + yaw, pitch=posture.pitch + pitch, roll=posture.roll + roll,
                x=posture.x + x, y=posture.y + y, distance=posture.distance * (1 + away),
            )
        )  # fmt: skip
    return postures, moments


def _goal(action: str, rng: np.random.Generator, manner: Manner, usual: Posture) -> Posture:
    turn, nod = rng.uniform(*manner.turn), rng.uniform(*manner.nod)
    beside = {"pitch": rng.normal(0, 2), "roll": rng.normal(0, 2)}
    near = rng.uniform(*manner.near)
    return {
        "turn_left": replace(usual, yaw=turn, **beside),
        "turn_right": replace(usual, yaw=-turn, **beside),
        "nod": replace(usual, pitch=nod, yaw=rng.normal(0, 2)),
        "blink": replace(usual, shut=rng.uniform(0.9, 1.0)),
        "move_closer": replace(usual, distance=near * usual.distance, x=usual.x * 0.6, y=usual.y * 0.6),
    }[action]


def _between(first: Posture, second: Posture, share: float) -> Posture:
    mixed = {name: (1 - share) * getattr(first, name) + share * getattr(second, name) for name in Posture.__slots__}
    return Posture(**mixed)


def _ease(share: float) -> float:
    share = min(max(share, 0.0), 1.0)
    return share * share * (3 - 2 * share)


def _sway(rng: np.random.Generator, count: int, fps: int) -> np.ndarray:
    """(count, 6): nobody holds still. Degrees of yaw, pitch and roll, face widths of x and y, share of distance."""
    times = np.arange(count) / fps
    spread = np.array([0.8, 0.7, 0.5, 0.012, 0.01, 0.006])
    waves = rng.uniform(0.1, 0.6, (3, 6)), rng.uniform(0, 2 * np.pi, (3, 6))
    return np.sin(2 * np.pi * times[:, None, None] * waves[0] + waves[1]).sum(1) / np.sqrt(1.5) * spread
