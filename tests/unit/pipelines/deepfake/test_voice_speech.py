"""Languages by vote, times, progress, and what stands in the report, over a fake transcriber."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from models.voice.activity import Span
from models.voice.transcription import Sentence, Transcript, Utterance
from models.voice.whisper_tokens import LANGUAGES
from pipelines.context import Context
from pipelines.deepfake.voice_packed import pack
from pipelines.deepfake.voice_speech import write_down


def votes(**chances: float) -> np.ndarray:
    found = np.full(len(LANGUAGES), 1e-6, np.float32)
    for code, chance in chances.items():
        found[LANGUAGES.index(code)] = chance
    return np.log(found / found.sum())


class Whisper:
    """Workers whose transcriber hears window n, told by its first sample, in a language with these chances."""

    def __init__(self, *chances: np.ndarray, text: str = "Wort", until: Mapping[int, float] = {}) -> None:
        self._chances, self._text, self._until = chances, text, until
        self.asked: list[tuple[int, str | None]] = []

    async def look(self, *_: Any) -> Any:
        raise AssertionError("nothing is decoded here")

    async def predict(self, name: str, batch: Sequence[Any]) -> list[Any]:
        assert name == "voice/transcription"
        return [self._hear(utterance) for utterance in batch]

    def _hear(self, utterance: Utterance) -> Transcript:
        number, length = int(utterance.samples[0]), len(utterance.samples) / 16_000
        self.asked.append((number, utterance.language))
        chances = self._chances[min(number, len(self._chances) - 1)]
        code = utterance.language or LANGUAGES[int(chances.argmax())]
        said = (Sentence(0.0, 1.0, f"{self._text} {number}"),) if self._text else ()
        english = None if code == "en" else (Sentence(0.0, 1.0, f"word {number}"),) if said else ()
        return Transcript(code, chances, 0.0, self._until.get(number, length), said, english, -0.1)


async def written(whisper: Whisper, count: int, steps: list[float] | None = None) -> Mapping[str, Any]:
    """What is written down of windows of 20 s, each 30 s after the other."""
    spans = [Span(30.0 * n, 30.0 * n + 20) for n in range(count)]
    told = steps if steps is not None else []
    samples = (np.arange(30 * 16_000 * count) // (30 * 16_000)).astype(np.int16)
    return await write_down(Context({}, whisper, on_progress=told.append), pack(spans, samples))


async def test_a_sure_language_is_asked_for_once() -> None:
    whisper = Whisper(votes(de=0.97, nl=0.03))
    speech = await written(whisper, 4)
    assert whisper.asked == [(0, None), (1, "de"), (2, "de"), (3, "de")]
    assert (speech["language"], speech["language_probability"]) == ("de", pytest.approx(0.97, abs=0.01))
    assert speech["text"] == "Wort 0 Wort 1 Wort 2 Wort 3"
    assert speech["segments"][3] == {"start": 90.0, "end": 91.0, "text": "Wort 3"}
    assert speech["translation"]["language"] == "en"
    assert speech["translation"]["text"] == "word 0 word 1 word 2 word 3"


async def test_windows_that_were_heard_in_another_language_are_heard_again() -> None:
    whisper = Whisper(votes(nl=0.6, de=0.4), votes(de=0.9, nl=0.1), votes(de=0.9, nl=0.1))
    speech = await written(whisper, 4)
    assert speech["language"] == "de"
    assert whisper.asked == [(0, None), (1, None), (2, None), (0, "de"), (1, "de"), (2, "de"), (3, "de")]


async def test_what_a_window_leaves_unfinished_is_heard_with_the_next() -> None:
    whisper = Whisper(votes(en=0.99), until={0: 12.0})
    speech = await written(whisper, 2)
    assert whisper.asked == [(0, None), (0, "en"), (1, "en")]
    assert [segment["start"] for segment in speech["segments"]] == [0.0, 12.0, 34.0], "each from 12 s on"


@pytest.mark.parametrize("until", [0.0, 0.9, 19.6])
async def test_a_window_that_gets_nowhere_is_not_heard_again(until: float) -> None:
    whisper = Whisper(votes(en=0.99), until={0: until, 1: until})
    await written(whisper, 2)
    assert [number for number, _ in whisper.asked] == [0, 1]


async def test_no_more_than_three_windows_vote() -> None:
    whisper = Whisper(votes(de=0.45, nl=0.55))
    await written(whisper, 6)
    assert [language for _, language in whisper.asked][:4] == [None, None, None, "nl"]


async def test_english_is_its_own_translation() -> None:
    speech = await written(Whisper(votes(en=0.99)), 2)
    assert speech["translation"] == {"language": "en", "text": speech["text"], "segments": speech["segments"]}


async def test_where_nothing_is_understood_no_language_is_named() -> None:
    speech = await written(Whisper(votes(en=0.99), text=""), 2)
    assert speech == {"text": "", "segments": [], "translation": {"language": "en", "text": "", "segments": []}}
    assert (await written(Whisper(votes(en=1.0)), 0))["text"] == ""


async def test_languages_without_spaces_are_joined_without_them() -> None:
    assert (await written(Whisper(votes(ja=0.99), text="語"), 2))["text"] == "語 0語 1"


async def test_progress_grows_with_every_window_and_is_never_all_before_the_end() -> None:
    steps: list[float] = []
    await written(Whisper(votes(en=0.99)), 5, steps)
    assert len(steps) == 4
    assert steps == sorted(steps)
    assert steps[0] > 0.1
    assert steps[-1] < 1
