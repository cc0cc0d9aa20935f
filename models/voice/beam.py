"""The likeliest sentence: a beam search over a decoder's next tokens."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

State = TypeVar("State")


@dataclass(frozen=True, slots=True)
class Hypothesis(Generic[State]):
    """What may have been said: tokens, the sum of their log probabilities, and the decoder behind them."""

    tokens: tuple[int, ...]
    total: float
    state: State

    @property
    def sureness(self) -> float:
        """Mean log probability, that of the end included."""
        return self.total / (len(self.tokens) + 1)


def search(
    begun: State,
    say: Callable[[State, int], State],
    chances: Callable[[State, Sequence[int]], npt.NDArray[np.float32]],
    *,
    end: int,
    beams: int,
    longest: int,
) -> Hypothesis[State]:
    """The hypothesis with the highest mean log probability among the first `beams` that ended.

    Args:
        begun: the decoder before the first token.
        say: the decoder after one more token.
        chances: (V,) log probabilities of the next token, given the decoder and the tokens before; -inf for what may
            not follow.
        end: the token that ends.
        beams: how many hypotheses are followed at the same time; 1 takes the likeliest token each time.
        longest: tokens at most; what has not ended by then counts as it stands.
    """
    live: list[Hypothesis[State]] = [Hypothesis((), 0.0, begun)]
    ended: list[Hypothesis[State]] = []
    for _ in range(longest):
        further: list[tuple[Hypothesis[State], int, float]] = []
        for total, one, token in _likeliest(live, chances, beams + 1):
            if token == end:
                ended.append(Hypothesis(one.tokens, total, one.state))
            elif len(further) < beams:
                further.append((one, token, total))
            if len(further) == beams:
                break
        if len(ended) >= beams or not further:
            break
        live = [Hypothesis((*one.tokens, token), total, say(one.state, token)) for one, token, total in further]
    return max(ended or live, key=lambda one: one.sureness)


def _likeliest(
    live: Sequence[Hypothesis[State]],
    chances: Callable[[State, Sequence[int]], npt.NDArray[np.float32]],
    each: int,
) -> list[tuple[float, Hypothesis[State], int]]:
    """Sums with the `each` likeliest next tokens of every hypothesis, likeliest first."""
    found: list[tuple[float, Hypothesis[State], int]] = []
    for one in live:
        values = chances(one.state, one.tokens)
        best = np.argpartition(-values, each)[:each]
        found += [(one.total + float(values[token]), one, int(token)) for token in best if np.isfinite(values[token])]
    return sorted(found, key=lambda candidate: candidate[0], reverse=True)
