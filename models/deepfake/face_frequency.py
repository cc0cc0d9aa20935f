"""Does the grain of a face fit what surrounds it? Noise residuals of inner face and rim, compared band by band.

A face that was pasted, or drawn by a network, brings its own grain and sharpness; a camera gives both alike. Focus,
beards and make-up differ too, so this is weak evidence, weighed as such.
"""

import cv2
import numpy as np

from models.cards import card
from models.deepfake.face_artifacts import SIZE

CARD = card("deepfake/face-frequency")
FEATURES = 6
_BANDS = ((0.0, 0.7), (0.7, 1.4), (1.4, 2.8))
"""Standard deviations (pixels of the view) of the blurs whose difference is a band; 0 is the view itself."""
_FLOOR = 0.4


def _ellipse(centre: tuple[float, float], axes: tuple[float, float]) -> np.ndarray:
    filled: np.ndarray = np.zeros((SIZE, SIZE), np.uint8)
    middle = round(centre[0] * SIZE), round(centre[1] * SIZE)
    cv2.ellipse(filled, middle, (round(axes[0] * SIZE), round(axes[1] * SIZE)), 0, 0, 360, 255, -1)
    return filled > 0


_INNER = _ellipse((0.5, 0.52), (0.26, 0.32))
_RIM = ~_ellipse((0.5, 0.5), (0.36, 0.44)) & _ellipse((0.5, 0.5), (0.5, 0.56))


def features(view: np.ndarray) -> np.ndarray:
    """(6,) log ratios of inner face to rim: three bands of luma, the finest of both colour differences, and the change
    of the first ratio to the third.

    Args:
        view: (192, 192, 3) uint8 RGB of `models.deepfake.face_artifacts.face_view`.
    """
    planes = cv2.cvtColor(view, cv2.COLOR_RGB2YCrCb).astype(np.float32)
    ratios = [_ratio(planes[..., 0], *band) for band in _BANDS]
    ratios += [_ratio(planes[..., channel], *_BANDS[0]) for channel in (1, 2)]
    return np.array([*ratios, ratios[0] - ratios[2]], np.float64)


def log_odds(view: np.ndarray) -> float:
    """Natural log odds that the face is not of the picture around it, from the card's fit of ratios and squares."""
    ratios = (features(view) - CARD.parameters["mean"]) / np.array(CARD.parameters["spread"])
    weights = np.array(CARD.parameters["weights"])
    return float(CARD.parameters["bias"] + weights[:FEATURES] @ ratios + weights[FEATURES:] @ (ratios**2).clip(0, 9))


def _ratio(plane: np.ndarray, fine: float, coarse: float) -> float:
    sharp = cv2.GaussianBlur(plane, (0, 0), fine) if fine else plane
    residual = np.abs(sharp - cv2.GaussianBlur(plane, (0, 0), coarse))
    # Medians: edges of eyes, lips and hair are few pixels and must not decide.
    return float(np.log((np.median(residual[_INNER]) + _FLOOR) / (np.median(residual[_RIM]) + _FLOOR)))
