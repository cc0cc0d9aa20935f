"""From checks to a verdict: one table, so that no model and no facade decides what counts as genuine."""

from collections.abc import Iterable

from pipelines.report import Check, Status, Verdict

LIVENESS = frozenset({"liveness", "visible_time", "one_person"})
ACTIVE = frozenset({"active.order", "active.continuity", "active.identity", "active.perspective", "active.motion"})
"""Only where a challenge was set."""

ENFORCED: dict[str, frozenset[str]] = {
    "liveness_detection": LIVENESS | ACTIVE,
    "face_matching": frozenset({"face_match"}),
    "document_liveness": frozenset({"document_liveness_screen", "document_liveness_print"}),
    "identity": LIVENESS | {"face_match"},
    "face_matrix": frozenset(),
    "face_quality": frozenset(),
    "gallery_enrol": frozenset({"enrolment"}),
    "liveness_set": LIVENESS,
    "same_person": frozenset({"face_match"}),
    "watchlist": frozenset({"watchlist"}),
    # Figures that agree do not make a document genuine; figures that contradict one another make it suspicious.
    "data_extraction": frozenset(),
    "forensic_analysis": frozenset({"integrity", "copy_move", "jpeg_ghosts", "audio_splice"}),
}
"""The checks that decide, for each service: they must pass."""

REFUTING: dict[str, frozenset[str]] = {
    "document_liveness": frozenset({"portrait_substitution"}),
    "liveness_detection": frozenset({"liveness.parallax"}),
    "identity": frozenset({"liveness.parallax"}),
    "liveness_set": frozenset({"liveness.parallax"}),
    "data_extraction": frozenset({"arithmetic", "checksums"}),
    "forensic_analysis": frozenset({"signature", "ai_generation", "thumbnail", "hidden_content", "fonts"}),
}
"""The checks that decide only by failing: most media give them nothing to judge. Every other check informs only."""


DOUBTING: dict[str, frozenset[str]] = {
    "forensic_analysis": frozenset(
        {
            "editing",
            "screenshot",
            "dates",
            "metadata",
            "double_compression",
            "stream",
            "revisions",
            "signature_coverage",
            "annotations",
            "active_content",
        }
    ),
}
"""The checks whose failing shows that a file is not as it was first written, which is no proof of a forgery: they only
keep it from being called genuine."""


def deciding(service: str) -> frozenset[str]:
    """Names of the checks that can turn the service's verdict, whether or not a report has them."""
    return ENFORCED[service] | REFUTING.get(service, frozenset()) | DOUBTING.get(service, frozenset())


def verdict(service: str, checks: Iterable[Check]) -> Verdict:
    """What the checks of a service say together.

    One enforced or refuting check that failed makes it suspicious, a doubting one inconclusive. Genuine needs every
    enforced check that stands in the report to have passed, and at least one of them: what could not be judged is
    never genuine.
    """
    found = [check for check in checks if check.name in deciding(service)]
    enforced = [check for check in found if check.name in ENFORCED[service]]
    failed = {check.name for check in found if check.status is Status.FAILED}
    if failed - DOUBTING.get(service, frozenset()):
        return Verdict.SUSPICIOUS
    if failed:
        return Verdict.INCONCLUSIVE
    if enforced and all(check.status is Status.PASSED for check in enforced):
        return Verdict.GENUINE
    return Verdict.INCONCLUSIVE
