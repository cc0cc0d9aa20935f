"""What is said in a recording, chunk by chunk: its language, its words with their times, and the same in English."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from models.voice.transcription import ENGLISH, Sentence, Transcript, Utterance
from models.voice.whisper_tokens import LANGUAGES
from pipelines.context import Context
from pipelines.deepfake.voice_chunks import Chunk

TRANSCRIBER = "voice/transcription"
_SURE = 0.9
"""Probability of a language at which no further chunk is asked for it."""
_MOST_CHUNKS = 3
"""Chunks that are asked at most which language they are in."""
_WITHOUT_SPACES = frozenset(("zh", "ja", "th", "lo", "my", "km", "bo"))
BEGUN = 0.1
"""Share of a task that is done before anything is written down."""


async def write_down(context: Context, chunks: Sequence[Chunk]) -> dict[str, Any]:
    """`language` and `language_probability` (where anything was understood), `text`, `segments` and `translation`.

    The first chunks vote which language it is: their log probabilities are added. Those that were heard in another one
    are heard again.
    """
    heard: list[Transcript] = []
    languages = np.zeros(len(LANGUAGES), np.float32)
    for number, chunk in enumerate(chunks):
        known = None if number < _MOST_CHUNKS and _chance(languages) < _SURE else _likeliest(languages)
        heard.append(await _hear(context, chunk, known))
        if known is None:
            languages = languages + heard[-1].languages
        context.progress(BEGUN + (1 - BEGUN) * (number + 1) / (len(chunks) + 1))
    language = _likeliest(languages)
    for number, transcript in enumerate(heard):
        if transcript.language != language:
            heard[number] = await _hear(context, chunks[number], language)
    return _joined(chunks, heard, language, _chance(languages))


async def _hear(context: Context, chunk: Chunk, language: str | None) -> Transcript:
    (found,) = await context.ask(TRANSCRIBER, [Utterance(chunk.samples, language, translate=True)])
    transcript: Transcript = found
    return transcript


def _joined(
    chunks: Sequence[Chunk], heard: Sequence[Transcript], language: str, probability: float
) -> dict[str, Any]:  # fmt: skip
    pairs = list(zip(chunks, heard, strict=True))
    said = [segment for chunk, found in pairs for segment in _segments(chunk, found.sentences)]
    english = [segment for chunk, found in pairs for segment in _segments(chunk, found.translated or ())]
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


def _segments(chunk: Chunk, sentences: Iterable[Sentence]) -> list[dict[str, Any]]:
    return [
        {"start": chunk.time_of(one.start), "end": chunk.time_of(one.end, ends=True), "text": one.text}
        for one in sentences
    ]


def _likeliest(languages: npt.NDArray[np.float32]) -> str:
    return LANGUAGES[int(languages.argmax())]


def _chance(languages: npt.NDArray[np.float32]) -> float:
    """Probability of the likeliest language after the votes so far."""
    chances = np.exp(languages - languages.max())
    return float(chances.max() / chances.sum())
