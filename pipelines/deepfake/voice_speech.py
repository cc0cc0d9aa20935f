"""What is said in a recording, window by window: its language, its words with their times, and the same in English."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.voice.transcription import ENGLISH, Sentence, Transcript, Utterance
from models.voice.whisper_tokens import LANGUAGES
from pipelines.context import Context
from pipelines.deepfake.voice_packed import Packed

TRANSCRIBER = "voice/transcription"
_SURE = 0.9
"""Probability of a language at which no further window is asked for it."""
_MOST_VOTES = 3
"""Windows that are asked at most which language they are in."""
_REST = 0.5
"""Seconds at the end of a window that are not worth another one."""
_STEP = 1.0
"""Seconds that a window gets ahead at least."""
_WITHOUT_SPACES = frozenset(("zh", "ja", "th", "lo", "my", "km", "bo"))
BEGUN = 0.1
"""Share of a task that is done before anything is written down."""


@dataclass(frozen=True, slots=True)
class _Heard:
    """What was understood of a window from a packed second on, and where the next window begins."""

    start: float
    following: float
    transcript: Transcript


async def write_down(context: Context, speech: Packed) -> dict[str, Any]:
    """`language` and `language_probability` (where anything was understood), `text`, `segments` and `translation`.

    The first windows vote which language it is: their log probabilities are added. Where one of them was heard in
    another language, they are heard again. What a window leaves unfinished is heard again with the next one.
    """
    heard: list[_Heard] = []
    votes = np.zeros(len(LANGUAGES), np.float32)
    while _more(speech, heard) and len(heard) < _MOST_VOTES and _chance(votes) < _SURE:
        heard.append(await _hear(context, speech, heard, None))
        votes = votes + heard[-1].transcript.languages
    language = _likeliest(votes)
    if any(one.transcript.language != language for one in heard):
        heard = []
    while _more(speech, heard):
        heard.append(await _hear(context, speech, heard, language))
        context.progress(BEGUN + (0.99 - BEGUN) * heard[-1].following / speech.length)
    return _joined(speech, heard, language, _chance(votes))


def _more(speech: Packed, heard: Sequence[_Heard]) -> bool:
    return speech.length - heard[-1].following > _REST if heard else speech.length > 0


async def _hear(context: Context, speech: Packed, heard: Sequence[_Heard], language: str | None) -> _Heard:
    """The window behind those that were heard."""
    start = heard[-1].following if heard else 0.0
    end = speech.window_end(start)
    (transcript,) = await context.ask(TRANSCRIBER, [Utterance(speech.part(start, end), language, translate=True)])
    reached = start + transcript.until
    unfinished = reached > start + _STEP and end - reached > _REST
    return _Heard(start, reached if unfinished else end, transcript)


def _joined(speech: Packed, heard: Sequence[_Heard], language: str, probability: float) -> dict[str, Any]:
    said = [part for one in heard for part in _segments(speech, one.start, one.transcript.sentences)]
    english = [part for one in heard for part in _segments(speech, one.start, one.transcript.translated or ())]
    if language == ENGLISH:
        english = said
    between = "" if language in _WITHOUT_SPACES else " "
    named = {"language": language, "language_probability": round(probability, 4)} if said else {}
    return {
        **named,
        "text": between.join(segment["text"] for segment in said),
        "segments": said,
        "translation": {
            "language": ENGLISH,
            "text": " ".join(segment["text"] for segment in english),
            "segments": english,
        },
    }


def _segments(speech: Packed, start: float, sentences: Iterable[Sentence]) -> list[dict[str, Any]]:
    return [
        {
            "start": speech.time_of(start + one.start),
            "end": speech.time_of(start + one.end, ends=True),
            "text": one.text,
        }
        for one in sentences
    ]


def _likeliest(votes: npt.NDArray[np.float32]) -> str:
    return LANGUAGES[int(votes.argmax())]


def _chance(votes: npt.NDArray[np.float32]) -> float:
    """Probability of the likeliest language after the votes so far."""
    chances = np.exp(votes - votes.max())
    return float(chances.max() / chances.sum())
