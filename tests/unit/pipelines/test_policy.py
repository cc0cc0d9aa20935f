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


@pytest.mark.parametrize("status", [Status.PASSED, Status.NOT_PERFORMED])
def test_a_check_that_can_only_refute_takes_nothing_from_genuine_and_adds_nothing_to_it(status: Status) -> None:
    parallax = check(status, "liveness.parallax")
    assert verdict("liveness_detection", [check(Status.PASSED), parallax]) is Verdict.GENUINE
    assert verdict("liveness_detection", [check(Status.INCONCLUSIVE), parallax]) is Verdict.INCONCLUSIVE
    assert verdict("liveness_detection", [parallax]) is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("service", ["liveness_detection", "identity"])
def test_a_check_that_refutes_makes_it_suspicious_whatever_passed(service: str) -> None:
    passed = [check(Status.PASSED), check(Status.PASSED, "face_match")]
    assert verdict(service, [*passed, check(Status.FAILED, "liveness.parallax")]) is Verdict.SUSPICIOUS
