"""JPEG ghosts: parts of a picture that were compressed before at another quality than the rest (Farid 2009)."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from models.cards import card
from models.document.anomaly import Anomaly, genuineness
from models.document.quantisation import BLOCK, LUMA, luma_coefficients
from models.predictor import Predictor

_QUALITIES = tuple(range(40, 99))
_APART = 4
"""A ghost is a dip against the qualities this far away on both sides."""
_WINDOW = 8
"""Side of the windows that are compared, in blocks of 8 x 8 pixels."""
_NEUTRAL, _DIP, _GLOBAL = 0.15, -0.25, -0.3
_SHARE_OF_GLOBAL = 0.25
_LEAST_COEFFICIENTS = 200
_LEAST_WINDOWS = 100
_LEAST_AREA, _FULL_AREA = 16, 30
_SPREAD, _LEAST_SPREAD = (10, 90), 0.1
_BLACK, _WHITE, _CLIPPED_MOST = 1, 254, 0.05
_NEVER_COMPRESSED = 101


@dataclass(frozen=True, slots=True)
class Picture:
    """What the ghost check looks at.

    Attributes:
        pixels: (H, W, 3) uint8 RGB exactly as decoded: not scaled, not turned, not cropped.
        quality: of the file's own luminance table on the IJG's scale; None where it is unknown: then it is estimated
            from the pixels.
    """

    pixels: np.ndarray
    quality: int | None = None


class GhostDetector(Predictor[Picture, "Anomaly | None"]):
    """Finds parts of a picture whose compression history differs from the rest's.

    Input: `Picture`. Output: None where there is too little texture to judge. `details`: `quality`, the earlier quality
    that tells the parts apart; `kind`, `earlier` where the part was compressed before and the rest was not, `missing`
    where the rest was and the part was not; `global_quality`, an earlier quality of the whole picture, if any.
    """

    card = card("document/ghosts")

    def load(self) -> None:
        """Nothing to read: the check has no weights."""

    def predict(self, batch: Sequence[Picture]) -> list[Anomaly | None]:
        return [self._judge(picture) for picture in batch]

    def _judge(self, picture: Picture) -> Anomaly | None:
        if min(picture.pixels.shape[:2]) < 2 * _WINDOW * BLOCK:
            return None
        coefficients = luma_coefficients(picture.pixels)
        errors, counts = _errors(coefficients, _unclipped(picture.pixels))
        own = picture.quality or _own_quality(errors, counts)
        dips, counts, qualities = _dips(errors, counts)
        usable = [number for number, quality in enumerate(qualities) if quality < own - _APART]
        known = {n: counts[n] > _LEAST_COEFFICIENTS for n in usable}
        medians = {n: float(np.median(dips[n][mask])) for n, mask in known.items() if mask.sum() >= _LEAST_WINDOWS}
        if not medians:
            return None
        deepest = min(medians, key=lambda n: medians[n])
        everywhere = medians[deepest] < _GLOBAL
        candidates = [deepest] if everywhere else [n for n, median in medians.items() if abs(median) < _NEUTRAL]
        found = [_compare(dips[n], known[n], medians[n], qualities[n]) for n in candidates]
        best = max((part for part in found if part), key=lambda part: part.strength, default=None)
        earlier = qualities[deepest] if everywhere else None
        return self._anomaly(best, earlier, dips.shape[1:])

    def _anomaly(self, best: "_Part | None", earlier: int | None, shape: tuple[int, ...]) -> Anomaly:
        limit = float(self.card.parameters["limit"])
        details: dict[str, object] = {} if earlier is None else {"global_quality": earlier}
        if best is None:
            return Anomaly(score=1.0, strength=0.0, regions=(), heat=np.zeros(shape, np.float32), details=details)
        left, top, right, bottom = (edge * BLOCK for edge in best.box)
        details |= {"quality": best.quality, "kind": "missing" if best.missing else "earlier"}
        return Anomaly(
            score=genuineness(best.strength, limit),
            strength=best.strength,
            regions=((left, top, right, bottom),),
            heat=best.heat,
            details=details,
        )


@dataclass(frozen=True, slots=True)
class _Part:
    strength: float
    box: tuple[int, int, int, int]
    quality: int
    missing: bool
    heat: np.ndarray


def _unclipped(pixels: np.ndarray) -> np.ndarray:
    """(h, w) bool: blocks of 8 x 8 pixels with few at black or white, where clipping wipes the steps out."""
    clipped = np.any((pixels <= _BLACK) | (pixels >= _WHITE), axis=2)
    height, width = clipped.shape[0] // BLOCK, clipped.shape[1] // BLOCK
    blocks = clipped[: height * BLOCK, : width * BLOCK].reshape(height, BLOCK, width, BLOCK)
    few: np.ndarray = blocks.mean((1, 3)) <= _CLIPPED_MOST
    return few


def _errors(coefficients: np.ndarray, usable: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Squared distance to the nearest multiple of each quality's steps, in steps, and of how many coefficients.

    Both (qualities, h, w), summed over windows. Coefficients that a step would make zero say nothing and are left out.
    """
    height, width = coefficients.shape[:2]
    errors = np.empty((len(_QUALITIES), height, width), np.float32)
    counts = np.empty_like(errors)
    window = (_WINDOW, _WINDOW)
    for number, quality in enumerate(_QUALITIES):
        steps = coefficients / LUMA[quality]
        whole = np.rint(steps)
        told = (whole != 0) & usable[..., None]
        distances = np.square(steps - whole) * told
        errors[number] = cv2.boxFilter(distances.sum(2), -1, window, normalize=False)
        counts[number] = cv2.boxFilter(told.sum(2, dtype=np.float32), -1, window, normalize=False)
    return errors, counts


def _own_quality(errors: np.ndarray, counts: np.ndarray) -> int:
    """The quality that a picture of unknown origin was last compressed at, as far as that is certain.

    The finest of several qualities that left their mark on the whole picture. A single one may as well be an earlier
    one, of a picture that was then saved without loss or more finely.
    """
    levels = np.log((12 * errors.sum((1, 2)) + 3) / (counts.sum((1, 2)) + 3))
    dips = levels[_APART:-_APART] - 0.5 * (levels[: -2 * _APART] + levels[2 * _APART :])
    marks: list[int] = []
    for number in np.argsort(dips):
        quality = _QUALITIES[_APART + int(number)]
        if dips[number] < _GLOBAL and all(abs(quality - mark) > _APART for mark in marks):
            marks.append(quality)
    return max(marks) if len(marks) > 1 else _NEVER_COMPRESSED


def _dips(errors: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray, tuple[int, ...]]:
    """How far each window's error lies under its neighbours' in quality (log ratio): below 0 where there is a ghost.

    The neighbours take the texture out, which is what makes error levels alone fail.
    """
    levels = np.log((12 * errors + 3) / (counts + 3))
    dips = levels[_APART:-_APART] - 0.5 * (levels[: -2 * _APART] + levels[2 * _APART :])
    return dips, counts[_APART:-_APART], _QUALITIES[_APART:-_APART]


def _compare(dips: np.ndarray, known: np.ndarray, median: float, quality: int) -> _Part | None:
    """The largest part that differs from the rest of the picture, in units of the rest's own spread."""
    missing = median < _GLOBAL
    other = known & ((dips > _SHARE_OF_GLOBAL * median) if missing else (dips < _DIP))
    if not 0 < other.sum() <= known.sum() / 2:
        return None
    opened = cv2.morphologyEx(other.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, labels, shapes, _ = cv2.connectedComponentsWithStats(opened)
    if count < 2:
        return None
    largest = 1 + int(shapes[1:, cv2.CC_STAT_AREA].argmax())
    area = int(shapes[largest, cv2.CC_STAT_AREA])
    rest = known & ~cv2.dilate(opened, np.ones((_WINDOW + 1, _WINDOW + 1), np.uint8)).astype(bool)
    if area < _LEAST_AREA or rest.sum() < _LEAST_WINDOWS / 2:
        return None
    low, high = np.percentile(dips[rest], _SPREAD)
    level = float(np.median(dips[labels == largest]))
    gap = level - high if missing else low - level
    strength = float(gap / ((high - low) / 2 + _LEAST_SPREAD)) * min(1.0, (area / _FULL_AREA) ** 0.5)
    middle = float(np.median(dips[rest]))
    heat = np.clip((dips - middle) / (level - middle), 0, 1) if level != middle else np.zeros_like(dips)
    left, top, width, height = (int(edge) for edge in shapes[largest, :4])
    box = (left, top, left + width, top + height)
    return _Part(strength, box, quality, missing, np.where(known, heat, 0).astype(np.float32))
