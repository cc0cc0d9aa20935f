"""Brings a face into the position an embedder was trained on."""

import cv2
import numpy as np

SIZE = 112
REFERENCE = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]], np.float32
)
"""ArcFace reference points in a 112 x 112 crop (Deng et al. 2019), in the order of `FaceBox.points`."""


def align(image: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Cuts the aligned crop that SFace and its kin expect, as OpenCV's FaceRecognizerSF.alignCrop does.

    Args:
        image: (H, W, 3) uint8 RGB.
        points: (5, 2) eyes, nose tip and mouth corners in image pixels, as in `FaceBox.points`.

    Returns:
        (112, 112, 3) uint8 RGB; black beyond the image border.
    """
    return cv2.warpAffine(image, similarity(points, REFERENCE), (SIZE, SIZE), flags=cv2.INTER_LINEAR)


def similarity(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The (2, 3) rotation, scale and shift that maps source points onto target points with least squares.

    Umeyama 1991 without reflection. `cv2.estimateAffinePartial2D` minimises another, robust error and would move the
    crop. Points that all coincide give a finite, meaningless map.
    """
    source, target = np.asarray(source, np.float64), np.asarray(target, np.float64)
    source_mean, target_mean = source.mean(0), target.mean(0)
    centred = source - source_mean
    u, spread, vt = np.linalg.svd((target - target_mean).T @ centred / len(source))
    handed = np.array([1.0, np.sign(np.linalg.det(u) * np.linalg.det(vt)) or 1.0])
    rotation = u @ np.diag(handed) @ vt
    scale = float(spread @ handed) / max(float((centred**2).sum() / len(source)), np.finfo(np.float64).tiny)
    return np.hstack([scale * rotation, (target_mean - scale * rotation @ source_mean)[:, None]])
