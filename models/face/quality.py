"""Plain measures of how fit a face picture is to be judged; no network involved.

All look at a mesh crop, most of them at the face oval alone. What they mean together stands in `iso_quality`.
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
_FOREHEAD, _CHIN, _LIPS = 10, 152, 13
_RIGHT_EYE, _LEFT_EYE = [33, 133], [362, 263]
_SHARPNESS_RANGE: list[float] = CARD.parameters["sharpness_range"]
_ACUITY_RANGE: list[float] = CARD.parameters["acuity_range"]
_BACKGROUND_RANGE: list[float] = CARD.parameters["background_range"]
_BINS = 32
_BACKGROUND_FROM = 1.3
_LEAST_BACKGROUND = 0.02
_IMMERKAER = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)


@dataclass(frozen=True, slots=True)
class FaceQuality:
    """Measures of one face, all 0..1.

    Attributes:
        brightness: mean luma of the face; 0 = black, 1 = white.
        contrast: luma between its 5 % and 95 % quantiles.
        sharpness: fine detail against coarse structure; 0 = as blurred as measurable, 1 = crisp.
        acuity: coarser detail in the direction that has least of it, so that shaking counts; 0 = none left, 1 = crisp.
        overexposed: share of the face burnt out to white.
        underexposed: share of the face lost in black.
        illumination: how much the luma histograms of the face's left and right half have in common; 1 = all.
        dynamic_range: entropy of the face's luma, of the 8 bits there could be.
        noise: standard deviation of the noise (Immerkaer 1996), of full scale; what a small face had is smoothed away.
        eye_distance: between the centres of the eyes, of the crop's side.
        background: uniformity beside and above the face, 1 = no structure; None where too little of it is in the crop.
    """

    brightness: float
    contrast: float
    sharpness: float
    acuity: float
    overexposed: float
    underexposed: float
    illumination: float
    dynamic_range: float
    noise: float
    eye_distance: float
    background: float | None


def face_quality(crop: np.ndarray, landmarks: np.ndarray) -> FaceQuality:
    """Measures a face.

    Args:
        crop: (256, 256, 3) uint8 RGB of `models.face.landmarks.mesh_crop`.
        landmarks: its (478, 3) mesh in crop pixels.
    """
    luma = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    points = landmarks[:, :2].astype(np.float32)
    oval = _filled(points[_OVAL_POINTS], 1.0, luma.shape[:2])
    inside = luma[oval > 0]
    if not inside.size:
        return FaceQuality(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, None)
    share = np.bincount(inside, minlength=256) / inside.size
    low, high = np.searchsorted(np.cumsum(share), (0.05, 0.95))
    eyes = points[_LEFT_EYE].mean(0) - points[_RIGHT_EYE].mean(0)
    return FaceQuality(
        brightness=float(inside.mean() / 255),
        contrast=float((high - low) / 255),
        sharpness=_sharpness(luma, oval),
        acuity=_acuity(luma, oval),
        overexposed=float((inside >= 250).mean()),
        underexposed=float((inside <= 12).mean()),
        illumination=_illumination(luma, oval, points[_FOREHEAD], points[_CHIN]),
        dynamic_range=float(-(share[share > 0] * np.log2(share[share > 0])).sum() / 8) + 0.0,
        noise=_noise(luma, oval),
        eye_distance=min(float(np.hypot(*eyes)) / crop.shape[1], 1.0),
        background=_background(luma, points),
    )


def _filled(outline: np.ndarray, scale: float, shape: tuple[int, ...]) -> np.ndarray:
    """1 inside the convex hull of an outline, enlarged about its middle, 0 elsewhere; uint8."""
    middle = (outline.min(0) + outline.max(0)) / 2
    plane = np.zeros(shape, np.uint8)
    hull = cv2.convexHull(np.rint((outline - middle) * scale + middle).astype(np.int32))
    cv2.fillConvexPoly(plane, hull, 1)
    return plane


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


def _acuity(luma: np.ndarray, oval: np.ndarray) -> float:
    """Least variance of the second derivative along eight directions, over all structure, on a logarithmic scale.

    The embedder looks at half the crop's resolution, so finer detail than that is smoothed away.
    """
    inner = cv2.erode(oval, np.ones((15, 15), np.uint8)) > 0
    if not inner.any():
        return 0.0
    smooth = cv2.GaussianBlur(luma.astype(np.float32), (0, 0), 1.6)
    curved = np.stack([cv2.Sobel(smooth, cv2.CV_32F, *order)[inner] for order in ((2, 0), (1, 1), (0, 2))])
    angles = np.arange(8) * np.pi / 8
    along = np.stack([np.cos(angles) ** 2, np.sin(2 * angles), np.sin(angles) ** 2], axis=1)
    least = float(np.einsum("di,ij,dj->d", along, np.cov(curved), along).min())
    ratio = np.log10((max(least, 0.0) + 1e-3) / (float(smooth[inner].var()) + 1.0))
    return float(np.interp(ratio, _ACUITY_RANGE, (0, 1)))


def _illumination(luma: np.ndarray, oval: np.ndarray, forehead: np.ndarray, chin: np.ndarray) -> float:
    """Histogram intersection of the halves on both sides of the line from forehead to chin."""
    down = chin - forehead
    columns, rows = np.arange(luma.shape[1], dtype=np.float32), np.arange(luma.shape[0], dtype=np.float32)[:, None]
    right = (columns - forehead[0]) * down[1] < (rows - forehead[1]) * down[0]
    halves = []
    for side in (right, ~right):
        levels = cv2.calcHist([luma], [0], oval * side.view(np.uint8), [_BINS], [0, 256]).ravel()
        halves.append(levels / max(float(levels.sum()), 1.0))
    return min(float(np.minimum(*halves).sum()), 1.0)


def _noise(luma: np.ndarray, oval: np.ndarray) -> float:
    """Immerkaer, Fast Noise Variance Estimation, CVIU 1996: a mask that edges and slopes hardly answer to."""
    answer = cv2.filter2D(luma, cv2.CV_32F, _IMMERKAER)
    mean = cv2.norm(answer, cv2.NORM_L1, oval) / max(cv2.countNonZero(oval), 1)
    return min(float(np.sqrt(np.pi / 2) / 6 * mean) / 255, 1.0)


def _background(luma: np.ndarray, points: np.ndarray) -> float | None:
    """Mean slope of the smoothed luma outside the enlarged oval and above the mouth; hair there counts as structure.

    The black that fills crops beyond the picture is left out, with what lies beside it.
    """
    beside = _filled(points[_OVAL_POINTS], _BACKGROUND_FROM, luma.shape[:2]) == 0
    beside[max(0, int(points[_LIPS, 1])) :] = False
    padding = (luma == 0).astype(np.uint8)
    beside &= cv2.dilate(padding, np.ones((11, 11), np.uint8)) == 0
    if beside.mean() < _LEAST_BACKGROUND:
        return None
    smooth = cv2.GaussianBlur(luma.astype(np.float32), (0, 0), 2)
    slopes = cv2.magnitude(cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1))[beside] / 8
    return float(np.interp(slopes.mean(), _BACKGROUND_RANGE, (1, 0)))
