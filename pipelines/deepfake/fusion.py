"""One judgement from several independent checks: their calibrated log odds, weighted and added.

Addition of log odds is what independent evidence asks for (naive Bayes); the weights, fitted on held-out media, take
back what the checks have in common.
"""

import math
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.cards import Card
from models.hub.checkpoint import PREFIX
from pipelines.provenance import used
from pipelines.report import Check, Status

_SURE = 1e-4  # no score carries infinite weight
LOG_ODDS_MOST = 6.0
"""No single check may count for more (0.25 % against 99.75 %): calibration never saw rarer cases."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one check says: log odds (natural) that the media is fake, 0 for nothing either way."""

    check: str
    fake_log_odds: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """What all checks say together.

    Attributes:
        fake_probability: 0..1, 0.5 where nothing could be said.
        status: failed is fake, passed is real; inconclusive lies between the two thresholds or has no evidence.
        reason: why it is inconclusive, if it is.
    """

    fake_probability: float
    status: Status
    reason: str | None = None

    @property
    def label(self) -> str:
        """The likelier of `real` and `fake`, however weak the evidence."""
        return "fake" if self.fake_probability >= 0.5 else "real"

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "label": self.label,
            "fake_probability": round(self.fake_probability, 4),
            "inconclusive": self.status is Status.INCONCLUSIVE,
        }

    def check(self, name: str, card: Card, subject: str = "file", **more: Any) -> Check:
        """The check that decides the service. `more` are further fields of `Check`."""
        return Check(
            name=name,
            subject=subject,
            status=self.status,
            score=round(1 - self.fake_probability, 4),
            threshold=round(1 - float(card.parameters["fake_from"]), 4),
            reasons=(self.reason,) if self.reason else (),
            **more,
        )


def probability(log_odds: float) -> float:
    """0..1, of natural log odds."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, log_odds))))


def log_odds_of(genuine: float) -> float:
    """Log odds of being fake, from a calibrated score 0..1, higher = more genuine."""
    genuine = min(max(genuine, _SURE), 1 - _SURE)
    return math.log((1 - genuine) / genuine)


def checkpoint_checks(odds: Mapping[str, Sequence[float]], subject: str = "file") -> Iterator[Check]:
    """What each of the operator's own detectors says; they inform, and are weighed as `checkpoint`.

    Args:
        odds: registry name of a detector -> log odds of being fake of each frame or window it was shown.
    """
    for name, told in odds.items():
        mean = statistics.fmean(told)
        yield Check(
            name=f"checkpoint.{name.removeprefix(PREFIX)}",
            subject=subject,
            status=Status.FAILED if mean >= 0 else Status.PASSED,
            score=round(1 - probability(mean), 4),
            threshold=0.5,
            evidence={"judged": len(told), "highest_log_odds": round(max(told), 3)},
            models=used(name),
        )


def fuse(evidence: Iterable[Evidence], card: Card) -> Judgement:
    """Weighs the checks by the card's `parameters`.

    Parameters: `bias` (log odds without evidence), `weights` (check to factor), `real_below` and `fake_from` (fake
    probabilities that bound what is inconclusive).

    Raises:
        KeyError: for a check without a weight: evidence is never dropped silently.
    """
    weights: Mapping[str, float] = card.parameters["weights"]
    found = [
        weights[e.check] * max(-LOG_ODDS_MOST, min(LOG_ODDS_MOST, e.fake_log_odds))
        for e in evidence
        if math.isfinite(e.fake_log_odds)
    ]
    if not found:
        return Judgement(0.5, Status.INCONCLUSIVE, "no_evidence")
    fake = probability(float(card.parameters["bias"]) + sum(found))
    if fake >= card.parameters["fake_from"]:
        return Judgement(fake, Status.FAILED)
    if fake < card.parameters["real_below"]:
        return Judgement(fake, Status.PASSED)
    return Judgement(fake, Status.INCONCLUSIVE, "weak_evidence")
