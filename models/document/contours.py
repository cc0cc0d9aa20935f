"""Documents by classical means: quadrilaterals among the outlines of edges and of regions, chosen by their sides.

Needs no weights.
"""

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from models.cards import card
from models.document.corners import ordered
from models.document.detector import DocumentQuad
from models.document.edges import refine
from models.predictor import Predictor

LONG_SIDE = 320
_SMALLEST, _WIDEST = 0.015, 2.0  # share of the picture's area; longer over shorter side
_BEND = 0.35  # largest cosine of a corner
_SUPPORT, _TEXTURE = 0.62, 0.02
_FORMATS = (1.586, 1.42, 1.5)
_AROUND = [(dx, dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]


class ContourDetector(Predictor[np.ndarray, list[DocumentQuad]]):
    """Finds anything printed with four straight sides; takes other papers for documents too.

    Input: (H, W, 3) uint8 RGB images of any size. Output: documents per image, the largest first, empty where none.
    """

    card = card("document/detector")

    def load(self) -> None:
        """Has no weights."""

    def predict(self, batch: Sequence[np.ndarray]) -> list[list[DocumentQuad]]:
        return [
            sorted(
                (DocumentQuad(refine(image, quad).astype(np.float32), score) for quad, score in quads_of(image)),
                key=lambda quad: -quad.area,
            )
            for image in batch
        ]


def quads_of(image: np.ndarray) -> list[tuple[np.ndarray, float]]:
    """Documents in an (H, W, 3) uint8 RGB image: corners (4, 2) clockwise in its pixels, and a score 0..1."""
    k = LONG_SIDE / max(image.shape[:2])
    small = cv2.resize(image, None, fx=k, fy=k, interpolation=cv2.INTER_AREA if k < 1 else cv2.INTER_LINEAR)
    lab = cv2.cvtColor(cv2.GaussianBlur(small, (0, 0), 1.0), cv2.COLOR_RGB2LAB)
    slope = _slope(lab)
    lines = cv2.Canny(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), 60, 150) > 0
    found = []
    for quad in _candidates(lab):
        support, texture = _support(slope, quad), _texture(lines, quad)
        if support >= _SUPPORT and texture >= _TEXTURE:
            found.append((quad, support, _area(quad)))
    kept: list[tuple[np.ndarray, float, float]] = []
    # A document's frame, picture or barcode may have better sides than itself: the larger wins unless clearly worse.
    for one in sorted(found, key=lambda item: -(item[1] + 0.15 * np.log(item[2]))):
        if all(_shared(one[0], other[0]) < 0.2 for other in kept):
            kept.append(one)
    if not any(area > 0.15 * lines.size for _, _, area in kept):
        kept += _whole(lines)
    return [(quad / k, support) for quad, support, _ in kept]


def _whole(lines: np.ndarray) -> list[tuple[np.ndarray, float, float]]:
    """The picture itself, where it has the shape of a document, print nearly to its edges and print throughout."""
    height, width = lines.shape
    shape = max(height, width) / min(height, width)
    if min(abs(shape / form - 1) for form in _FORMATS) > 0.06:
        return []
    cells = cv2.resize(lines.astype(np.float32), (6, 6), interpolation=cv2.INTER_AREA) > 0.015
    if cells.mean() < 0.75:
        return []
    frame = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
    return [(frame, 0.5, float(lines.size))]


def _candidates(lab: np.ndarray) -> Iterator[np.ndarray]:
    height, width = lab.shape[:2]
    for mask in _masks(lab):
        contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
        for contour in contours:
            hull = cv2.convexHull(contour)
            area = cv2.contourArea(hull)
            if area < _SMALLEST * height * width:
                continue
            for slack in (0.02, 0.035, 0.05):
                corners = cv2.approxPolyDP(hull, slack * cv2.arcLength(hull, True), True)[:, 0].astype(np.float64)
                if len(corners) == 4 and _plausible(corners) and _area(corners) > 0.9 * area:
                    yield ordered(corners)
                    break


def _masks(lab: np.ndarray) -> Iterator[np.ndarray]:
    """Edges at several strengths, and regions that differ from the border of the picture."""
    for low in (15, 30, 60):
        edges = np.zeros(lab.shape[:2], np.uint8)
        for plane in cv2.split(lab):
            edges = np.maximum(edges, cv2.Canny(plane, low, 2 * low))
        yield cv2.dilate(edges, np.ones((3, 3), np.uint8))
        yield cv2.morphologyEx(edges, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    rim = np.concatenate([lab[:4].reshape(-1, 3), lab[-4:].reshape(-1, 3), lab[:, :4].reshape(-1, 3)])
    away = np.linalg.norm(lab.astype(np.float32) - np.median(rim, 0), axis=-1)
    level, _ = cv2.threshold(np.clip(away, 0, 255).astype(np.uint8), 0, 255, cv2.THRESH_OTSU)
    for share in (0.6, 1.0):
        mask = (away > level * share).astype(np.uint8)
        yield cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))


def _plausible(quad: np.ndarray) -> bool:
    sides = np.roll(quad, -1, 0) - quad
    lengths = np.linalg.norm(sides, axis=1)
    if lengths.min() < 8:
        return False
    unit = sides / lengths[:, None]
    corners = np.abs((unit * np.roll(unit, -1, 0)).sum(1))
    across, down = lengths[0] + lengths[2], lengths[1] + lengths[3]
    return bool(corners.max() < _BEND and max(across, down) / min(across, down) < _WIDEST)


def _slope(lab: np.ndarray) -> np.ndarray:
    """(H, W) float32, the strongest gradient of the planes."""
    planes = lab.astype(np.float32)
    across, down = cv2.Sobel(planes, cv2.CV_32F, 1, 0), cv2.Sobel(planes, cv2.CV_32F, 0, 1)
    return np.sqrt(across**2 + down**2).max(-1)


def _support(slope: np.ndarray, quad: np.ndarray) -> float:
    """Share of the sides along which there is an edge, 0..1; sides on the frame of the picture count half."""
    height, width = slope.shape
    t = np.linspace(0.05, 0.95, 40)[:, None]
    shares = []
    for i in range(4):
        points = quad[i] + (quad[(i + 1) % 4] - quad[i]) * t
        x, y = np.round(points).astype(int).T
        rim = (x <= 2) | (y <= 2) | (x >= width - 3) | (y >= height - 3)
        near = [slope[(y + dy).clip(0, height - 1), (x + dx).clip(0, width - 1)] for dx, dy in _AROUND]
        shares.append(float(np.where(rim, 0.5, np.max(near, 0) > 24).mean()))
    return 0.5 * min(shares) + 0.5 * float(np.mean(shares))


def _texture(lines: np.ndarray, quad: np.ndarray) -> float:
    """Share of the inner part that is print."""
    mask = np.zeros(lines.shape, np.uint8)
    middle = quad.mean(0)
    cv2.fillConvexPoly(mask, np.round(middle + (quad - middle) * 0.85).astype(np.int32), 1.0)
    return float(lines[mask > 0].mean()) if mask.any() else 0.0


def _area(quad: np.ndarray) -> float:
    return float(cv2.contourArea(quad.astype(np.float32)))


def _shared(one: np.ndarray, two: np.ndarray) -> float:
    """Intersection over the smaller area."""
    area, _ = cv2.intersectConvexConvex(one.astype(np.float32), two.astype(np.float32))
    return float(area) / max(1.0, min(_area(one), _area(two)))
