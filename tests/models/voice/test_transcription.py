"""Voice activity and transcription with their real weights."""

import csv
from pathlib import Path

import numpy as np
import pytest
import soundfile

from models import weights
from models.voice.activity import RATE, Span, VoiceActivity
from models.voice.transcription import Transcriber, Transcript, Utterance


@pytest.fixture(scope="module")
def activity() -> VoiceActivity:
    try:
        weights.path("silero_vad")
    except weights.WeightsError as error:
        pytest.skip(str(error))
    loaded = VoiceActivity()
    loaded.load()
    return loaded


@pytest.fixture(scope="module")
def transcriber() -> Transcriber:
    try:
        weights.path("whisper_small_decoder")
    except weights.WeightsError as error:
        pytest.skip(str(error))
    loaded = Transcriber()
    loaded.load()
    return loaded


def sound(file: Path) -> np.ndarray:
    samples, rate = soundfile.read(file, dtype="int16")
    if rate != RATE:
        samples = samples[:: rate // RATE]
    return samples


def words(transcript: Transcript) -> list[str]:
    text = " ".join(sentence.text for sentence in transcript.sentences).lower()
    return "".join(letter if letter.isalpha() or letter == "'" else " " for letter in text).split()


def test_a_reading_is_speech_but_for_its_pauses(activity: VoiceActivity, shared_data: Path) -> None:
    samples = sound(shared_data / "audio/transcribed/1688-142285-0000.flac")
    spans = activity.predict([np.concatenate((np.zeros(5 * RATE, np.int16), samples))])[0]
    assert len(spans) >= 4
    assert spans[0].start == pytest.approx(5.4, abs=0.3)
    assert spans[-1].end == pytest.approx(19.8, abs=0.3)


@pytest.mark.parametrize("kind", ["silence", "noise", "hum"])
def test_what_nobody_says_is_no_speech(activity: VoiceActivity, kind: str) -> None:
    t = np.arange(10 * RATE) / RATE
    sounds = {
        "silence": np.zeros(len(t)),
        "noise": np.random.default_rng(0).normal(0, 3000, len(t)),
        "hum": 9000 * np.sign(np.sin(2 * np.pi * 50 * t)),
    }
    assert activity.predict([sounds[kind].astype(np.int16)]) == [[]]


def test_a_long_recording_is_heard_as_its_parts_are(activity: VoiceActivity, shared_data: Path) -> None:
    samples = sound(shared_data / "audio/transcribed/1688-142285-0000.flac")
    pause = np.zeros(2 * RATE, np.int16)
    spans: list[Span] = activity.predict([np.concatenate([samples, pause] * 8)])[0]
    for turn in range(8):
        offset = turn * (len(samples) + len(pause)) / RATE
        assert any(abs(span.end - offset - 14.8) < 0.3 for span in spans)


def test_english_is_written_down_with_its_times(transcriber: Transcriber, shared_data: Path) -> None:
    name = "1688-142285-0003.flac"
    with (shared_data / "audio/transcribed/transcripts.csv").open(newline="") as stream:
        truth = next(row["text"] for row in csv.DictReader(stream) if row["file"] == name).split()
    samples = sound(shared_data / "audio/transcribed" / name)
    (found,) = transcriber.predict([Utterance(samples, translate=True)])
    assert found.language == "en"
    assert found.translated is None
    assert len(set(truth) - set(words(found))) <= 2
    assert 0 <= found.sentences[0].start < found.sentences[-1].end <= len(samples) / RATE + 0.02


def test_french_is_recognised_and_said_in_english(transcriber: Transcriber, shared_data: Path) -> None:
    samples = sound(shared_data / "audio/languages/fr_demo-moreinfo.flac")
    (found,) = transcriber.predict([Utterance(samples, translate=True)])
    assert found.language == "fr"
    assert "message" in words(found)
    assert found.translated is not None
    assert "message" in found.translated[0].text.lower()


def test_a_named_language_is_not_guessed(transcriber: Transcriber, shared_data: Path) -> None:
    samples = sound(shared_data / "audio/languages/fr_demo-moreinfo.flac")[: 2 * RATE]
    assert transcriber.predict([Utterance(samples, language="es")])[0].language == "es"


def test_an_old_fashioned_reading_is_not_taken_for_latin(transcriber: Transcriber, shared_data: Path) -> None:
    samples = sound(next((shared_data / "audio/transcribed").rglob("2033-164914-0001.flac")))
    assert transcriber.predict([Utterance(samples)])[0].language == "en"
