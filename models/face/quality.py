"""Plain measures of how fit a face picture is to be judged; no network involved.

All look at the face oval of a mesh crop. Thresholds stand in the card `face/quality`.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from models.cards import card

CARD = card("face/quality")

# MediaPipe's face oval, forehead clockwise.
_OVAL = """
10 338 297 332 284 251 389 356 454 323 361 288 397 365 379 378 400 377 152 148 176 149 150 136 172 58 132 93 234 127 162
21 54 103 67 109
"""
_OVAL_POINTS = np.array(_OVAL.split(), int)
_SHARPNESS_RANGE: list[float] = CARD.parameters["sharpness_range"]


@dataclass(frozen=True, slots=True)
class FaceQuality:
    """Measures of one face, all 0..1.

    Attributes:
        brightness: mean luma of the face; 0 = black, 1 = white.
        contrast: luma between its 5 % and 95 % quantiles.
        sharpness: fine detail against coarse structure; 0 = as blurred as measurable, 1 = crisp.
        overexposed: share of the face burnt out to white.
        underexposed: share of the face lost in black.
    """

    brightness: float
    contrast: float
    sharpness: float
    overexposed: float
    underexposed: float


def face_quality(crop: np.ndarray, landmarks: np.ndarray) -> FaceQuality:
    """Measures a face.

    Args:
        crop: (256, 256, 3) uint8 RGB of `models.face.landmarks.mesh_crop`.
        landmarks: its (478, 3) mesh in crop pixels.
    """
    luma = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    oval = np.zeros(luma.shape, np.uint8)
    cv2.fillConvexPoly(oval, cv2.convexHull(np.rint(landmarks[_OVAL_POINTS, :2]).astype(np.int32)), 1)
    inside = luma[oval > 0]
    if not inside.size:
        return FaceQuality(0.0, 0.0, 0.0, 0.0, 0.0)
    low, high = np.quantile(inside, (0.05, 0.95))
    return FaceQuality(
        brightness=float(inside.mean() / 255),
        contrast=float((high - low) / 255),
        sharpness=_sharpness(luma, oval),
        overexposed=float((inside >= 250).mean()),
        underexposed=float((inside <= 12).mean()),
    )


def _sharpness(luma: np.ndarray, oval: np.ndarray) -> float:
    """Energy of fine detail over all structure, on a logarithmic scale from blurred to crisp.

    The outline of the face is left out, and single-pixel noise is smoothed away first.
    """
    inner = cv2.erode(oval, np.ones((15, 15), np.uint8)) > 0
    if not inner.any():
        return 0.0
    smooth = cv2.GaussianBlur(luma.astype(np.float32), (0, 0), 0.8)
    detail = cv2.Laplacian(smooth, cv2.CV_32F)[inner]
    ratio = np.log10((float(detail.var()) + 1e-3) / (float(smooth[inner].var()) + 1.0))
    return float(np.interp(ratio, _SHARPNESS_RANGE, (0, 1)))
