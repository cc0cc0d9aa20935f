"""Was this image, or this video, made by a generator? A cascade of evidence (contracts 2.6)."""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from models.cards import card
from pipelines.context import Context
from pipelines.deepfake.ai_generated_checks import FUSION, HIDDEN_MARK, PROVENANCE, evidence_of
from pipelines.deepfake.ai_generated_findings import FINGERPRINT, STAGE, FrameFinding, GeneratedFindings
from pipelines.deepfake.fusion import Evidence, Judgement, fuse
from pipelines.deepfake.generators import attribute
from pipelines.media.frames import DecodeRequest
from pipelines.policy import verdict
from pipelines.provenance import used
from pipelines.report import Check, Report, Status

SERVICE, DECIDES = "ai_generated_image_detection", "ai_generated_image"
FRAMES, MAX_SIDE = 8, 4096
REQUEST = DecodeRequest(frames=FRAMES, max_side=MAX_SIDE, exif_rotation=False, facts=frozenset({"forensics"}))
"""Pixels exactly as they are stored: scaling and turning erase what is looked for."""
CERTAIN = 0.99
"""Fake probability where the file itself, or a watermark, says that a generator made it."""


async def detect_ai_generated(context: Context) -> Report:
    """The Sensity-compatible service.

    Options: `explain`: an overlay (artifact `heatmap-1.png`) of what the judgement stands on.
    """
    options = {"explain": bool(context.options.get("explain"))}
    seen: GeneratedFindings = await context.look("file", STAGE, REQUEST, options)
    evidence = list(evidence_of(seen))
    judgement = judge(seen, evidence)
    deciding = judgement.check(DECIDES, card(FUSION), models=used(FUSION), ms=round(seen.ms, 3))
    checks = (*evidence, deciding)
    data: dict[str, Any] = {"judgement": judgement.to_json(), "signals": _signals(evidence)}
    found = attribute(seen.marks, [mark.message for mark in seen.watermarks if mark.found], seen.fingerprint)
    if found is not None and judgement.label == "fake":
        data["attribution"] = found.to_json()
    if seen.kind == "video":
        data["frames"] = [
            {"timestamp": round(frame.timestamp, 3), "fake_probability": round(judged.fake_probability, 4)}
            for frame in seen.frames
            if (judged := fuse(_of_frames([frame]), card(FUSION))).reason != "no_evidence"
        ]
    return Report(
        service=SERVICE,
        verdict=verdict(SERVICE, checks),
        checks=checks,
        data=data,
        artifacts=seen.artifacts,
    )


def judge(seen: GeneratedFindings, evidence: Sequence[Check]) -> Judgement:
    """What the checks say together; a mark that a generator left is certain whatever the rest says."""
    weighed = fuse(_weighed(seen), card(FUSION))
    mark = next((c for c in evidence if c.name in (PROVENANCE, HIDDEN_MARK) and c.status is Status.FAILED), None)
    if mark is None:
        return weighed
    likeliest = max(weighed.fake_probability, CERTAIN)
    return replace(weighed, fake_probability=likeliest, status=Status.FAILED, reason=mark.name)


def _weighed(seen: GeneratedFindings) -> Iterator[Evidence]:
    """A fingerprint that is not found says nothing; frames of one video are no independent witnesses, so their mean."""
    if seen.fingerprint is not None and seen.fingerprint.found:
        yield Evidence("fingerprint", float(card(FINGERPRINT).parameters["found_log_odds"]))
    yield from _of_frames(seen.frames)


def _of_frames(frames: Sequence[FrameFinding]) -> Iterator[Evidence]:
    """The operator's detectors are weighed beside our own, and may say that a picture is real."""
    odds = [frame.fake_log_odds for frame in frames if frame.fake_log_odds is not None]
    if odds:
        yield Evidence("decoder_traces", statistics.fmean(odds))
    for name in frames[0].checkpoints:
        yield Evidence("checkpoint", statistics.fmean(frame.checkpoints[name] for frame in frames))


def _signals(evidence: Sequence[Check]) -> list[dict[str, Any]]:
    """The checks that have a score: 0..1, higher = more suspicious."""
    return [{"name": c.name, "score": round(1 - c.score, 4)} for c in evidence if c.score is not None]
