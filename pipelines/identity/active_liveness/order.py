"""Were the movements that were asked for made, all of them, in their order, and nothing else?"""

from collections.abc import Sequence

from pipelines.identity.active_liveness.challenge import LONGEST_S, Action, Challenge
from pipelines.identity.active_liveness.movements import Movement

_RANK = (Action.MOVE_CLOSER, Action.TURN_LEFT, Action.TURN_RIGHT, Action.NOD, Action.BLINK)
BY_ITSELF_S = {Action.BLINK: 0.6, Action.NOD: 0.3}
"""Seconds up to which a movement may come unasked: people blink and sink."""
STEP_MOST_S = 6.0
"""Seconds that a step may take, from the end of the one before."""
_TOGETHER_S = 0.25
_ROUNDING_S = 0.01


def distinct(found: Sequence[Movement]) -> list[Movement]:
    """Movements one after another: of those at the same time the one that carries the others along.

    A head that turns or comes closer seems to bow a little, and lids sink with it.
    """
    kept: list[Movement] = []
    for movement in sorted(found, key=lambda m: _RANK.index(m.action)):
        if all(movement.began >= other.ended or movement.ended <= other.began for other in kept):
            kept.append(movement)
    kept.sort(key=lambda m: m.began)
    joined: list[Movement] = []
    for movement in kept:
        before = joined[-1] if joined else None
        if before and before.action is movement.action and movement.began - before.ended < _TOGETHER_S:
            joined[-1] = Movement(movement.action, before.began, movement.ended, max(before.peak, movement.peak))
        else:
            joined.append(movement)
    return joined


def faults(challenge: Challenge, found: Sequence[Movement], length_s: float) -> tuple[str, ...]:
    """What is wrong with the answer, in words; nothing where it is right.

    Args:
        found: `distinct` movements. length_s: of the recording.
    """
    if length_s > LONGEST_S:
        return ("too_slow",)
    if not found:
        return ("nothing_moved",)
    made = answers(challenge, found)
    if made is None:
        left = [m.action for m in found if not _by_itself(m)]
        missing = _within(left, challenge.actions)
        return ("steps_missing",) if missing else ("another_challenge",)
    ends = [0.0, *(movement.ended for movement in made)]
    if any(movement.began - end > STEP_MOST_S for movement, end in zip(made, ends, strict=False)):
        return ("too_slow",)
    if any(
        movement.lasted + _ROUNDING_S < step.at_least_s for movement, step in zip(made, challenge.steps, strict=True)
    ):
        return ("too_quick",)
    return ()


def answers(challenge: Challenge, found: Sequence[Movement]) -> list[Movement] | None:
    """The movements that answer the steps, or None where they are not exactly these. Every one that is too long to
    have come by itself must have been asked for at its place."""
    made: list[Movement] = []
    asked = list(challenge.actions)
    for movement in found:
        if len(made) < len(asked) and movement.action is asked[len(made)]:
            made.append(movement)
        elif not _by_itself(movement):
            return None
    return made if len(made) == len(asked) else None


def _by_itself(movement: Movement) -> bool:
    return movement.lasted <= BY_ITSELF_S.get(movement.action, 0.0)


def _within(some: Sequence[Action], all_of_them: Sequence[Action]) -> bool:
    """Whether `some` stand in `all_of_them` in this order."""
    rest = iter(all_of_them)
    return all(action in rest for action in some)
