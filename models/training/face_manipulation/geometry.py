"""Masks over parts of a face, and warps that move a face's mesh."""

import cv2
import numpy as np

from models.training.clips.head import OVAL

LIPS = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185)
INNER_LIPS = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191)
EYES = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
OTHER_EYE = (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466)
BROWS = (70, 63, 105, 66, 107, 300, 293, 334, 296, 336)
NOSE = (168, 6, 197, 195, 5, 4, 1, 19, 94, 2, 98, 327, 129, 358)
POINTS = 468
_RINGS = (1.25, 1.7)


def hull(points: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """(H, W) float32, 1 inside the convex hull of the (N, 2) points."""
    filled: np.ndarray = np.zeros(shape[:2], np.uint8)
    cv2.fillConvexPoly(filled, cv2.convexHull(np.round(points).astype(np.int32)), 255)
    return filled.astype(np.float32) / 255


def width_of(mesh: np.ndarray) -> float:
    """Pixels between the sides of the face."""
    return float(max(np.ptp(mesh[list(OVAL), 0]), np.ptp(mesh[list(OVAL), 1]) * 0.7, 8.0))


def region(mesh: np.ndarray, name: str, shape: tuple[int, ...]) -> np.ndarray:
    """(H, W) float32 of one of `face`, `inner` (brows to lips), `lower`, `mouth`, `eyes`, `nose`."""
    oval = mesh[list(OVAL)]
    if name == "face":
        return hull(oval, shape)
    if name == "inner":
        return hull(mesh[[*LIPS, *EYES, *OTHER_EYE, *BROWS, *NOSE]], shape)
    if name == "lower":
        level, down = mesh[2], mesh[152] - mesh[10]
        below = oval[(oval - level) @ down > 0]
        return hull(np.vstack([below, mesh[[2, 98, 327]]]), shape)
    if name == "mouth":
        lips = mesh[list(LIPS)]
        return hull(lips.mean(0) + 1.35 * (lips - lips.mean(0)), shape)
    if name == "eyes":
        return hull(mesh[[*EYES, *OTHER_EYE, *BROWS]], shape)
    return hull(mesh[list(NOSE)], shape)


def anchored(mesh: np.ndarray) -> np.ndarray:
    """The face's points and rings around it: (468 + 72, 2)."""
    oval = mesh[list(OVAL)]
    centre = oval.mean(0)
    return np.concatenate([mesh[:POINTS], *(centre + times * (oval - centre) for times in _RINGS)])


def triangles(points: np.ndarray) -> np.ndarray:
    """(T, 3) indices of the Delaunay triangles of (N, 2) points."""
    points = np.asarray(points, np.float32)
    low, high = points.min(0) - 2, points.max(0) + 2
    plane = cv2.Subdiv2D((0, 0, *(int(side) + 2 for side in high - low)))
    places: dict[tuple[float, float], int] = {}
    for index, point in enumerate(points - low):
        places.setdefault((float(point[0]), float(point[1])), index)
        plane.insert((float(point[0]), float(point[1])))
    corners = np.asarray(plane.getTriangleList(), np.float32).reshape(-1, 3, 2)
    found = [[places.get((float(x), float(y)), -1) for x, y in three] for three in corners]
    return np.array([three for three in found if min(three) >= 0])


def piecewise(source: np.ndarray, target: np.ndarray, faces: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """(H, W, 2) float32: for each pixel of the target picture where it comes from, affine in every triangle."""
    corners = target[faces].astype(np.float64)
    square = np.concatenate([corners, np.ones((len(faces), 3, 1))], 2)
    flat = np.abs(np.linalg.det(square)) < 1e-3
    square[flat] += np.diag([1e-1, 1e-1, 0])
    maps = np.linalg.solve(square, source[faces].astype(np.float64)).astype(np.float32)
    which: np.ndarray = np.full(shape[:2], -1, np.int32)
    for index, corner in enumerate(np.round(corners).astype(np.int32)):
        cv2.fillConvexPoly(which, corner, index)
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    places = np.stack([x, y], -1)
    inside = which >= 0
    homogeneous = np.concatenate([places[inside], np.ones((int(inside.sum()), 1), np.float32)], 1)
    places[inside] = np.einsum("ni,nij->nj", homogeneous, maps[which[inside]])
    return places


def smooth(source: np.ndarray, target: np.ndarray, reach: float, shape: tuple[int, ...]) -> np.ndarray:
    """As `piecewise`, by a field that falls off within `reach` pixels of the moved points."""
    step = 8
    gy, gx = np.mgrid[: shape[0] : step, : shape[1] : step].astype(np.float32)
    places = np.stack([gx.ravel(), gy.ravel()], 1)
    apart = ((places[:, None] - target[None]) ** 2).sum(-1) / np.float32(2 * reach * reach)
    weight = np.exp(-apart)
    moved = (weight @ (source - target)) / (weight.sum(1, keepdims=True) + 0.5)
    field = cv2.resize(moved.reshape(*gx.shape, 2), (gx.shape[1] * step, gx.shape[0] * step))
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    return np.stack([x, y], -1) + field[: shape[0], : shape[1]]


def remap(image: np.ndarray, places: np.ndarray, kernel: int = cv2.INTER_LINEAR) -> np.ndarray:
    """The image as seen through the places of `piecewise` or `smooth`."""
    x, y = np.ascontiguousarray(places[..., 0]), np.ascontiguousarray(places[..., 1])
    return cv2.remap(image, x.astype(np.float32), y.astype(np.float32), kernel, borderMode=cv2.BORDER_REFLECT)
