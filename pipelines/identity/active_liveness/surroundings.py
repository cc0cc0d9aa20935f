"""Whether what surrounds a face falls behind while it comes closer: hair, ears, neck and room stand further back.

Measured on the pixels, not on the mesh, which imagines depth in what is flat: face and surroundings of a far frame are
each laid over a near frame by the affine map that correlates best (enhanced correlation coefficient; Evangelidis and
Psarakis 2008). On a picture of a person one map fits both.
"""

import itertools
from collections.abc import Sequence

import cv2
import numpy as np

from pipelines.identity.active_liveness.geometry import OUTLINE
from pipelines.identity.active_liveness.movements import Signals, signals
from pipelines.identity.observation import Mark, Surroundings

_SIDE, _FACE = 200, 70
"""Pixels of the pictures that are compared, and of the face's width in them."""
_INNER, _RING = 0.85, (1.12, 1.75)
"""Times the face's outline: the face itself, and where its surroundings begin and end."""
_CHIN = 8
"""Pixels above the chin where the surroundings end: shoulders come closer with a face, or not."""
_FRONTAL = 8.0
"""Degrees of yaw and pitch from the start, beyond which a turn moves face and surroundings apart."""
_REST, _GROWN = 0.06, 0.2
"""Logarithms of the face's size: a far frame has less, a near one more."""
_FRAMES = 2
"""Frames of each kind; each far one is laid over each near one."""
_BLUR = 1.2
_TEXTURE_LEAST = 6.0
"""Standard deviation of the surroundings in grey levels, below which a plain wall fits any map."""
_AREA_LEAST = 0.03
_STEPS = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 40, 1e-4)


def surroundings(pixels: Sequence[np.ndarray], track: Sequence[Mark], scale: float) -> Surroundings | None:
    """Compares how face and surroundings grow from the far frames to the near ones; medians over the pairs.

    Args:
        pixels: (H, W, 3) uint8 RGB of each mark of the track, upright.
        scale: pixels of the original, in which the marks' meshes are, for each of these.

    Returns:
        None where the face does not come closer while it faces the camera, or its surroundings are plain.
    """
    found = signals(track)
    if found is None:
        return None
    numbers = [n for n, mark in enumerate(track) if mark.mesh is not None and mark.pose is not None]
    measured = [
        pair
        for far, near in itertools.product(*_chosen(found))
        if (pair := _compare(*(_shown(pixels[numbers[n]], found.mesh[n] / scale) for n in (far, near)))) is not None
    ]
    if not measured:
        return None
    lag, agreement = np.median(np.array(measured), axis=0)
    return Surroundings(float(lag), float(agreement))


def _chosen(found: Signals) -> tuple[list[int], list[int]]:
    """Numbers of the far frames, the earliest, and of the near ones, the nearest."""
    frontal = (np.abs(found.yaw) < _FRONTAL) & (np.abs(found.pitch) < _FRONTAL)
    far = [int(n) for n in np.flatnonzero(frontal & (found.size < _REST))]
    near = [int(n) for n in np.argsort(-found.size) if frontal[n] and found.size[n] > _GROWN]
    return far[:_FRAMES], near[:_FRAMES]


def _shown(pixels: np.ndarray, mesh: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """A square of the face and its surroundings in grey, 0 beyond the frame; the face's outline in it; its scale."""
    outline = mesh[list(OUTLINE), :2]
    scale = _FACE / max(float(np.linalg.norm(mesh[234, :2] - mesh[454, :2])), 1e-6)
    middle = outline.mean(0)
    place = np.column_stack([np.eye(2) * scale, _SIDE / 2 - scale * middle])
    smoothed = cv2.GaussianBlur(pixels, (0, 0), max(0.5, 0.4 / scale)) if scale < 1 else pixels
    square = cv2.cvtColor(cv2.warpAffine(smoothed, place, (_SIDE, _SIDE)), cv2.COLOR_RGB2GRAY)
    return square, (outline - middle) * scale + _SIDE / 2, scale


def _compare(
    far: tuple[np.ndarray, np.ndarray, float], near: tuple[np.ndarray, np.ndarray, float]
) -> tuple[float, float] | None:
    """Lag and agreement of one pair; None where they cannot be told."""
    (first, outline, small), (second, _, large) = far, near
    inside = cv2.erode(((first > 0) & (second > 0)).astype(np.uint8), np.ones((5, 5), np.uint8))
    inner = _scaled(outline, _INNER)
    ring = _scaled(outline, _RING[1]) & ~_scaled(outline, _RING[0]) & (inside * 255)
    ring[max(0, int(outline[:, 1].max()) - _CHIN) :] = 0
    if (ring > 0).mean() < _AREA_LEAST or first[ring > 0].std() < _TEXTURE_LEAST:
        return None
    face, around = _registered(first, second, inner), _registered(first, second, ring)
    if face is None:
        return None
    if around is None:  # no map fits what a flat picture would carry along
        return 1.0, 0.0
    return (face[0] - around[0]) / float(np.log(small / large)), around[1]


def _scaled(outline: np.ndarray, by: float) -> np.ndarray:
    middle = outline.mean(0)
    mask: np.ndarray = np.zeros((_SIDE, _SIDE), np.uint8)
    cv2.fillConvexPoly(mask, cv2.convexHull(np.round(middle + (outline - middle) * by).astype(np.int32)), 255)
    return mask


def _registered(first: np.ndarray, second: np.ndarray, mask: np.ndarray) -> tuple[float, float] | None:
    """Logarithm of the growth from the first to the second beyond their normed size, and the correlation after it."""
    smooth = [cv2.GaussianBlur(picture, (0, 0), _BLUR).astype(np.float32) for picture in (first, second)]
    try:
        correlation, form = cv2.findTransformECC(
            smooth[0], smooth[1], np.eye(2, 3, dtype=np.float32), cv2.MOTION_AFFINE, _STEPS, mask, 1
        )
    except cv2.error:  # it does not converge
        return None
    return 0.5 * float(np.log(max(abs(np.linalg.det(form[:, :2])), 1e-6))), float(correlation)
