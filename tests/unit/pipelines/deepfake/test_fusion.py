"""Fusing the evidence of several checks."""

import math

import pytest

from models.cards import Card
from pipelines.deepfake.fusion import Evidence, Judgement, fuse
from pipelines.report import Status

CARD = Card(
    name="deepfake/fusion",
    version="1",
    task="deepfake",
    input="",
    output="",
    licence="",
    source="",
    parameters={"bias": 0.0, "weights": {"a": 1.0, "b": 0.5}, "real_below": 0.3, "fake_from": 0.7},
)


@pytest.mark.parametrize(
    ("a", "b", "probability", "status"),
    [
        (2.0, 0.0, 1 / (1 + math.exp(-2)), Status.FAILED),
        (-2.0, 0.0, 1 / (1 + math.exp(2)), Status.PASSED),
        (1.0, -2.0, 0.5, Status.INCONCLUSIVE),
        (1.0, 2.0, 1 / (1 + math.exp(-2)), Status.FAILED),
    ],
)
def test_log_odds_add_up_by_their_weights(a: float, b: float, probability: float, status: Status) -> None:
    found = fuse([Evidence("a", a), Evidence("b", b)], CARD)
    assert found.fake_probability == pytest.approx(probability)
    assert found.status is status


@pytest.mark.parametrize("evidence", [[], [Evidence("a", math.nan)], [Evidence("a", math.inf)]])
def test_without_evidence_nothing_is_real(evidence: list[Evidence]) -> None:
    found = fuse(evidence, CARD)
    assert found == Judgement(0.5, Status.INCONCLUSIVE, "no_evidence")
    assert found.to_json()["inconclusive"] is True


def test_no_single_check_is_certain() -> None:
    assert fuse([Evidence("a", 1000.0)], CARD) == fuse([Evidence("a", 6.0)], CARD)


def test_a_check_that_nobody_weighed_is_an_error() -> None:
    with pytest.raises(KeyError):
        fuse([Evidence("c", 1.0)], CARD)


def test_the_deciding_check_scores_how_genuine_it_is() -> None:
    check = fuse([Evidence("a", 2.0)], CARD).check("face_manipulation", CARD)
    assert check.score == pytest.approx(0.1192, abs=1e-4)
    assert check.threshold == pytest.approx(0.3)
    assert check.status is Status.FAILED


@pytest.mark.parametrize(("log_odds", "label"), [(0.1, "fake"), (-0.1, "real")])
def test_weak_evidence_still_has_a_likelier_label(log_odds: float, label: str) -> None:
    found = fuse([Evidence("a", log_odds)], CARD)
    assert (found.label, found.status, found.reason) == (label, Status.INCONCLUSIVE, "weak_evidence")
