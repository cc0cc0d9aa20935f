"""Photographs of documents, with the corners that they really have in them."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from models.training.specimens.conditions import Conditions, compressed, light_up, photograph
from models.training.specimens.surroundings import TRAIN_GROUNDS, fingers, ground, paper

_RADIUS = 3.18 / 85.6
"""Corner radius of ID-1 cards as a share of their width."""


@dataclass(slots=True, eq=False)
class Photo:
    """A photograph.

    Attributes:
        image: (H, W, 3) uint8 RGB as the application receives it.
        raw: the same before any compression.
        quads: (N, 4, 2) float32, corners of the documents clockwise from each one's own top left, pixels; the main one
            first. They may lie outside of the image.
        homographies: (N, 3, 3) pixels of the flat side to pixels of the photograph.
        how: the conditions.
    """

    image: np.ndarray
    raw: np.ndarray
    quads: np.ndarray
    homographies: np.ndarray
    how: Conditions


def capture(
    rng: np.random.Generator,
    side: np.ndarray | Sequence[np.ndarray],
    how: Conditions,
    *,
    grounds: tuple[str, ...] = TRAIN_GROUNDS,
    photo: np.ndarray | None = None,
    distractors: int = 0,
    quads: Sequence[np.ndarray] | None = None,
) -> Photo:
    """Takes a photograph; the same state of `rng` takes the same one.

    Args:
        side: (H, W, 3) uint8 RGB of a side that lies flat (`Side.image`), or several documents.
        grounds: surfaces to draw from; `photo`: a picture that may serve as one.
        distractors: papers that lie about but are no identity document.
        quads: corners wanted in place of those that `how` draws; for documents that are cropped or close.
    """
    sides = [side] if isinstance(side, np.ndarray) else list(side)
    scene = ground(rng, how.height, how.width, str(rng.choice(grounds)), photo)
    if quads is None:
        quads = placed(rng, [s.shape[1] / s.shape[0] for s in sides], how)
    for _ in range(distractors):
        sheet = paper(rng, str(rng.choice(["page", "receipt", "card"])))
        lay(scene, sheet, _anywhere(rng, sheet, how), rng, rounded=False)
    inside = np.zeros(scene.shape[:2], np.float32)
    found = []
    for one, quad in zip(sides, quads, strict=True):
        matrix, mask = lay(scene, one, quad, rng, rounded=one.shape[1] / one.shape[0] > 1.5)
        inside = np.maximum(inside, mask)
        found.append(matrix)
        if how.hand:
            fingers(scene, quad, rng)
    light = light_up(np.power(scene.astype(np.float32) / 255, np.float32(2.2)), inside, rng, how)
    raw = photograph(light, rng, how)
    corners = np.array(quads, np.float32).reshape(-1, 4, 2)
    return Photo(developed(raw, how), raw, corners, np.array(found).reshape(-1, 3, 3), how)


def developed(raw: np.ndarray, how: Conditions) -> np.ndarray:
    """The compressions that the conditions ask for."""
    image = compressed(raw, how.quality)
    return image if how.resave is None else compressed(image, how.resave)


def placed(rng: np.random.Generator, aspects: Sequence[float], how: Conditions) -> list[np.ndarray]:
    """Corners (4, 2) of documents that lie within the frame without touching each other."""
    count = len(aspects)
    columns = max(1, min(count, 2))
    rows = max(1, -(-count // columns))
    cell = np.array([how.width / columns, how.height / rows])
    quads = []
    for index, aspect in enumerate(aspects):
        area = how.cover * how.width * how.height / count
        quad = _corners(rng, aspect, area, how)
        for _ in range(20):  # a turned document may need more room than its area says
            span = quad.max(0) - quad.min(0)
            if np.all(span < cell * 0.96):
                break
            quad = quad * 0.95
        span = quad.max(0) - quad.min(0)
        room = np.maximum(cell * 0.98 - span, 0)
        start = cell * (index % columns, index // columns) + cell * 0.01 + rng.random(2) * room
        quads.append(quad - quad.min(0) + start)
    return quads


def _corners(rng: np.random.Generator, aspect: float, area: float, how: Conditions) -> np.ndarray:
    height = np.sqrt(area / aspect)
    flat = np.array([[-aspect, -1], [aspect, -1], [aspect, 1], [-aspect, 1]]) * height / 2
    turn = np.deg2rad(how.turn + 90 * how.quarter)
    spin = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    pulled = flat + rng.uniform(-1, 1, (4, 2)) * how.tilt * min(how.width, how.height)
    return pulled @ spin


def _anywhere(rng: np.random.Generator, sheet: np.ndarray, how: Conditions) -> np.ndarray:
    height = how.height * rng.uniform(0.3, 1.1)
    width = height * sheet.shape[1] / sheet.shape[0]
    centre = float(rng.uniform(0, how.width)), float(rng.uniform(0, how.height))
    points = cv2.boxPoints((centre, (float(width), float(height)), float(rng.uniform(-40, 40))))
    return np.asarray(points, np.float64)[[1, 2, 3, 0]]


def lay(
    scene: np.ndarray, side: np.ndarray, quad: np.ndarray, rng: np.random.Generator, rounded: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Puts a flat side onto the scene, in place, with the shadow of its edge.

    Returns:
        The homography from pixels of the side to the scene, and the (H, W) float32 mask of where it lies.
    """
    height, width = side.shape[:2]
    k = min(1.0, np.sqrt(_area(quad) / (width * height)))  # reduced first, so that warping does not alias
    small = cv2.resize(side, None, fx=k, fy=k, interpolation=cv2.INTER_AREA) if k < 0.8 else side
    mask = _outline(small.shape[:2], rounded)
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, quad.astype(np.float32))
    onto = matrix @ np.diag([width / small.shape[1], height / small.shape[0], 1.0])
    size = scene.shape[1], scene.shape[0]
    warped = cv2.warpPerspective(small, onto, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    cover = cv2.warpPerspective(mask, onto, size, flags=cv2.INTER_LINEAR).astype(np.float32) / 255
    drop = np.array([[1, 0, rng.uniform(-4, 4)], [0, 1, rng.uniform(1, 5)]], np.float32)
    below = cv2.GaussianBlur(cv2.warpAffine(cover, drop, size), (0, 0), rng.uniform(2, 8))
    dark = 1 - np.float32(rng.uniform(0.1, 0.6)) * below[..., None]
    scene[:] = scene * dark * (1 - cover[..., None]) + warped * cover[..., None]
    return matrix, cover


def _area(quad: np.ndarray) -> float:
    return float(cv2.contourArea(quad.astype(np.float32)))


def _outline(shape: tuple[int, int], rounded: bool) -> np.ndarray:
    height, width = shape
    mask = np.full((height, width), 255, np.uint8)
    if rounded:
        radius = round(width * _RADIUS)
        mask[:] = 0
        cv2.rectangle(mask, (radius, 0), (width - radius, height), 255.0, -1)
        cv2.rectangle(mask, (0, radius), (width, height - radius), 255.0, -1)
        for x in (radius, width - radius):
            for y in (radius, height - radius):
                cv2.circle(mask, (x, y), radius, 255.0, -1)
    return mask
