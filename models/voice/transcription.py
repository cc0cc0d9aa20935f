"""What is said, in which language, and what that means in English."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from models import weights
from models.cards import card
from models.predictor import Predictor
from models.voice.activity import RATE
from models.voice.beam import Hypothesis, search
from models.voice.log_mel import log_mel
from models.voice.whisper import Decoder, Encoder, Spoken
from models.voice.whisper_rules import log_softmax, permit
from models.voice.whisper_tokens import (
    END,
    FIRST_LANGUAGE,
    LANGUAGES,
    SILENCE,
    START,
    TRANSCRIBE,
    TRANSLATE,
    finished_until,
    passages_of,
)

ENGLISH = "en"
_NOBODYS = ("la", "sa")
"""Latin and Sanskrit: nobody's mother tongue, they draw old-fashioned readings of others to themselves."""
_NEVER = -30.0


@dataclass(frozen=True, slots=True)
class Utterance:
    """A window of speech.

    Attributes:
        samples: (N,) int16 of 16,000 a second, at most 30 s.
        language: its ISO 639 code where that is known; else the likeliest one is taken.
        translate: whether what is not English is to be said in English too.
    """

    samples: npt.NDArray[np.int16]
    language: str | None = None
    translate: bool = False


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words with their seconds from the start of the window."""

    start: float
    end: float
    text: str


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was understood.

    Attributes:
        language: ISO 639 code in which it was written down.
        languages: (99,) natural log probabilities in the order of `LANGUAGES`.
        silence: probability that nobody speaks, 0..1.
        until: seconds of the window up to which it was written down: what follows is an unfinished sentence.
        sentences: in order of time; empty where nothing was understood.
        translated: the same in English, where it was asked for and is not English.
        sureness: mean natural log probability of its tokens.
    """

    language: str
    languages: npt.NDArray[np.float32]
    silence: float
    until: float
    sentences: tuple[Sentence, ...]
    translated: tuple[Sentence, ...] | None
    sureness: float


def _languages(scores: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Log probabilities of the languages that a guess may fall on; the others stand far below."""
    among = scores[FIRST_LANGUAGE : FIRST_LANGUAGE + len(LANGUAGES)].copy()
    among[[LANGUAGES.index(code) for code in _NOBODYS]] = among.max() + _NEVER
    return log_softmax(among)


class Transcriber(Predictor[Utterance, Transcript]):
    """Writes speech down with Whisper small (Radford et al. 2022), its weights of 8 bits.

    Windows are heard one by one: a batch saves nothing on CPUs, and padding costs as much as speech.
    """

    card = card("voice/transcription")

    def load(self) -> None:
        """See `Predictor.load`."""
        self._encoder = Encoder(weights.path("whisper_small_encoder"), self.threads)
        self._decoder = Decoder(weights.path("whisper_small_decoder"), self.threads)
        self._words = Tokenizer.from_file(str(weights.path("whisper_tokenizer")))

    def predict(self, batch: Sequence[Utterance]) -> list[Transcript]:
        """See the class."""
        return [self._transcribe(utterance) for utterance in batch]

    def _transcribe(self, utterance: Utterance) -> Transcript:
        limits = self.card.parameters
        duration = len(utterance.samples) / RATE
        begun = self._decoder.begin(self._encoder(log_mel(utterance.samples)), [START])
        languages = _languages(begun.scores)
        silence = float(np.exp(log_softmax(begun.scores)[SILENCE]))
        code = utterance.language or LANGUAGES[int(languages.argmax())]
        spoken = self._decoder.say(begun, FIRST_LANGUAGE + LANGUAGES.index(code))
        said = self._decode(spoken, TRANSCRIBE, duration)
        silent = silence > limits["silence_from"] and said.sureness < limits["sure_from"]
        tokens = () if silent else said.tokens
        until, translated = finished_until(tokens, duration), None
        if utterance.translate and code != ENGLISH:
            english = self._decode(spoken, TRANSLATE, duration).tokens if tokens else ()
            translated = tuple(one for one in self._sentences(english, duration) if one.start < until)
        sentences = tuple(self._sentences(tokens, duration))
        return Transcript(code, languages, silence, until, sentences, translated, round(said.sureness, 4))

    def _decode(self, spoken: Spoken, task: int, duration: float) -> Hypothesis[Spoken]:
        """What is said: the likeliest token each time, and where that is unsure, the best of a beam search."""
        limits = self.card.parameters
        begun = self._decoder.say(spoken, task)

        def found(beams: int) -> Hypothesis[Spoken]:
            return search(
                begun,
                self._decoder.say,
                lambda state, said: permit(state.scores, said, duration),
                end=END,
                beams=beams,
                longest=int(limits["longest"]),
            )

        first = found(1)
        if task == TRANSLATE or first.sureness >= limits["search_below"]:
            return first
        return max(first, found(int(limits["beams"])), key=lambda one: one.sureness)

    def _sentences(self, tokens: Sequence[int], duration: float) -> Iterator[Sentence]:
        for passage in passages_of(tokens, duration):
            text = self._words.decode(list(passage.tokens), skip_special_tokens=True).strip()
            if text:
                yield Sentence(round(passage.start, 2), round(passage.end, 2), text)
