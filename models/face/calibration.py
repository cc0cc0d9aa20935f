"""What a cosine of two face embeddings means: a score on the scale of false match rates.

score = (3 - log10 FMR) / 10, so 0.4 says that one in ten pairs of strangers is at least as alike, 0.7 one in 10,000.
The table is measured (card `face/match`, models/training/face_calibration.py) and belongs to one embedder.
"""

import numpy as np

from models.cards import card

CARD = card("face/match")
THRESHOLD: float = CARD.parameters["threshold"]
"""The recommended threshold: a match is a score at or above it (FMR 1e-4)."""

_COSINES = np.array(CARD.parameters["cosines"])
_SCORES = np.array(CARD.parameters["scores"])


def score(cosine: float) -> float:
    """Score 0..1 of a cosine; monotone, so thresholds and rankings carry over. NaN stays NaN."""
    return float(np.interp(cosine, _COSINES, _SCORES))


def cosine_at(score: float) -> float:
    """The least cosine that reaches a score 0..1, for thresholds of a search."""
    return float(np.interp(score, _SCORES, _COSINES))


def false_match_rate(score: float) -> float:
    """The false match rate that a score stands for, at most 1; below 1e-4 it is extrapolated."""
    return min(1.0, float(10 ** (3 - 10 * score)))
