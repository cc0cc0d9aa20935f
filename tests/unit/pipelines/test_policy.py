"""From checks to a verdict."""

import itertools

import pytest

from pipelines.policy import ENFORCED, verdict
from pipelines.report import Check, Status, Verdict


def check(status: Status, name: str = "liveness") -> Check:
    return Check(name=name, status=status)


@pytest.mark.parametrize("service", sorted(ENFORCED))
def test_no_checks_at_all_are_never_genuine(service: str) -> None:
    assert verdict(service, []) is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("pair", list(itertools.product(Status, Status)))
def test_only_passes_of_every_enforced_check_make_it_genuine(pair: tuple[Status, Status]) -> None:
    liveness, match = pair
    found = verdict("identity", [check(liveness), check(match, "face_match")])
    if Status.FAILED in pair:
        assert found is Verdict.SUSPICIOUS
    elif pair == (Status.PASSED, Status.PASSED):
        assert found is Verdict.GENUINE
    else:
        assert found is Verdict.INCONCLUSIVE


def test_a_failed_check_that_only_informs_does_not_decide() -> None:
    assert (
        verdict("liveness_detection", [check(Status.PASSED), check(Status.FAILED, "quality.pose")]) is Verdict.GENUINE
    )


def test_a_check_that_only_informs_never_makes_it_genuine() -> None:
    assert verdict("liveness_detection", [check(Status.PASSED, "quality.pose")]) is Verdict.INCONCLUSIVE
