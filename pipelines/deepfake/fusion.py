"""One judgement from several independent checks: their calibrated log odds, weighted and added.

Addition of log odds is what independent evidence asks for (naive Bayes); the weights, fitted on held-out media, take
back what the checks have in common.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from models.cards import Card
from pipelines.report import Check, Status

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
    probability = 1 / (1 + math.exp(-(float(card.parameters["bias"]) + sum(found))))
    if probability >= card.parameters["fake_from"]:
        return Judgement(probability, Status.FAILED)
    if probability < card.parameters["real_below"]:
        return Judgement(probability, Status.PASSED)
    return Judgement(probability, Status.INCONCLUSIVE, "weak_evidence")
