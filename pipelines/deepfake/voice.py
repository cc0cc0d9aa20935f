"""Was this voice made by a machine? And what does it say (contracts 2.6)?"""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from models.cards import card
from models.voice.activity import RATE
from pipelines.context import Context
from pipelines.deepfake.fusion import Evidence, Judgement, checkpoint_checks, fuse
from pipelines.deepfake.voice_findings import ACTIVITY, SPOOF, VoiceFindings
from pipelines.deepfake.voice_speech import BEGUN, TRANSCRIBER, write_down
from pipelines.deepfake.voice_timeline import fake_probability
from pipelines.deepfake.voice_windows import Window
from pipelines.media.frames import DecodeRequest
from pipelines.policy import NOT_APPLICABLE, SKIPPED, verdict
from pipelines.provenance import used
from pipelines.report import Check, Report, Status

SERVICE, DECIDES, NO_VOICE = "voice_analysis", "voice_spoof", "no_voice"
DETECTOR = "spoof_detector"
REQUEST = DecodeRequest(
    frames=0, kinds=frozenset(("audio", "video")), sound_rate=RATE, facts=frozenset({"forensics"})
)  # fmt: skip
MARKS: Mapping[str, str] = {
    "ai_generation": "ai_generator_metadata",
    "signature": "invalid_signature",
    "editing": "suspicious_software",
    "stream": "reencoded_stream",
    "audio_splice": "audio_splice",
}
"""Check -> the red flag of the forensic reader that fails it."""
STRETCH = 5
"""Windows in a row that may keep a longer recording from being called real."""
_CERTAIN = 0.99
"""Fake probability where the file itself says that a machine made it."""


async def analyse_voice(context: Context) -> Report:
    """The Sensity-compatible service: real, fake or no voice, stretch by stretch, over the sound of a file.

    Options: `explain`: draw a timeline (artifact `timeline.png`). `transcribe`: write down what is said; default true.
    """
    explain, transcribe = bool(context.options.get("explain")), bool(context.options.get("transcribe", True))
    seen: VoiceFindings = await context.look("file", "voice", REQUEST, {"explain": explain, "speech": transcribe})
    context.progress(BEGUN)
    speech = None if seen.speech is None else await write_down(context, seen.speech)
    judgement = judge(seen.windows)
    marks = list(_marks(seen))
    checks = (
        *marks,
        *_detector_checks(seen),
        *checkpoint_checks(_brought(seen.windows)),
        _deciding(seen, judgement),
        _transcription(seen, speech),
    )
    return Report(
        service=SERVICE,
        verdict=verdict(SERVICE, checks),
        checks=checks,
        data={
            "judgement": _summary(seen, judgement, marks),
            "segments": [_segment(window) for window in seen.windows],
            **({} if speech is None else {"speech": speech}),
        },
        artifacts=seen.artifacts,
    )


def judge(windows: Sequence[Window]) -> Judgement:
    """What the windows say together. Without a detector, or without speech, nothing."""
    odds = pooled(windows)
    fusion = card("voice/fusion")
    evidence = [] if odds is None else [Evidence(DETECTOR, odds)]
    evidence += [Evidence("checkpoint", statistics.fmean(told)) for told in _brought(windows).values()]
    judgement = fuse(evidence, fusion)
    if odds is None and windows:
        return replace(judgement, reason="no_detector")
    stretch = worst_stretch(windows)
    if judgement.status is Status.PASSED and stretch is not None:
        within = fuse([Evidence(DETECTOR, stretch.fake_log_odds or 0.0)], fusion)
        if within.status is Status.FAILED:  # a part of it may have been put in
            return replace(judgement, status=Status.INCONCLUSIVE, reason="suspicious_stretch")
    return judgement


def _brought(windows: Sequence[Window]) -> dict[str, list[float]]:
    """What each of the operator's detectors says of the windows."""
    names = windows[0].checkpoints if windows else ()
    return {name: [window.checkpoints[name] for window in windows] for name in names}


def pooled(windows: Sequence[Window]) -> float | None:
    """Log odds of the whole recording: the mean of its windows, which errs least where one voice speaks throughout."""
    odds = [window.fake_log_odds for window in windows if window.fake_log_odds is not None]
    return statistics.fmean(odds) if odds else None


def worst_stretch(windows: Sequence[Window]) -> Window | None:
    """The neighbours that speak most for a fake, with their mean; None where they would be most of the recording."""
    if len(windows) < 2 * STRETCH or windows[0].fake_log_odds is None:
        return None
    runs = [windows[at : at + STRETCH] for at in range(len(windows) - STRETCH + 1)]
    worst = max(runs, key=lambda run: pooled(run) or 0.0)
    return Window(worst[0].start, worst[-1].end, pooled(worst))


def _summary(seen: VoiceFindings, judgement: Judgement, marks: Sequence[Check]) -> dict[str, Any]:
    if any(mark.name == "ai_generation" and mark.status is Status.FAILED for mark in marks):
        likeliest = max(judgement.fake_probability, _CERTAIN)
        return replace(judgement, fake_probability=likeliest, status=Status.FAILED).to_json()
    found = judgement.to_json()
    return found if seen.spans else found | {"label": NO_VOICE}


def _deciding(seen: VoiceFindings, judgement: Judgement) -> Check:
    evidence = {
        "duration": seen.duration,
        "speech_seconds": round(sum(span.length for span in seen.spans), 3),
        "windows": len(seen.windows),
    }
    models = used("voice/fusion", ACTIVITY)
    if not seen.spans:
        return Check(
            name=DECIDES,
            status=Status.NOT_PERFORMED,
            reasons=(NOT_APPLICABLE,),
            evidence=evidence | {"message": "no speech in the media"},
            models=models,
        )
    return judgement.check(DECIDES, card("voice/fusion"), evidence=evidence, models=models)


def _detector_checks(seen: VoiceFindings) -> Iterator[Check]:
    odds = pooled(seen.windows)
    if odds is None:
        return
    probabilities = [fake_probability(window) or 0.0 for window in seen.windows]
    stretch = worst_stretch(seen.windows)
    yield Check(
        name=DETECTOR,
        status=Status.PASSED if odds < 0 else Status.FAILED,
        score=round(1 - (fake_probability(Window(0, 0, odds)) or 0.0), 4),
        threshold=0.5,
        evidence={
            "mean_log_odds": round(odds, 3),
            "highest": round(max(probabilities), 4),
            "fake_share": round(sum(p >= 0.5 for p in probabilities) / len(probabilities), 3),
            **({} if stretch is None else {"worst_stretch": _segment(stretch)}),
        },
        models=used(SPOOF),
        ms=seen.ms,
    )


def _transcription(seen: VoiceFindings, speech: Mapping[str, Any] | None) -> Check:
    """It informs only: words are no proof of anything."""
    if speech is None or not seen.spans:
        reason = SKIPPED if speech is None else NOT_APPLICABLE
        return Check(name="transcription", status=Status.NOT_PERFORMED, reasons=(reason,))
    understood = bool(speech["text"])
    return Check(
        name="transcription",
        status=Status.PASSED if understood else Status.INCONCLUSIVE,
        reasons=() if understood else ("nothing_understood",),
        evidence={name: speech[name] for name in ("language", "language_probability") if name in speech},
        models=used(TRANSCRIBER),
    )


def _marks(seen: VoiceFindings) -> Iterator[Check]:
    """What the file says of how it came about."""
    flags = seen.facts["flags"]
    for name, flag in MARKS.items():
        if flag in flags:
            yield Check(name=name, status=Status.FAILED, reasons=(flag,), evidence={"value": flags[flag]["value"]})
        elif name == "signature" and not seen.facts["details"].get("c2pa"):
            yield Check(name=name, status=Status.NOT_PERFORMED, reasons=("unsigned",))
        else:
            yield Check(name=name, status=Status.PASSED)


def _segment(window: Window) -> dict[str, Any]:
    probability = fake_probability(window)
    segment: dict[str, Any] = {"start": window.start, "end": window.end}
    return segment if probability is None else segment | {"fake_probability": round(probability, 4)}
