"""The analysis of voices over fake models."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.voice.activity import RATE, Span
from models.voice.transcription import Sentence, Transcript
from models.voice.whisper_tokens import LANGUAGES
from pipelines.context import Context
from pipelines.deepfake.voice import analyse_voice, judge, worst_stretch
from pipelines.deepfake.voice_findings import ACTIVITY, listen
from pipelines.deepfake.voice_windows import Window
from pipelines.errors import MediaError
from pipelines.media.frames import Decoded, DecodeRequest, Sound
from pipelines.report import Report, Status, Verdict
from tests.unit.pipelines.deepfake.brought import NAME, bring

NOTHING: Mapping[str, Any] = {"details": {}, "flags": {}, "signals": {}}


def decoded(seconds: float = 10.0, facts: Mapping[str, Any] = NOTHING, fault: str | None = None) -> Decoded:
    samples = np.random.default_rng(1).integers(-9000, 9000, round(seconds * RATE)).astype(np.int16)
    return Decoded(
        kind="audio", mime="audio/wav", width=0, height=0, duration=seconds, fps=None, has_audio=True, scale=1.0,
        frames=(), sound=None if fault else Sound(samples, RATE, RATE, "pcm_s16le"), facts={"forensics": facts},
        fault=fault,
    )  # fmt: skip


class Voices:
    """Models that hear speech in these spans, and give each window log odds in turn."""

    def __init__(self, spans: Sequence[Span], odds: Sequence[float] = (0.0,), genuine: float = 0.5) -> None:
        self._spans, self._odds, self._heard, self._genuine = list(spans), odds, 0, genuine

    async def predict(self, name: str, batch: Sequence[Any]) -> list[Any]:
        if name == ACTIVITY:
            return [self._spans for _ in batch]
        if name == NAME:
            assert all(sound.dtype == np.int16 and 0 < len(sound) <= 3 * RATE for sound in batch)
            return [self._genuine for _ in batch]
        found = [self._odds[(self._heard + number) % len(self._odds)] for number in range(len(batch))]
        self._heard += len(batch)
        return found


class Hearing:
    """Workers over one decoded file."""

    def __init__(self, media: Decoded, models: Voices) -> None:
        self._media, self._models = media, models

    async def look(self, source: Any, request: DecodeRequest, stage: str, options: Mapping[str, Any]) -> Any:
        assert (request.frames, request.sound_rate, stage) == (0, RATE, "voice")
        return await listen(self._media, self._models, options)

    async def predict(self, name: str, batch: Sequence[Any]) -> list[Any]:
        assert name == "voice/transcription"
        languages = np.full(len(LANGUAGES), -9.0, np.float32)
        languages[LANGUAGES.index("en")] = 0.0
        return [Transcript("en", languages, 0.0, 30.0, (Sentence(0.0, 1.0, "Good day."),), None, -0.2) for _ in batch]


async def analysed(media: Decoded, spans: Sequence[Span], **options: Any) -> Report:
    given = {"transcribe": False} | options
    return await analyse_voice(Context({"file": b""}, Hearing(media, Voices(spans)), options=given))


def windows(*odds: float | None) -> list[Window]:
    return [Window(4.0 * n, 4.0 * n + 4, value) for n, value in enumerate(odds)]


@pytest.mark.parametrize(("genuine", "verdict"), [(0.99, Verdict.GENUINE), (0.01, Verdict.SUSPICIOUS)])
async def test_a_detector_that_the_operator_brought_is_weighed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, genuine: float, verdict: Verdict
) -> None:
    bring(monkeypatch, tmp_path, "voice")
    voices = Voices([Span(0.0, 9.0)], genuine=genuine)
    found = await analyse_voice(Context({"file": b""}, Hearing(decoded(), voices), options={"transcribe": False}))
    check = found.check("checkpoint.own")
    assert check is not None
    assert (check.score, check.models[0].name) == (pytest.approx(genuine, abs=1e-3), NAME)
    assert found.verdict is verdict


async def test_a_file_without_speech_has_no_voice_and_is_never_genuine() -> None:
    report = await analysed(decoded(), [])
    assert report.verdict is Verdict.INCONCLUSIVE
    assert report.data["judgement"]["label"] == "no_voice"
    assert report.data["segments"] == []
    check = report.check("voice_spoof")
    assert check is not None
    assert (check.status, check.reasons) == (Status.NOT_PERFORMED, ("not_applicable",))
    assert check.evidence["message"] == "no speech in the media"


@pytest.mark.parametrize(("odds", "status"), [(-5.0, Status.PASSED), (5.0, Status.FAILED), (0.1, Status.INCONCLUSIVE)])
def test_log_odds_of_windows_decide(odds: float, status: Status) -> None:
    assert judge(windows(odds, odds)).status is status


def test_a_long_recording_with_a_part_that_sounds_made_is_not_called_real() -> None:
    real, part = [-5.0] * 40, [5.0] * 5
    assert judge(windows(*real)).status is Status.PASSED
    judgement = judge(windows(*real, *part, *real))
    assert (judgement.status, judgement.reason) == (Status.INCONCLUSIVE, "suspicious_stretch")
    assert judgement.fake_probability < 0.5
    assert judge(windows(*real, 5.0, *real)).status is Status.PASSED, "one window alone is no stretch"
    stretch = worst_stretch(windows(*real, *part, *real))
    assert stretch is not None
    assert (stretch.start, stretch.end, stretch.fake_log_odds) == (160.0, 180.0, 5.0)
    assert worst_stretch(windows(*part)) is None


@pytest.mark.parametrize("found", [[], windows(None, None)])
def test_without_evidence_nothing_is_called_real(found: list[Window]) -> None:
    judgement = judge(found)
    assert judgement.status is Status.INCONCLUSIVE
    assert judgement.fake_probability == 0.5
    assert judgement.reason == ("no_detector" if found else "no_evidence")


async def test_a_file_that_says_a_machine_made_it_is_fake_whatever_it_sounds_like() -> None:
    mark = {"ai_generator_metadata": {"value": ["elevenlabs"], "message": "."}}
    report = await analysed(decoded(facts={**NOTHING, "flags": mark}), [Span(0.0, 9.0)])
    assert report.verdict is Verdict.SUSPICIOUS
    assert report.data["judgement"]["label"] == "fake"
    assert report.data["judgement"]["fake_probability"] >= 0.99
    assert report.data["judgement"]["inconclusive"] is False


async def test_marks_that_only_inform_stand_in_the_report() -> None:
    flags = {"audio_splice": {"value": [{"time": 1.0}], "message": "."}}
    report = await analysed(decoded(facts={**NOTHING, "flags": flags}), [Span(0.0, 9.0)])
    splice, signature = report.check("audio_splice"), report.check("signature")
    assert splice is not None
    assert splice.status is Status.FAILED
    assert signature is not None
    assert signature.status is Status.NOT_PERFORMED


async def test_the_timeline_is_drawn_only_when_it_was_asked_for() -> None:
    assert (await analysed(decoded(), [Span(0.0, 9.0)])).artifacts == ()
    (picture,) = (await analysed(decoded(), [Span(0.0, 9.0)], explain=True)).artifacts
    assert (picture.name, picture.data[:4]) == ("timeline.png", b"\x89PNG")


async def test_what_is_said_is_written_down_unless_it_is_not_wanted() -> None:
    spans = [Span(2.0, 9.0)]
    report = await analyse_voice(Context({"file": b""}, Hearing(decoded(), Voices(spans))))
    assert report.data["speech"]["segments"] == [{"start": 2.0, "end": 3.0, "text": "Good day."}]
    transcription = report.check("transcription")
    assert transcription is not None
    assert (transcription.status, transcription.evidence["language"]) == (Status.PASSED, "en")
    silent = await analysed(decoded(), spans)
    assert "speech" not in silent.data
    skipped = silent.check("transcription")
    assert skipped is not None
    assert (skipped.status, skipped.reasons) == (Status.NOT_PERFORMED, ("skipped",))


async def test_a_transcript_makes_nothing_genuine() -> None:
    report = await analysed(decoded(), [Span(2.0, 9.0)], transcribe=True)
    assert report.verdict is Verdict.INCONCLUSIVE


async def test_silence_is_written_down_as_nothing() -> None:
    speech = (await analysed(decoded(), [], transcribe=True)).data["speech"]
    assert (speech["text"], speech["segments"], speech["translation"]["text"]) == ("", [], "")
    assert "language" not in speech


@pytest.mark.parametrize("fault", ["no_audio_stream", "corrupt_media", "audio_too_long"])
async def test_a_sound_track_that_cannot_be_had_fails_the_task(fault: str) -> None:
    with pytest.raises(MediaError) as failed:
        await analysed(decoded(fault=fault), [])
    assert failed.value.code == fault
    assert failed.value.message in {"no audio stream", "the sound is damaged or incomplete", "audio too long"}
