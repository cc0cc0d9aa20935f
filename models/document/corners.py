"""The order of corners."""

import numpy as np


def ordered(quad: np.ndarray) -> np.ndarray:
    """The corners clockwise as seen (y down), from the one nearest to the top left."""
    middle = quad.mean(0)
    around = quad[np.argsort(np.arctan2(quad[:, 1] - middle[1], quad[:, 0] - middle[0]))]
    return np.roll(around, -int(np.argmin(around.sum(1))), 0)
