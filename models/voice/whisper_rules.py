"""What Whisper may say next: the rules of its reference decoder, and a ban on running in circles."""

from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from models.voice.whisper_tokens import END, FIRST_TIME, NO_SPEECH_TOKENS, START, TIME_STEP, is_time

_LATEST_START = 50
"""Steps of time, 1 s: when the first words begin at the latest."""
_LONGEST_LOOP, _LEAST_REPEATED, _TIMES = 24, 12, 3
"""Tokens that are looked at for a loop; how many repeated ones make one, at how many repetitions in a row."""
_NEVER = -np.inf
_Scores = npt.NDArray[np.float32]


def permit(scores: _Scores, said: Sequence[int], duration: float) -> _Scores:
    """Log probabilities of the next token, with everything that may not follow at minus infinity.

    Args:
        scores: (V,) logits.
        said: tokens since the task was given.
        duration: seconds of sound in the window: no later time may be said, and no words begin at its end.
    """
    allowed = scores.copy()
    allowed[_forbidden()] = _NEVER
    latest = FIRST_TIME + int(duration / TIME_STEP) + 1
    allowed[latest + 1 :] = _NEVER
    _keep_times_in_pairs(allowed, said, latest)
    looping = next_of_loop([token for token in said if not is_time(token)])
    if looping is not None:
        allowed[looping] = _NEVER
    found = log_softmax(allowed)
    if _log_sum(found[FIRST_TIME:]) > found[:FIRST_TIME].max():
        # Times together are likelier than any word: then one of them is meant.
        found[:FIRST_TIME] = _NEVER
    return found


def _keep_times_in_pairs(allowed: _Scores, said: Sequence[int], latest: int) -> None:
    """Words stand between a time that begins and one that ends, and times never run backwards."""
    if not said:
        allowed[:FIRST_TIME] = _NEVER
        allowed[FIRST_TIME + _LATEST_START + 1 :] = _NEVER
        return
    times = [token for token in said if is_time(token)]
    ended = is_time(said[-1])
    if ended and (len(said) < 2 or is_time(said[-2])):
        allowed[FIRST_TIME:] = _NEVER
    elif ended:
        allowed[:END] = _NEVER
        if said[-1] >= latest - 15:  # 0.3 s
            allowed[END + 1 :] = _NEVER
    if times:
        closing = ended and not (len(said) < 2 or is_time(said[-2]))
        allowed[FIRST_TIME : times[-1] + (0 if closing else 1)] = _NEVER
    if not np.isfinite(allowed).any():  # no time is left in the window
        allowed[END] = 0.0


def next_of_loop(words: Sequence[int]) -> int | None:
    """The token that would go on with a loop, where the same words were said at least three times in a row.

    Whisper falls into loops on noise; what people repeat is shorter.
    """
    for period in range(1, _LONGEST_LOOP + 1):
        length = max(period * _TIMES, _LEAST_REPEATED)
        if len(words) < length:
            return None
        tail = list(words[-length:])
        if tail[period:] == tail[:-period]:
            return tail[-period]
    return None


def log_softmax(scores: _Scores) -> _Scores:
    """Log probabilities."""
    found: _Scores = scores - _log_sum(scores)
    return found


def _log_sum(scores: _Scores) -> np.float32:
    highest = scores.max()
    if not np.isfinite(highest):
        return np.float32(_NEVER)
    return np.float32(highest + np.log(np.exp(scores - highest).sum()))


@cache
def _forbidden() -> npt.NDArray[np.intp]:
    return np.array([*NO_SPEECH_TOKENS, *range(START, FIRST_TIME)], np.intp)
