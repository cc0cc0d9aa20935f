"""What the checks of pixels answer: how genuine a picture looks to them, and where it does not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Region = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels of the image that was judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomaly:
    """One check of one picture.

    Attributes:
        score: 0..1, higher = more genuine; under the card's `threshold` the picture was changed where `regions` say.
        strength: the raw measure behind the score, 0 and up, higher = more suspicious.
        regions: strongest first; empty where nothing stands out.
        heat: (h, w) float32 0..1, higher = more suspicious, over the whole picture at any scale.
        details: JSON values that explain the finding.
    """

    score: float
    strength: float
    regions: tuple[Region, ...]
    heat: np.ndarray
    details: Mapping[str, Any] = field(default_factory=dict)


def genuineness(strength: float, limit: float, steepness: float = 4.0) -> float:
    """0..1: 1 where nothing stands out, 0.5 at the limit."""
    return 1.0 / (1.0 + (max(strength, 0.0) / limit) ** steepness)
