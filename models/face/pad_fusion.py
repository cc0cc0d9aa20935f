"""Joins the two passive presentation-attack signals of one frame into one score."""

import math

from models.cards import card

_CARD = card("face/pad-fusion")
_SURE = 1e-5  # scores of exactly 0 or 1 carry no infinite weight


def fuse(recapture: float, signal: float) -> float:
    """The probability that a face is bona fide, from two scores of the same frame.

    Args:
        recapture: score of `models.face.recapture.RecaptureDetector`, 0..1, higher = more bona fide.
        signal: score of `models.face.liveness.FrLiveness`, 0..1, higher = more bona fide.

    Returns:
        0..1, higher = more bona fide; bona fide and attacks equally likely beforehand. Compare it with `threshold` and
        `inconclusive_below` of the card `face/pad-fusion`, never with 0.5.

    Raises:
        ValueError: a score is not within 0..1 (NaN included): what could not be judged is not fused.
    """
    constants = _CARD.parameters
    total = float(constants["bias"])
    for name, score in (("recapture_weight", recapture), ("signal_weight", signal)):
        if not 0 <= score <= 1:
            raise ValueError(f"presentation-attack score {score} is not within 0..1")
        total += float(constants[name]) * _log_odds(score)
    return 1 / (1 + math.exp(-total))


def _log_odds(score: float) -> float:
    score = min(max(score, _SURE), 1 - _SURE)
    return math.log(score / (1 - score))
