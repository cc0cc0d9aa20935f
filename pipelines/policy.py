"""From checks to a verdict: one table, so that no model and no facade decides what counts as genuine."""

from collections.abc import Iterable

from pipelines.report import Check, Status, Verdict

LIVENESS = frozenset({"liveness", "visible_time", "one_person"})
ACTIVE = frozenset({"active.order", "active.continuity", "active.identity", "active.perspective", "active.motion"})
"""Only where a challenge was set."""

ID_DOCUMENT = frozenset(
    {
        *("mrz_check_digits", "mrz_visual_consistency", "barcode_visual_consistency", "expiry", "sides_consistency"),
        *("document_liveness_screen", "document_liveness_print", "portrait_substitution", "image_quality"),
    }
)
PIECES = frozenset({"jpeg_ghosts", "ghost_portrait"})
"""Of an identity document: its picture was put together from pieces, as publishers and offices do as well as forgers;
or its second face seems to be another's. `font_consistency` informs only: the print of genuine documents varies
(docs/decisions/0013-id-forgeries.md)."""
REWRITTEN = frozenset(
    {
        *("editing", "screenshot", "dates", "metadata", "double_compression", "stream", "revisions"),
        *("signature_coverage", "annotations", "active_content"),
    }
)
FILE_REFUTES = frozenset({"signature", "ai_generation", "thumbnail", "hidden_content", "fonts"})
FIGURES = frozenset({"arithmetic", "checksums"})
"""Of files: signs that they were written again, signs against them, and figures that contradict one another."""
DETECTED = frozenset({"ai_generated_image", "face_manipulation", "voice_spoof"})
"""What the deepfake services judge, each by several pieces of evidence together."""
NOT_APPLICABLE, SKIPPED = "not_applicable", "skipped"
"""Reasons of a check that was not performed because the subject has nothing of the kind, or because the client asked to
leave it out. Only with one of these two does a check count as if it did not stand in the report; one that could not be
performed for any other reason keeps a report from being genuine."""

ENFORCED: dict[str, frozenset[str]] = {
    "id_document_authentication": ID_DOCUMENT,
    "document": ID_DOCUMENT | {"integrity", "data_extraction", "forensic_analysis", "id_document_authentication"},
    "liveness_detection": LIVENESS | ACTIVE,
    "face_matching": frozenset({"face_match"}),
    "document_liveness": frozenset({"document_liveness_screen", "document_liveness_print"}),
    "identity": LIVENESS | ID_DOCUMENT | {"face_match"},
    "face_matrix": frozenset(),
    "face_quality": frozenset(),
    "gallery_enrol": frozenset({"enrolment"}),
    "liveness_set": LIVENESS,
    "same_person": frozenset({"face_match"}),
    "watchlist": frozenset({"watchlist"}),
    # Figures that agree do not make a document genuine; figures that contradict one another make it suspicious.
    "data_extraction": frozenset(),
    "ai_generated_image_detection": frozenset({"ai_generated_image"}),
    "face_manipulation": frozenset({"face_manipulation"}),
    "voice_analysis": frozenset({"voice_spoof"}),
    # Not `integrity`: a whole file of which nothing else can be judged is not genuine.
    "deepfake": DETECTED | {"ai_generated_image_detection", "face_manipulation", "voice_analysis", "forensic_analysis"},
    "forensic_analysis": frozenset({"integrity", "copy_move", "jpeg_ghosts", "audio_splice"}),
}
"""The checks that decide, for each service: they must pass."""

REFUTING: dict[str, frozenset[str]] = {
    "document_liveness": frozenset({"portrait_substitution"}),
    "liveness_detection": frozenset({"liveness.parallax"}),
    "document": FILE_REFUTES | FIGURES,
    "identity": frozenset({"liveness.parallax"}),
    "liveness_set": frozenset({"liveness.parallax"}),
    "data_extraction": FIGURES,
    "ai_generated_image_detection": frozenset({"ai_generation", "watermark"}),
    "face_manipulation": frozenset({"ai_generation"}),
    "voice_analysis": frozenset({"ai_generation"}),
    "deepfake": FILE_REFUTES | {"watermark", "jpeg_ghosts", "copy_move", "audio_splice"},
    "forensic_analysis": FILE_REFUTES | {"arithmetic"},
}
"""The checks that decide only by failing: most media give them nothing to judge. Every other check informs only."""


DOUBTING: dict[str, frozenset[str]] = {
    "forensic_analysis": REWRITTEN,
    "document": REWRITTEN | PIECES,
    "id_document_authentication": PIECES,
    "identity": PIECES | {"face_manipulation"},
}
"""The checks whose failing is no proof of a forgery: they only keep what was handed in from being called genuine."""


def deciding(service: str) -> frozenset[str]:
    """Names of the checks that can turn the service's verdict, whether or not a report has them."""
    return ENFORCED[service] | REFUTING.get(service, frozenset()) | DOUBTING.get(service, frozenset())


def verdict(service: str, checks: Iterable[Check]) -> Verdict:
    """What the checks of a service say together.

    One enforced or refuting check that failed makes it suspicious, a doubting one inconclusive. Genuine needs every
    enforced check that stands in the report to have passed, and at least one of them: what could not be judged is
    never genuine.
    """
    found = [check for check in checks if check.name in deciding(service) and not _left_out(check)]
    enforced = [check for check in found if check.name in ENFORCED[service]]
    failed = {check.name for check in found if check.status is Status.FAILED}
    if failed - DOUBTING.get(service, frozenset()):
        return Verdict.SUSPICIOUS
    if failed:
        return Verdict.INCONCLUSIVE
    if enforced and all(check.status is Status.PASSED for check in enforced):
        return Verdict.GENUINE
    return Verdict.INCONCLUSIVE


def _left_out(check: Check) -> bool:
    return check.status is Status.NOT_PERFORMED and check.reasons in ((NOT_APPLICABLE,), (SKIPPED,))
