"""From scores to the figures that the report and the plot show."""

from dataclasses import dataclass

import numpy as np

from benchmarks.biometrics.measures import (
    FAILED,
    Rate,
    by_person,
    false_match_rate,
    least_error,
    threshold_at,
    trade_off,
)
from benchmarks.biometrics.pairs import Source
from benchmarks.biometrics.verification import CLEAN, CONDITIONS, Findings, Scores, pooled
from models.training.error_discard import error_versus_discard, resampled_discard

RATES = (1e-2, 1e-3)
CURVE = np.logspace(-4, -0.3, 60)
SHARES = np.arange(0, 0.31, 0.01)
SEED = 7
TRUSTED = ("labelled", "one session")
"""Sources whose genuine pairs rest on more than the likeness of the faces."""


@dataclass(frozen=True, slots=True)
class Discard:
    """Error versus discard at one threshold, over shares `SHARES` of pairs rejected, with 95 % intervals.

    `gain` is what rejecting the worst tenth takes off the error rate of the same sample of persons, with its interval.
    """

    curve: np.ndarray
    low: np.ndarray
    high: np.ndarray
    gain: tuple[float, float, float]
    least: np.ndarray
    n: int
    persons: int


class Verification:
    """One system's error rates. Thresholds come from its clean impostor pairs of portraits and then stay fixed."""

    def __init__(self, name: str, findings: Findings, sources: list[Source]) -> None:
        self.name, self.findings = name, findings
        self.sources = {source.name: source for source in sources}
        self._impostors = findings.scores(self.sources["one session"], CLEAN).impostors
        self.thresholds = {rate: threshold_at(self._impostors, rate) for rate in RATES}
        self.scores = {(s.name, c): findings.scores(s, c) for s in sources for c in CONDITIONS}

    def missed(self, source: str, condition: str, rate: float) -> Rate:
        """FNMR at the threshold of a false match rate, failures to acquire included."""
        found = self.scores[source, condition]
        return by_person(found.genuine < self.thresholds[rate], found.persons, SEED)

    def missed_when_seen(self, source: str, condition: str, rate: float) -> Rate | None:
        """FNMR of the pairs in which it found both faces: what the matcher alone misses. None where there is none."""
        found = self.scores[source, condition]
        seen = found.genuine != FAILED
        if not seen.any():
            return None
        return by_person(found.genuine[seen] < self.thresholds[rate], found.persons[seen], SEED)

    def matched(self, source: str, condition: str, rate: float) -> float:
        """The false match rate seen on a source's impostors at the threshold set on clean portraits."""
        return false_match_rate(self.scores[source, condition].impostors, self.thresholds[rate])

    def curve(self, conditions: tuple[str, ...], sources: tuple[str, ...] = TRUSTED) -> np.ndarray:
        """FNMR over `CURVE`, genuine pairs of those sources and conditions against clean portrait impostors."""
        return trade_off(self.gathered(conditions, sources).genuine, self._impostors, CURVE)

    def gathered(self, conditions: tuple[str, ...], sources: tuple[str, ...] = TRUSTED) -> Scores:
        """Scores of several sources and conditions; persons of different sources are different."""
        parts = []
        for place, source in enumerate(sources):
            for condition in conditions:
                found = self.scores[source, condition]
                parts.append(Scores(found.genuine, found.quality, found.persons + 10_000 * place, found.impostors))
        return pooled(iter(parts))

    def pooled_rate(self, conditions: tuple[str, ...], rate: float) -> Rate:
        """FNMR over the trusted sources and those conditions together."""
        found = self.gathered(conditions)
        return by_person(found.genuine < self.thresholds[rate], found.persons, SEED)


def discarded(judge: Verification, quality: Verification, rate: float) -> Discard:
    """How one system's misses on spoilt pairs fall as the pairs of lowest quality, by another's measure, are rejected.

    Only pairs in which both found the faces count: that what cannot be found is rejected first proves nothing.
    """
    scores, measure = judge.gathered(CONDITIONS[1:]), quality.gathered(CONDITIONS[1:])
    seen = (scores.genuine != FAILED) & (measure.genuine != FAILED)
    errors, lower, persons = scores.genuine[seen] < judge.thresholds[rate], measure.quality[seen], scores.persons[seen]
    curve, samples = (
        error_versus_discard(errors, lower, SHARES),
        resampled_discard(errors, lower, persons, SHARES, SEED),
    )
    low, high = np.quantile(samples, (0.025, 0.975), axis=0)
    tenth = int(np.argmin(np.abs(SHARES - 0.1)))
    least, most = np.quantile(samples[:, 0] - samples[:, tenth], (0.025, 0.975))
    return Discard(
        curve,
        low,
        high,
        (float(curve[0] - curve[tenth]), float(least), float(most)),
        least_error(errors, SHARES),
        len(errors),
        len(np.unique(persons)),
    )
