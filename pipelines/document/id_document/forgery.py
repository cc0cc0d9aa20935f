"""The checks of how a document was photographed and whether its picture was worked on."""

from collections.abc import Iterator, Mapping

from models.cards import card
from pipelines.document.id_document import second_portrait
from pipelines.document.id_document.document import Document
from pipelines.document.id_document.observation import SideSeen, Trace
from pipelines.document.id_document.second_portrait import CHECK as GHOST
from pipelines.document.liveness import recapture_checks
from pipelines.policy import NOT_APPLICABLE, SKIPPED
from pipelines.provenance import used
from pipelines.report import Check, Status

CAPTURE_CHECKS = ("document_liveness_screen", "document_liveness_print")
TRACE_MODELS: Mapping[str, str] = {
    "portrait_substitution": "document/retouching",
    "jpeg_ghosts": "document/ghosts",
    "font_consistency": "document/retouching",
}
"""Check -> the model whose card holds its threshold."""
FRONT_ONLY = frozenset({"portrait_substitution"})
NOT_SUPPORTED = ("copy_move", "security_background")
"""Named by the APIs and not judged: no way was found that tells honest documents from others (docs/decisions/0013)."""
FORGERY_CHECKS = (*CAPTURE_CHECKS, *TRACE_MODELS, GHOST, *NOT_SUPPORTED)


def forgery_checks(document: Document) -> list[Check]:
    """Every forgery check of every side it applies to."""
    return [check for name, side in document.sides.items() for check in _of_side(name, side)]


def skipped(document: Document) -> list[Check]:
    """The same, left out because the client asked for it."""
    subject = "front" if "front" in document.sides else "back"
    return [_unperformed(name, subject, SKIPPED) for name in FORGERY_CHECKS]


def _of_side(subject: str, side: SideSeen) -> Iterator[Check]:
    yield from recapture_checks(side.capture, subject)
    for name, model in TRACE_MODELS.items():
        if name in FRONT_ONLY and subject != "front":
            yield _unperformed(name, subject, NOT_APPLICABLE)
        else:
            yield _trace_check(name, model, subject, side.traces.get(name))
    if subject == "front":
        yield _ghost_check(side.traces.get(GHOST))
    yield from (_unperformed(name, subject, "not_supported") for name in NOT_SUPPORTED)


def _trace_check(name: str, model: str, subject: str, trace: Trace | None) -> Check:
    if trace is None or trace.score is None:
        reason = "not_judged" if trace is None or trace.reason is None else trace.reason
        left_out = reason == NOT_APPLICABLE
        status = Status.NOT_PERFORMED if left_out else Status.INCONCLUSIVE
        return Check(name=name, subject=subject, status=status, reasons=(reason,), models=used(model))
    threshold = float(card(model).parameters["threshold"])
    passed = trace.score >= threshold
    artifact = {} if trace.heatmap is None else {"artifact": f"heatmap-{name}-{subject}.png"}
    return Check(
        name=name,
        subject=subject,
        status=Status.PASSED if passed else Status.FAILED,
        score=round(trace.score, 4),
        threshold=threshold,
        reasons=() if passed else (f"{name}_traces",),
        evidence={**trace.evidence, **artifact},
        models=used(model),
    )


def _ghost_check(trace: Trace | None) -> Check:
    """Whether the faint second picture shows the holder of the portrait; most documents have none, or none so clear."""
    if trace is None or trace.score is None:
        return _unperformed(GHOST, "front", NOT_APPLICABLE)
    if trace.score < second_portrait.THRESHOLD:
        status, reason = Status.FAILED, "another_person"
    elif trace.score < second_portrait.SURE:
        status, reason = Status.INCONCLUSIVE, "uncertain"
    else:
        status, reason = Status.PASSED, ""
    return Check(
        name=GHOST,
        subject="front",
        status=status,
        score=round(trace.score, 4),
        threshold=second_portrait.THRESHOLD,
        reasons=(reason,) if reason else (),
        evidence=trace.evidence,
        models=used("face/detector", "face/embedder"),
    )


def _unperformed(name: str, subject: str, reason: str) -> Check:
    return Check(name=name, subject=subject, status=Status.NOT_PERFORMED, reasons=(reason,))
