"""Copy-move: parts of a picture that were copied from elsewhere in it, also turned or resized."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from models.cards import card
from models.document.anomaly import Anomaly, Region, genuineness
from models.predictor import Predictor

_SIDE = 1600
"""Larger pictures are reduced to this long side."""
_KEYPOINTS = 3000
_NEIGHBOURS = 6
_RATIO = 0.6
_LEAST_MOVE = 24.0
_LEAST_INLIERS = 4
_LEAST_HITS = 4
_OFF_MOST = 0.35
"""Pixels by which half of the matches may miss their place: windows of a house miss it by 0.4 and more, copies hit."""
_THIN, _OVERLAP_MOST = 16, 0.25
_MODELS = 4
_SCALES = (0.4, 2.5)
_FINE = 1.2
_WINDOW = 15
_ALIKE, _LEAST_ALIKE = 0.55, 0.6
_AWAY, _LEAST_DISTINCT = 3, 0.2
_MARGIN = 64
_LEAST_KEYPOINTS = 30
_LEAST_TEXTURE = 0.3


class CopyMoveDetector(Predictor[np.ndarray, "Anomaly | None"]):
    """Finds copies by SIFT keypoints that match within the picture under one similarity transform, and confirms them by
    the finest detail: real repetitions (windows, letters) differ in their noise, copies do not.

    Input: (H, W, 3) uint8 RGB, photographs; rendered pages repeat letters exactly and must not be judged with it.
    Output: None where there is too little texture to judge. `regions` come in pairs, source and copy in no known order.
    """

    card = card("document/copy-move")

    def load(self) -> None:
        self._sift = cv2.SIFT.create(nfeatures=_KEYPOINTS, contrastThreshold=0.015, edgeThreshold=12)
        self._matcher = cv2.BFMatcher(cv2.NORM_L2)

    def predict(self, batch: Sequence[np.ndarray]) -> list[Anomaly | None]:
        return [self._judge(pixels) for pixels in batch]

    def _judge(self, pixels: np.ndarray) -> Anomaly | None:
        scale = max(1.0, max(pixels.shape[:2]) / _SIDE)
        grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
        if scale > 1:
            grey = cv2.resize(grey, None, fx=1 / scale, fy=1 / scale, interpolation=cv2.INTER_AREA)
        keypoints, descriptors = self._sift.detectAndCompute(grey, None)
        if descriptors is None or len(keypoints) < _LEAST_KEYPOINTS:
            return None
        points = np.array([keypoint.pt for keypoint in keypoints], np.float32)
        roots = np.sqrt(descriptors / np.maximum(descriptors.sum(1, keepdims=True), 1e-9)).astype(np.float32)
        moves = _moves(*self._pairs(points, roots))
        best = max((_confirm(grey, move) for move in moves), key=lambda copy: copy.strength, default=_NONE)
        limit = float(self.card.parameters["limit"])
        heat = best.heat if best.heat is not None else np.zeros((1, 1), np.float32)
        regions = tuple(_scaled(region, scale) for region in best.regions)
        details = {"similarity": round(best.alike, 3)} if best.regions else {}
        score = genuineness(best.strength, limit)
        return Anomaly(score=score, strength=best.strength, regions=regions, heat=heat, details=details)

    def _pairs(self, points: np.ndarray, roots: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(N, 2) and (N, 2) places that look alike; several copies of one place are each paired (g2NN)."""
        ends = []
        for row in self._matcher.knnMatch(roots, roots, k=min(_NEIGHBOURS, len(roots))):
            others = [
                match
                for match in row
                if match.queryIdx != match.trainIdx
                and np.hypot(*(points[match.queryIdx] - points[match.trainIdx])) > _LEAST_MOVE
            ]
            for nearer, farther in pairwise(others):
                if nearer.distance >= _RATIO * max(farther.distance, 1e-6):
                    break
                ends.append((nearer.queryIdx, nearer.trainIdx))
        if not ends:
            return np.empty((0, 2), np.float32), np.empty((0, 2), np.float32)
        first, second = (points[list(side)] for side in zip(*ends, strict=True))
        turned = (first[:, 0] + 0.001 * first[:, 1] > second[:, 0] + 0.001 * second[:, 1])[:, None]
        first, second = np.where(turned, second, first), np.where(turned, first, second)
        unique = np.unique(np.round(np.concatenate([first, second], 1)), axis=0, return_index=True)[1]
        return first[unique], second[unique]


@dataclass(frozen=True, slots=True)
class _Move:
    """A similarity transform (2, 3) and the points that it carries from one place to the other."""

    transform: np.ndarray
    source: np.ndarray
    target: np.ndarray


@dataclass(frozen=True, slots=True)
class _Copy:
    strength: float
    alike: float
    regions: tuple[Region, ...]
    heat: np.ndarray | None


_NONE = _Copy(0.0, 0.0, (), None)


def _moves(source: np.ndarray, target: np.ndarray) -> Iterator[_Move]:
    """The transforms that most pairs agree on, one after the other."""
    for _ in range(_MODELS):
        if len(source) < _LEAST_INLIERS:
            return
        cv2.setRNGSeed(0)  # the same picture gets the same answer
        transform, agreeing = cv2.estimateAffinePartial2D(
            source, target, ransacReprojThreshold=2.5, maxIters=3000, confidence=0.999
        )
        if transform is None:
            return
        inliers = agreeing.ravel().astype(bool)
        if inliers.sum() < _LEAST_INLIERS:
            return
        scale = float(np.hypot(transform[0, 0], transform[1, 0]))
        moved = np.linalg.norm(source[inliers] - target[inliers], axis=1).min()
        if _SCALES[0] < scale < _SCALES[1] and moved > _LEAST_MOVE:
            yield _Move(transform, source[inliers], target[inliers])
        source, target = source[~inliers], target[~inliers]


def _confirm(grey: np.ndarray, move: _Move) -> _Copy:
    """Lays the source over its copy and correlates their finest detail, window by window."""
    height, width = grey.shape
    left, top = np.maximum(np.floor(move.target.min(0)).astype(int) - _MARGIN, 0)
    right, bottom = np.minimum(np.ceil(move.target.max(0)).astype(int) + _MARGIN, (width, height))
    here = move.transform - np.array([[0, 0, left], [0, 0, top]])
    size = (int(right - left), int(bottom - top))
    moved = cv2.warpAffine(grey.astype(np.float32), here, size, flags=cv2.INTER_CUBIC, borderValue=-1000)
    inside = cv2.erode((moved > -1).astype(np.uint8), np.ones((5, 5), np.uint8))
    target, source = _finest(grey[top:bottom, left:right].astype(np.float32)), _finest(np.maximum(moved, 0))
    alike = _correlation(target, source) * inside
    # A line is like itself all along: only what no longer fits a few pixels away is known to be the same.
    elsewhere = [_correlation(target, np.roll(source, shift, axis)) for axis in (0, 1) for shift in (-_AWAY, _AWAY)]
    distinct = alike - np.max(elsewhere, axis=0)
    copied = ((alike > _ALIKE) & (distinct > _LEAST_DISTINCT)).astype(np.uint8)
    copied = cv2.morphologyEx(copied, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    count, labels, shapes, _ = cv2.connectedComponentsWithStats(copied)
    places = np.clip(np.round(move.target - (left, top)).astype(int), 0, (size[0] - 1, size[1] - 1))
    hits = np.bincount(labels[places[:, 1], places[:, 0]], minlength=count)
    home = labels[places[:, 1], places[:, 0]]
    off = np.linalg.norm(move.source @ move.transform[:, :2].T + move.transform[:, 2] - move.target, axis=1)
    best, chosen = _NONE, 0
    for number in range(1, count):
        if hits[number] < _LEAST_HITS or np.median(off[home == number]) > _OFF_MOST:
            continue
        mean = float(alike[labels == number].mean())
        strength = float(shapes[number, cv2.CC_STAT_AREA] ** 0.5 * max(0.0, mean - _LEAST_ALIKE))
        box = _box(shapes[number], (int(left), int(top)))
        if strength > best.strength and not _pattern(_origin(box, move.transform), box):
            best, chosen = _Copy(strength, mean, (), None), number
    if not chosen:
        return best
    mask = np.zeros((height, width), np.float32)
    mask[top:bottom, left:right] = labels == chosen
    back = cv2.warpAffine(mask, move.transform, (width, height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    box = _box(shapes[chosen], (int(left), int(top)))
    return _Copy(best.strength, best.alike, (_origin(box, move.transform), box), np.maximum(mask, np.clip(back, 0, 1)))


def _pattern(source: Region, target: Region) -> bool:
    """Whether a part lies largely on its own source, as patterns do, or is as thin as a line."""
    sides = [min(right - left, bottom - top) for left, top, right, bottom in (source, target)]
    over = [min(source[i + 2], target[i + 2]) - max(source[i], target[i]) for i in (0, 1)]
    area = (target[2] - target[0]) * (target[3] - target[1])
    return min(sides) < _THIN or (min(over) > 0 and over[0] * over[1] > _OVERLAP_MOST * area)


def _finest(grey: np.ndarray) -> np.ndarray:
    found: np.ndarray = grey - cv2.GaussianBlur(grey, (0, 0), _FINE)
    return found


def _correlation(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(h, w) correlation over a window round each pixel; 0 where there is no texture."""
    mean = [cv2.boxFilter(image, -1, (_WINDOW, _WINDOW)) for image in (first, second, first * second)]
    spread = [cv2.boxFilter(i * i, -1, (_WINDOW, _WINDOW)) - m * m for i, m in ((first, mean[0]), (second, mean[1]))]
    found = (mean[2] - mean[0] * mean[1]) / np.sqrt(np.maximum(spread[0] * spread[1], 1e-3))
    return np.where((spread[0] < _LEAST_TEXTURE) | (spread[1] < _LEAST_TEXTURE), 0, found).astype(np.float32)


def _box(shape: np.ndarray, corner: tuple[int, int]) -> Region:
    left, top, width, height = (int(edge) for edge in shape[:4])
    return left + corner[0], top + corner[1], left + corner[0] + width, top + corner[1] + height


def _origin(target: Region, transform: np.ndarray) -> Region:
    """The box that a transform carried to `target`."""
    left, top, right, bottom = target
    corners = np.array([[left, top, 1], [right, top, 1], [right, bottom, 1], [left, bottom, 1]], np.float64)
    back = corners @ cv2.invertAffineTransform(transform).T
    x, y = back[:, 0], back[:, 1]
    return int(x.min()), int(y.min()), int(x.max()), int(y.max())


def _scaled(region: Region, scale: float) -> Region:
    left, top, right, bottom = (round(edge * scale) for edge in region)
    return max(left, 0), max(top, 0), right, bottom
