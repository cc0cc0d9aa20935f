"""The vocabulary of multilingual Whisper beyond its words (Radford et al. 2022, section 2.3)."""

from collections.abc import Sequence
from dataclasses import dataclass

END, START = 50257, 50258
FIRST_LANGUAGE, TRANSLATE, TRANSCRIBE, SILENCE, FIRST_TIME = 50259, 50358, 50359, 50362, 50364
"""What follows START is a language, then a task; SILENCE in place of a language means that nobody speaks. From
FIRST_TIME on, tokens are times within the window."""
TIME_STEP = 0.02
"""Seconds between two tokens of time."""
LATE_SECONDS = 4.0
"""Speech that goes on for so long after the last time was not written down."""
_CODES = (
    "en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur hr bg lt la "
    "mi ml cy sk te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn yo so af oc ka be "
    "tg sd gu am yi lo uz fo ht ps tk nn mt sa lb my bo tl mg as tt haw ln ha ba jv su"
)
LANGUAGES = tuple(_CODES.split())
"""ISO 639 codes in the order of their tokens (Whisper itself writes Javanese as jw)."""
NO_SPEECH_TOKENS = (
    1, 2, 7, 8, 9, 10, 14, 25, 26, 27, 28, 29, 31, 58, 59, 60, 61, 62, 63, 90, 91, 92, 93, 359, 503, 522, 542, 873,
    893, 902, 918, 922, 931, 1350, 1853, 1982, 2460, 2627, 3246, 3253, 3268, 3536, 3846, 3961, 4183, 4667, 6585, 6647,
    7273, 9061, 9383, 10428, 10929, 11938, 12033, 12331, 12562, 13793, 14157, 14635, 15265, 15618, 16553, 16604, 18362,
    18956, 20075, 21675, 22520, 26130, 26161, 26435, 28279, 29464, 31650, 32302, 32470, 36865, 42863, 47425, 49870,
    50254,
)  # fmt: skip
"""Brackets, notes of music and the like: how subtitles describe sounds that nobody says (the checkpoint's own list)."""


@dataclass(frozen=True, slots=True)
class Passage:
    """Words between two times: seconds from the start of the window, and tokens of text."""

    start: float
    end: float
    tokens: tuple[int, ...]


def is_time(token: int) -> bool:
    """Whether the token is a time within the window."""
    return token >= FIRST_TIME


def seconds_of(token: int) -> float:
    """The time that a token means."""
    return (token - FIRST_TIME) * TIME_STEP


def passages_of(tokens: Sequence[int], duration: float) -> list[Passage]:
    """What was said between which times. Words after the last time last until the window's end at `duration`."""
    found: list[Passage] = []
    start, words = 0.0, []  # type: float, list[int]
    for token in tokens:
        if not is_time(token):
            words.append(token)
            continue
        at = min(seconds_of(token), duration)
        if words:
            found.append(Passage(start, max(at, start), tuple(words)))
            words = []
        start = at
    return found + ([Passage(start, max(duration, start), tuple(words))] if words else [])


def finished_until(tokens: Sequence[int], duration: float) -> float:
    """Up to where a window was written down.

    Whisper leaves out a last sentence that the window cuts off: then two times stand at the end, of what ended and of
    what begins; or the last time is long before the window's end.
    """
    if len(tokens) < 2 or not is_time(tokens[-1]):
        return duration
    last = seconds_of(tokens[-1])
    return last if is_time(tokens[-2]) or duration - last > LATE_SECONDS else duration
