"""From the detector's maps to quadrilaterals: pure array work, tested without the network."""

import cv2
import numpy as np

INSIDE, CORE, CORNER = 0, 1, 2
"""Planes of the maps: inside of a document, its inner part (which keeps neighbours apart), its corners."""
_LEAST = 12
"""Cells of the smallest document."""


def quads_of(maps: np.ndarray, threshold: float) -> list[tuple[np.ndarray, float]]:
    """Documents in the detector's maps.

    Args:
        maps: (3, h, w) float32 probabilities.
        threshold: least mean probability of a document's inside.

    Returns:
        (4, 2) corners in cells, clockwise, and the mean probability of the inside, for each document.
    """
    inside = maps[INSIDE] > 0.5
    count, cores = cv2.connectedComponents((maps[CORE] > 0.5).astype(np.uint8))
    if count <= 1:
        return []
    # Every inside cell belongs to the core that is nearest to it.
    far = cv2.distanceTransformWithLabels(
        (cores == 0).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )[1]
    owner = np.zeros(int(far.max()) + 1, np.int32)
    owner[far[cores > 0]] = cores[cores > 0]
    owners = owner[far]
    found = []
    for number in range(1, count):
        mine = (owners == number) & inside
        mine = _largest(mine)
        score = float(maps[INSIDE][mine].mean()) if mine.any() else 0.0
        if mine.sum() < _LEAST or score < threshold:
            continue
        quad = quadrilateral(mine)
        if quad is not None:
            found.append((snapped(quad, maps[CORNER]), score))
    return found


def _largest(mask: np.ndarray) -> np.ndarray:
    count, parts, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    if count <= 2:
        return mask
    return np.asarray(parts == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA])))


def quadrilateral(mask: np.ndarray) -> np.ndarray | None:
    """The quadrilateral that fits a blob, (4, 2) in cells (a cell's middle is at .5), or None for a sliver."""
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    hull = cv2.convexHull(max(contours, key=cv2.contourArea))[:, 0].astype(np.float32)
    if len(hull) < 4:
        return None
    quad = _four(hull)
    if quad is None:
        return None
    middle = quad.mean(0)
    # The contour runs through the middles of the outermost cells: half a cell is missing all round.
    away = quad - middle
    return ordered(quad + 0.5 + 0.5 * np.sign(away))


def _four(hull: np.ndarray) -> np.ndarray | None:
    """Drops from a convex polygon the edge whose removal adds least area, until four are left."""
    points = [point.astype(np.float64) for point in hull]
    while len(points) > 4:
        best: tuple[float, int, np.ndarray] | None = None
        for i in range(len(points)):
            a, b, c, d = (points[(i + j) % len(points)] for j in range(-1, 3))
            meet = _meet(a, b, d, c)
            if meet is None:
                continue
            gained = abs(float(np.cross(np.append(c - b, 0), np.append(meet - b, 0))[2])) / 2
            if best is None or gained < best[0]:
                best = gained, i, meet
        if best is None:
            return np.asarray(cv2.boxPoints(cv2.minAreaRect(hull)))
        _, i, meet = best
        following = (i + 1) % len(points)
        points[i] = meet
        del points[following]
    return np.array(points) if len(points) == 4 else None


def _meet(a: np.ndarray, b: np.ndarray, d: np.ndarray, c: np.ndarray) -> np.ndarray | None:
    """Where the lines a-b and d-c meet beyond b and c; None where they part."""
    one, two = b - a, c - d
    cross = one[0] * two[1] - one[1] * two[0]
    if abs(cross) < 1e-9:
        return None
    between = d - a
    s = (between[0] * two[1] - between[1] * two[0]) / cross
    t = (between[0] * one[1] - between[1] * one[0]) / cross
    return np.asarray(a + s * one) if s >= 1 and t >= 1 else None


def snapped(quad: np.ndarray, heat: np.ndarray, reach: float = 2.5) -> np.ndarray:
    """Moves each corner to the centre of the corner heat around it, where there is any."""
    height, width = heat.shape
    moved = quad.copy()
    yy, xx = np.mgrid[0:height, 0:width] + 0.5
    for index, (x, y) in enumerate(quad):
        near = np.hypot(xx - x, yy - y) <= reach
        weight = np.where(near, heat, 0) ** 2
        if weight.max() > 0.09:
            moved[index] = (weight * xx).sum() / weight.sum(), (weight * yy).sum() / weight.sum()
    return moved


def ordered(quad: np.ndarray) -> np.ndarray:
    """The corners clockwise as seen (y down), from the one nearest to the top left."""
    middle = quad.mean(0)
    around = quad[np.argsort(np.arctan2(quad[:, 1] - middle[1], quad[:, 0] - middle[0]))]
    return np.roll(around, -int(np.argmin(around.sum(1))), 0)
