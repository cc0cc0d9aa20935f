"""From checks to a verdict: one table, so that no model and no facade decides what counts as genuine."""

from collections.abc import Iterable

from pipelines.report import Check, Status, Verdict

LIVENESS = frozenset({"liveness", "visible_time", "one_person"})
ACTIVE = frozenset({"active.order", "active.continuity", "active.identity", "active.perspective", "active.motion"})
"""Only where a challenge was set."""

ENFORCED: dict[str, frozenset[str]] = {
    "liveness_detection": LIVENESS | ACTIVE,
    "face_matching": frozenset({"face_match"}),
    "identity": LIVENESS | {"face_match"},
    "face_matrix": frozenset(),
    "face_quality": frozenset(),
    "gallery_enrol": frozenset({"enrolment"}),
    "liveness_set": frozenset({"liveness"}),
    "same_person": frozenset({"face_match"}),
    "watchlist": frozenset({"watchlist"}),
}
"""The checks that decide, for each service. Every other check informs only."""


def verdict(service: str, checks: Iterable[Check]) -> Verdict:
    """What the checks of a service say together.

    One enforced check that failed makes it suspicious. Genuine needs every enforced check that stands in the report to
    have passed, and at least one of them: what could not be judged is never genuine.
    """
    enforced = [check for check in checks if check.name in ENFORCED[service]]
    if any(check.status is Status.FAILED for check in enforced):
        return Verdict.SUSPICIOUS
    if enforced and all(check.status is Status.PASSED for check in enforced):
        return Verdict.GENUINE
    return Verdict.INCONCLUSIVE
