"""Corners to within a pixel or two: straight lines fitted to the edges that lie where the network says they do."""

import cv2
import numpy as np

LONG_SIDE = 1000
"""Pixels of the picture in which edges are looked for."""
_REACH = 0.03
_SAMPLES = 48
_MOVE = 1.5  # times the reach: corners that would move further stay


def refine(image: np.ndarray, corners: np.ndarray, reach: float = _REACH) -> np.ndarray:
    """Moves corners onto the crossings of the document's edges.

    Args:
        image: (H, W, 3) uint8 RGB.
        corners: (4, 2) x, y, clockwise, a few per cent from the truth.
        reach: how far an edge is looked for on both sides of the guess, as a share of the mean side.

    Returns:
        (4, 2) float64; a side without a clear edge (outside of the picture, say) stays where it was.
    """
    k = min(1.0, LONG_SIDE / max(image.shape[:2]))
    small = cv2.resize(image, None, fx=k, fy=k, interpolation=cv2.INTER_AREA) if k < 1 else image
    smooth = cv2.GaussianBlur(small, (0, 0), 1.0).astype(np.float32)
    quad = corners.astype(np.float64) * k
    side = float(np.mean(np.linalg.norm(np.roll(quad, -1, 0) - quad, axis=1)))
    if side < 24:
        return corners.astype(np.float64)
    lines = [_edge(smooth, quad[i], quad[(i + 1) % 4], max(3.0, side * reach)) for i in range(4)]
    moved = np.stack([_crossing(lines[i - 1], lines[i], quad[i]) for i in range(4)])
    far = np.linalg.norm(moved - quad, axis=1) > _MOVE * reach * side
    moved[far] = quad[far]
    return moved / k


def _edge(image: np.ndarray, a: np.ndarray, b: np.ndarray, reach: float) -> tuple[np.ndarray, np.ndarray]:
    """A point and a direction of the line along the edge near a-b."""
    along = b - a
    length = float(np.linalg.norm(along))
    if length < 1:
        return a, np.array([1.0, 0.0])
    along = along / length
    outward = np.array([along[1], -along[0]])
    places = a + np.linspace(0.08, 0.92, _SAMPLES)[:, None] * (b - a)
    steps = np.arange(-reach, reach + 0.5, 0.5)
    grid = places[:, None] + steps[None, :, None] * outward
    height, width = image.shape[:2]
    profile = cv2.remap(
        image, grid[..., 0].astype(np.float32), grid[..., 1].astype(np.float32), cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    change = np.abs(profile[:, 4:] - profile[:, :-4]).sum(-1)  # over two pixels
    # A guess is more often nearly right than wrong, and what lies further out is more often the edge than print inside.
    change = change * np.exp(-0.5 * (steps[2:-2] / (0.6 * reach)) ** 2)[None]
    best = change.argmax(1)
    strength = change[np.arange(len(best)), best]
    offset = steps[2:-2][best]
    seen = grid[np.arange(len(best)), best + 2]
    inside = (seen[:, 0] > 1) & (seen[:, 0] < width - 2) & (seen[:, 1] > 1) & (seen[:, 1] < height - 2)
    clear = inside & (strength > 12)
    if clear.sum() < _SAMPLES // 3:
        return a, along
    position = np.linspace(0.08, 0.92, _SAMPLES)
    slope, level = _robust(position[clear], offset[clear], strength[clear], reach)
    start, end = a + level * outward, b + (level + slope) * outward
    return start, (end - start) / np.linalg.norm(end - start)


def _robust(x: np.ndarray, y: np.ndarray, weight: np.ndarray, reach: float) -> tuple[float, float]:
    """Slope and level of the line that most weight agrees on; pairs of samples vote, the winners are fitted."""
    rng = np.random.default_rng(len(x))
    best, winners = -1.0, np.ones(len(x), bool)
    for _ in range(60):
        i, j = rng.choice(len(x), 2, replace=False)
        if abs(x[i] - x[j]) < 0.15:
            continue
        slope = (y[j] - y[i]) / (x[j] - x[i])
        near = np.abs(y - (y[i] + slope * (x - x[i]))) < 1.0
        votes = float(np.sqrt(weight[near]).sum())
        if abs(slope) < 1.5 * reach and votes > best:
            best, winners = votes, near
    if winners.sum() < max(6, len(x) // 4):
        return 0.0, float(np.median(y)) * 0.0
    slope, level = np.polyfit(x[winners], y[winners], 1)
    return float(slope), float(level)


def _crossing(one: tuple[np.ndarray, np.ndarray], two: tuple[np.ndarray, np.ndarray], guess: np.ndarray) -> np.ndarray:
    (p, u), (q, v) = one, two
    cross = u[0] * v[1] - u[1] * v[0]
    if abs(cross) < 0.2:
        return guess
    between = q - p
    return np.asarray(p + u * (between[0] * v[1] - between[1] * v[0]) / cross)
