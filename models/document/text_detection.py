"""Where the text of an image stands: PP-OCR's detection network and its decoding by differentiable binarization.

Liao et al., Real-time Scene Text Detection with Differentiable Binarization, 2020; constants as in PaddleOCR's PP-OCRv6
unless a comment says what was measured.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from models.onnx import Session

_STRIDE = 32
_SMALLEST_SIDE = 3.0
"""Of a text region in the network's map; smaller ones are dust."""
_MOST_REGIONS = 3000


@dataclass(frozen=True, slots=True)
class DetectionSettings:
    """How text is looked for.

    Attributes:
        least_side, most_side: images whose short side is below the first are enlarged to it, and none is taken to
            the network with a long side above the second (pixels).
        border: pixels of the page's own edge colour put around it: text that touches the edge is missed otherwise.
        binary: probability above which a pixel is text.
        region: mean probability above which a region is kept.
        unclip: how far a region grows, as area over perimeter: the network sees shrunk text.
    """

    least_side: int = 0
    most_side: int = 960
    border: int = 16
    binary: float = 0.3
    region: float = 0.5
    unclip: float = 1.6


class TextFinder:
    """PP-OCRv6's detection network on onnxruntime."""

    def __init__(self, file: Path, settings: DetectionSettings, threads: int) -> None:
        self._net = Session(file, {"x": ("batch", 3, "height", "width")}, threads=threads)
        self._settings = settings

    def find(self, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Finds the text regions of one image.

        Args:
            image: (H, W, 3) uint8 RGB.

        Returns:
            (N, 4, 2) float32 corners in pixels of the image, clockwise from the one nearest to the top-left, in no
            particular order; they may reach beyond the image by less than a letter.
        """
        given = self._settings
        padded = cv2.copyMakeBorder(image, *(given.border,) * 4, cv2.BORDER_REPLICATE)
        scaled = cv2.resize(
            padded, network_size(padded.shape[0], padded.shape[1], given), interpolation=cv2.INTER_LINEAR
        )
        pixels = scaled[..., ::-1].transpose(2, 0, 1)[None].astype(np.float32) / 127.5 - 1.0
        (probability,) = self._net(pixels)
        quads = regions(probability[0, 0], given)
        back = np.array(padded.shape[1::-1], np.float32) / np.array(scaled.shape[1::-1], np.float32)
        return np.asarray(quads * back - given.border, np.float32)


def network_size(height: int, width: int, settings: DetectionSettings) -> tuple[int, int]:
    """Width and height at which an image goes to the network: multiples of 32."""
    ratio = max(1.0, settings.least_side / min(height, width))
    ratio = min(ratio, settings.most_side / max(height, width))
    sides = (max(_STRIDE, round(side * ratio / _STRIDE) * _STRIDE) for side in (width, height))
    wide, high = sides
    return wide, high


def regions(probability: npt.NDArray[np.float32], settings: DetectionSettings) -> npt.NDArray[np.float32]:
    """Turns a map of text probabilities (H, W) into rectangles (N, 4, 2), in pixels of the map.

    A rectangle that encloses a region grows by `unclip` times its area over its perimeter on every side.
    """
    mask = cv2.dilate((probability > settings.binary).astype(np.uint8), np.ones((2, 2), np.uint8))
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    found = []
    for contour in contours[:_MOST_REGIONS]:
        centre, (wide, high), angle = cv2.minAreaRect(contour)
        if min(wide, high) < _SMALLEST_SIDE:
            continue
        if _mean_inside(probability, _corners(centre, wide, high, angle)) < settings.region:
            continue
        grown = 2 * settings.unclip * wide * high / (2 * (wide + high))
        found.append(clockwise(_corners(centre, wide + grown, high + grown, angle)))
    return np.array(found, np.float32).reshape(-1, 4, 2)


def clockwise(corners: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Orders the (4, 2) corners of a convex quadrilateral clockwise from the one nearest to the image's top-left."""
    middle = corners.mean(axis=0)
    angles = np.arctan2(corners[:, 1] - middle[1], corners[:, 0] - middle[0])
    ordered = corners[np.argsort(angles)]
    # A rectangle that is turned by up to 45 degrees starts with the corner of the smallest x + y.
    return np.roll(ordered, -int(np.argmin(ordered.sum(axis=1))), axis=0).astype(np.float32)


def _corners(centre: Sequence[float], wide: float, high: float, angle: float) -> npt.NDArray[np.float32]:
    return np.asarray(cv2.boxPoints((centre, (wide, high), angle)), np.float32)


def _mean_inside(probability: npt.NDArray[np.float32], box: npt.NDArray[np.float32]) -> float:
    height, width = probability.shape
    left, right = (min(max(round(edge), 0), width - 1) for edge in (math.floor(box[:, 0].min()), box[:, 0].max() + 0.5))
    top, bottom = (
        min(max(round(edge), 0), height - 1) for edge in (math.floor(box[:, 1].min()), box[:, 1].max() + 0.5)
    )
    inside = np.zeros((bottom - top + 1, right - left + 1), np.uint8)
    cv2.fillPoly(inside, [(box - (left, top)).astype(np.int32)], 1)
    return float(cv2.mean(probability[top : bottom + 1, left : right + 1], inside)[0])
