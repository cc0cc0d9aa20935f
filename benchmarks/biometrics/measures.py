"""Error rates of verification (ISO/IEC 19795-1).

Scores: higher = more alike. A comparison that a system could not make, because it found no face, scores `FAILED` and
so counts as a non-match, whatever the threshold.
"""

from dataclasses import dataclass

import numpy as np

from models.training.error_discard import error_versus_discard
from models.training.recapture.evaluate import wilson

FAILED = -np.inf
RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Rate:
    """A share 0..1 with its 95 % interval, of `n` comparisons."""

    value: float
    low: float
    high: float
    n: int


def threshold_at(impostors: np.ndarray, rate: float) -> float:
    """The least threshold at which at most a share `rate` of impostor scores match (score >= threshold).

    Raises:
        ValueError: fewer than 1 / `rate` scores, which cannot show such a rate.
    """
    allowed = int(rate * len(impostors) + 1e-9)
    if not allowed:
        raise ValueError(f"{len(impostors)} impostor pairs cannot show a false match rate of {rate:g}")
    descending = np.sort(impostors)[::-1]
    return float(np.nextafter(descending[allowed], np.inf)) if allowed < len(descending) else FAILED


def false_match_rate(impostors: np.ndarray, threshold: float) -> float:
    """Share of impostor scores at or above the threshold."""
    return float((impostors >= threshold).mean())


def false_non_match_rate(genuine: np.ndarray, threshold: float) -> float:
    """Share of genuine scores below the threshold, failures to acquire among them."""
    return float((genuine < threshold).mean())


def by_person(errors: np.ndarray, persons: np.ndarray, seed: int) -> Rate:
    """The share of errors, its interval from resampling whole persons: their pairs fail together.

    Where no pair or every pair failed, resampling shows no spread: then Wilson's interval over the number of persons.

    Args:
        errors: (N,) bool.
        persons: (N,) whose pair each is, any labels.
    """
    names, member = np.unique(persons, return_inverse=True)
    value = float(errors.mean())
    if value in (0.0, 1.0):
        _, low, high = wilson(round(value * len(names)), len(names))
        return Rate(value, low, high, len(errors))
    failed, of = np.bincount(member, errors.astype(float)), np.bincount(member).astype(float)
    drawn = np.random.default_rng(seed).integers(0, len(names), (RESAMPLES, len(names)))
    low, high = np.quantile(failed[drawn].sum(1) / of[drawn].sum(1), (0.025, 0.975))
    return Rate(value, float(low), float(high), len(errors))


def trade_off(genuine: np.ndarray, impostors: np.ndarray, rates: np.ndarray) -> np.ndarray:
    """FNMR at each of the false match rates `rates`: the points of a detection error trade-off curve."""
    return np.array([false_non_match_rate(genuine, threshold_at(impostors, rate)) for rate in rates])


def least_error(errors: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """`error_versus_discard` of a quality that knows every error beforehand: nothing can fall faster."""
    return error_versus_discard(errors, -errors.astype(float), shares)
