"""Where a document lies in its photograph, and which rule of the capture that breaks (contracts 5.1)."""

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

SMALLEST, LARGEST, NEAREST = 0.10, 0.95, 0.01
"""Least and most share of the picture's area; least margin as a share of the picture's side."""
_OUTSIDE = 0.005  # of the picture's side: how far a corner may lie outside before something is cut off
_FLUSH = 0.025  # of the picture's side: how far corners of a scan that is cut to its document lie from the frame's
_FORMATS = (1.586, 1.42, 1.5)
"""Width over height of ID-1; of ID-2, ID-3 and visas; of visas MRV-A."""
_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Placement:
    """One document in a picture.

    Attributes:
        area: share of the picture that it covers, 0..1.
        margin: least distance of a corner to the frame, as a share of the picture's side; negative outside.
        flush: the picture is the document, cut to its edges: a flat scan, or one that an application has rectified.
            Nothing of it is missing, though it touches all borders.
    """

    area: float
    margin: float
    flush: bool

    @property
    def cropped(self) -> bool:
        """Whether part of the document lies outside."""
        return self.margin < -_OUTSIDE and not self.flush


def place(corners: np.ndarray, width: int, height: int) -> Placement:
    """Args: corners: (4, 2) float, clockwise; width, height: of the picture, pixels."""
    size = np.array([width, height], float)
    frame = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    share = corners / size
    margin = float(np.minimum(share, 1 - share).min())
    # Every corner of the frame has a corner of the document nearby.
    near = np.abs(share[:, None] - (frame / size)[None]).max(-1).min(0)
    long, short = max(width, height), min(width, height)
    known = min(abs(long / short / form - 1) for form in _FORMATS) < 0.06
    return Placement(_within_unit(share), margin, bool(near.max() < _FLUSH and known))


def _within_unit(polygon: np.ndarray) -> float:
    """Area of the part of a convex polygon that lies in the unit square (Sutherland and Hodgman 1974)."""
    for axis, keep, bound in ((0, 1, 0.0), (0, -1, 1.0), (1, 1, 0.0), (1, -1, 1.0)):
        reach = keep * (polygon[:, axis] - bound)
        kept: list[np.ndarray] = []
        for i in range(len(polygon)):
            a, b = reach[i - 1], reach[i]
            if (a < 0) != (b < 0):
                kept.append(polygon[i - 1] + (polygon[i] - polygon[i - 1]) * (a / (a - b)))
            if b >= 0:
                kept.append(polygon[i])
        if not kept:
            return 0.0
        polygon = np.array(kept)
    x, y = polygon.T
    return abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2


def error_of(main: Placement | None, count: int, portrait: bool, front: bool) -> str | None:
    """The first rule that is broken, in the order of contracts 5.1; None where all are kept.

    A flush scan is never cropped; it breaks the rule against coming too close, as the contract has it, and callers that
    take scans (`Placement.flush`) may pass over that.
    """
    if main is None:
        return "DOCUMENT_NOT_FOUND"
    rules = (
        ("TOO_MANY_DOCUMENTS", count > 1),
        ("DOCUMENT_TOO_SMALL", main.area < SMALLEST),
        ("DOCUMENT_CROPPED", main.cropped),
        ("DOCUMENT_TOO_CLOSE_TO_CAMERA", main.area > LARGEST),
        ("DOCUMENT_TOO_CLOSE_TO_BORDER", main.margin < NEAREST),
        ("DOCUMENT_PHOTO_NOT_FOUND", front and not portrait),
    )
    return next((code for code, broken in rules if broken), None)


def rectify(image: np.ndarray, corners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cuts a document out and makes it flat, its longer side horizontal, at the photograph's own resolution.

    Args:
        image: (H, W, 3) uint8 RGB.
        corners: (4, 2) float, clockwise as seen from the top left.

    Returns:
        (h, w, 3) uint8 RGB, and the (3, 3) homography from pixels of the photograph to pixels of the document.
    """
    sides = [float(np.linalg.norm(b - a)) for a, b in pairwise([*corners, corners[0]])]
    if sides[0] + sides[2] < sides[1] + sides[3]:
        corners, sides = np.roll(corners, -1, 0), [*sides[1:], sides[0]]
    width, height = max(sides[0], sides[2]), max(sides[1], sides[3])
    aspect = _snapped(width / max(height, 1.0))
    width = min(max(width, height * aspect, 32.0), _LONGEST)
    size = round(width), max(16, round(width / aspect))
    flat = np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), flat)
    flags = cv2.INTER_AREA if max(sides) > 1.3 * width else cv2.INTER_CUBIC
    document = cv2.warpPerspective(image, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return document, np.asarray(matrix)


def _snapped(aspect: float) -> float:
    """The format that an observed aspect stands for: perspective shortens one side or the other."""
    nearest = min(_FORMATS[:2], key=lambda form: abs(aspect / form - 1))
    return nearest if abs(aspect / nearest - 1) < 0.15 else aspect


def turned(document: np.ndarray, to_document: np.ndarray, quarters: int) -> tuple[np.ndarray, np.ndarray]:
    """Document and homography after that many quarter turns counter-clockwise, as `np.rot90` counts."""
    for _ in range(quarters % 4):
        width = document.shape[1]
        document = np.rot90(document)
        to_document = np.array([[0, 1, 0], [-1, 0, width], [0, 0, 1]], float) @ to_document
    return np.ascontiguousarray(document), to_document
