"""What a person is asked to do before the camera: a random sequence of steps."""

import random
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Action(StrEnum):
    """A movement that the mesh of a face shows. Left and right are the person's own."""

    TURN_LEFT = "turn_left"
    TURN_RIGHT = "turn_right"
    NOD = "nod"
    BLINK = "blink"
    MOVE_CLOSER = "move_closer"


INSTRUCTIONS: Mapping[Action, str] = {
    Action.TURN_LEFT: "Turn your head to your left, then look at the camera again.",
    Action.TURN_RIGHT: "Turn your head to your right, then look at the camera again.",
    Action.NOD: "Bow your head, then look at the camera again.",
    Action.BLINK: "Close your eyes for about a second, then open them.",
    Action.MOVE_CLOSER: "Move your face closer until it fills the picture, then back.",
}
START = "Look at the camera for a second before the first step."
LONGEST_S = 20.0
"""Seconds of recording: longer ones leave time to put an answer together, and too few frames a second."""
STEPS = (4, 5)


@dataclass(frozen=True, slots=True)
class Step:
    """One movement, and for how many seconds it has to show at least."""

    action: Action
    at_least_s: float


@dataclass(frozen=True, slots=True)
class Challenge:
    """What was asked: `id` names it, `steps` are to be done in this order."""

    id: str
    steps: tuple[Step, ...]

    @property
    def actions(self) -> tuple[Action, ...]:
        """The movements in order."""
        return tuple(step.action for step in self.steps)

    def to_json(self) -> dict[str, Any]:
        """JSON values that `from_json` reads."""
        return {"id": self.id, "steps": [{"action": s.action.value, "at_least_s": s.at_least_s} for s in self.steps]}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Challenge":
        """Raises KeyError, TypeError or ValueError for anything that `to_json` did not write."""
        return cls(str(values["id"]), tuple(Step(Action(s["action"]), float(s["at_least_s"])) for s in values["steps"]))


AT_LEAST_S = 0.3
"""Seconds that each movement has to show: several frames, of which one at least is embedded (`following.EVERY_S`)."""


def draw(rng: random.Random | None = None) -> tuple[Step, ...]:
    """Four or five steps: one move closer, at a random place, and never two alike in a row; 816 sequences in all.

    Args:
        rng: the operating system's by default; a seeded one makes test material.
    """
    rng = rng or secrets.SystemRandom()
    count = rng.choice(STEPS)
    approach = rng.randrange(count)
    others = [action for action in Action if action is not Action.MOVE_CLOSER]
    drawn: list[Action] = []
    for place in range(count):
        allowed = [action for action in others if not drawn or action is not drawn[-1]]
        drawn.append(Action.MOVE_CLOSER if place == approach else rng.choice(allowed))
    return tuple(Step(action, AT_LEAST_S) for action in drawn)
