"""Was this image, or this video, made by a generator? A cascade of evidence (contracts 2.6)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from models.cards import card
from pipelines.context import Context
from pipelines.deepfake.ai_generated_findings import MARK, STAGE, WATERMARK, GeneratedFindings
from pipelines.deepfake.fusion import Judgement, fuse
from pipelines.deepfake.generators import attribute
from pipelines.media.frames import DecodeRequest
from pipelines.policy import verdict
from pipelines.provenance import used
from pipelines.report import Check, Report, Status

SERVICE, DECIDES, FUSION = "ai_generated_image_detection", "ai_generated_image", "deepfake/ai-image-fusion"
PROVENANCE, HIDDEN_MARK = "ai_generation", "watermark"
FRAMES, MAX_SIDE = 8, 4096
REQUEST = DecodeRequest(frames=FRAMES, max_side=MAX_SIDE, exif_rotation=False, facts=frozenset({"forensics"}))
"""Pixels exactly as they are stored: scaling and turning erase what is looked for."""
CERTAIN = 0.99
"""Fake probability where the file itself, or a watermark, says that a generator made it."""
_BY_RULE = "algorithmicMedia"
"""IPTC: made by an algorithm that was not trained on pictures, such as a drawn fractal."""


async def detect_ai_generated(context: Context) -> Report:
    """The Sensity-compatible service.

    Options: `explain`: an overlay (artifact `heatmap-1.png`) of what the judgement stands on.
    """
    options = {"explain": bool(context.options.get("explain"))}
    seen: GeneratedFindings = await context.look("file", STAGE, REQUEST, options)
    evidence = list(_evidence(seen))
    judgement = judge(evidence)
    deciding = judgement.check(DECIDES, card(FUSION), models=used(FUSION), ms=round(seen.ms, 3))
    checks = (*evidence, deciding)
    data: dict[str, Any] = {"judgement": judgement.to_json(), "signals": _signals(evidence)}
    found = attribute(seen.marks, [mark.message for mark in seen.watermarks if mark.found])
    if found is not None and judgement.label == "fake":
        data["attribution"] = found.to_json()
    return Report(
        service=SERVICE,
        verdict=verdict(SERVICE, checks),
        checks=checks,
        data=data,
        artifacts=seen.artifacts,
    )


def judge(evidence: Sequence[Check]) -> Judgement:
    """What the checks say together; a mark that a generator left is certain whatever the rest says."""
    weighed = fuse((), card(FUSION))
    mark = next((c for c in evidence if c.name in (PROVENANCE, HIDDEN_MARK) and c.status is Status.FAILED), None)
    if mark is None:
        return weighed
    likeliest = max(weighed.fake_probability, CERTAIN)
    return replace(weighed, fake_probability=likeliest, status=Status.FAILED, reason=mark.name)


def _evidence(seen: GeneratedFindings) -> Iterator[Check]:
    yield _provenance(seen.marks)
    yield _watermark(seen)


def _provenance(marks: Sequence[str]) -> Check:
    """What the file says of itself. Its silence says nothing: marks are easily removed."""
    if not marks:
        return Check(name=PROVENANCE, status=Status.PASSED, reasons=("no_mark",))
    only_by_rule = all(mark == _BY_RULE for mark in marks)
    return Check(
        name=PROVENANCE,
        status=Status.INCONCLUSIVE if only_by_rule else Status.FAILED,
        score=0.5 if only_by_rule else 0.0,
        reasons=(MARK,),
        evidence={"marks": list(marks)},
    )


def _watermark(seen: GeneratedFindings) -> Check:
    if not seen.watermarks:
        reasons = (seen.unmarked or "too_small",)
        return Check(name=HIDDEN_MARK, status=Status.NOT_PERFORMED, reasons=reasons, models=used(WATERMARK))
    found = [mark for mark in seen.watermarks if mark.found]
    shown = [
        {"method": m.method, "message": m.message, "agreement": round(m.agreement, 3), "strength": round(m.strength, 2)}
        for m in found or seen.watermarks
    ]
    return Check(
        name=HIDDEN_MARK,
        status=Status.FAILED if found else Status.PASSED,
        score=0.0 if found else None,
        reasons=(f"message_of_{found[0].message.lower().replace('-', '_')}",) if found else ("no_known_message",),
        evidence={"messages": shown},
        models=used(WATERMARK),
    )


def _signals(evidence: Sequence[Check]) -> list[dict[str, Any]]:
    """The checks that speak against the picture or for it: 0..1, higher = more suspicious."""
    return [{"name": c.name, "score": round(1 - c.score, 4)} for c in evidence if c.score is not None]
