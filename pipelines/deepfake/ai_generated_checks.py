"""The evidence of AI-generated images, a check for each kind."""

import math
import statistics
from collections.abc import Iterator, Sequence

from models.cards import card
from pipelines.deepfake.ai_generated_findings import FINGERPRINT, MARK, NETWORK, WATERMARK, GeneratedFindings
from pipelines.deepfake.fusion import checkpoint_checks, probability
from pipelines.provenance import used
from pipelines.report import Check, Status

FUSION = "deepfake/ai-image-fusion"
PROVENANCE, HIDDEN_MARK, LATTICE, TRACES = "ai_generation", "watermark", "fingerprint", "decoder_traces"
_BY_RULE = "algorithmicMedia"
"""IPTC: made by an algorithm that was not trained on pictures, such as a drawn fractal."""


def evidence_of(seen: GeneratedFindings) -> Iterator[Check]:
    """Certain evidence first."""
    yield _provenance(seen.marks)
    yield _watermark(seen)
    yield _fingerprint(seen)
    yield _traces(seen)
    yield from checkpoint_checks(
        {name: [frame.checkpoints[name] for frame in seen.frames] for name in seen.frames[0].checkpoints}
    )


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
        reasons = (seen.altered or "too_small",)
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


def _fingerprint(seen: GeneratedFindings) -> Check:
    best = seen.fingerprint
    if best is None:
        reasons = (seen.altered or "too_small",)
        return Check(name=LATTICE, status=Status.NOT_PERFORMED, reasons=reasons, models=used(FINGERPRINT))
    odds = float(card(FINGERPRINT).parameters["found_log_odds"])
    return Check(
        name=LATTICE,
        status=Status.FAILED if best.found else Status.PASSED,
        score=round(1 - probability(odds), 4) if best.found else None,
        reasons=(f"fingerprint_of_{best.generator.replace('-', '_')}",) if best.found else ("no_known_fingerprint",),
        evidence={
            "generator": best.generator,
            "likeness": round(best.likeness, 4),
            "threshold": best.threshold,
        },
        models=used(FINGERPRINT),
    )


def _traces(seen: GeneratedFindings) -> Check:
    odds = [frame.fake_log_odds for frame in seen.frames if frame.fake_log_odds is not None]
    if not odds:
        return Check(name=TRACES, status=Status.NOT_PERFORMED, reasons=("too_little_to_see",), models=used(NETWORK))
    mean = statistics.fmean(odds)
    fake_from = float(card(FUSION).parameters["fake_from"])
    clear = mean >= math.log(fake_from / (1 - fake_from))
    return Check(
        name=TRACES,
        # Photographs too show some, and today's generators may leave none: only clear ones say anything.
        status=Status.FAILED if clear else Status.INCONCLUSIVE,
        score=round(1 - probability(mean), 4),
        threshold=round(1 - fake_from, 4),
        reasons=("traces_of_a_decoder" if clear else "no_clear_traces",),
        evidence={"frames": len(odds), "highest": round(probability(max(odds)), 4)},
        models=used(NETWORK),
    )
