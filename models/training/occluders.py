"""Draws things over aligned 112 x 112 faces: sunglasses, masks and foreign objects, with the mask of what they hide."""

from collections.abc import Sequence

import cv2
import numpy as np

from models.face.alignment import REFERENCE, SIZE

Occluded = tuple[np.ndarray, np.ndarray]
"""A (112, 112, 3) uint8 RGB face and a (112, 112) float32 mask, 1 where it is hidden."""

_RIGHT_EYE, _LEFT_EYE, *_ = REFERENCE
_AXIS = float(REFERENCE[:2, 0].mean())


def occlude(face: np.ndarray, others: Sequence[np.ndarray], rng: np.random.Generator) -> Occluded:
    """Hides a random part of an aligned face; a third of the time nothing, but for clear glasses.

    Args:
        others: images whose patches serve as textures of hands, scarves and objects.
    """
    choice = rng.random()
    if choice < 0.2:
        return face.copy(), np.zeros((SIZE, SIZE), np.float32)
    if choice < 0.35:
        return clear_glasses(face, rng)
    if choice < 0.58:
        return sunglasses(face, rng)
    if choice < 0.78:
        return mask(face, others, rng)
    return foreign_object(face, others, rng)


def sunglasses(face: np.ndarray, rng: np.random.Generator) -> Occluded:
    """Two dark or tinted lenses, graded and mirrored at times, joined by a bridge."""
    hidden = np.zeros((SIZE, SIZE), np.float32)
    tilt, half_width, half_height = rng.normal(0, 2), rng.uniform(12, 18), rng.uniform(8, 14)
    drop = rng.uniform(-1, 5)
    for eye in (_RIGHT_EYE, _LEFT_EYE):
        centre = np.add(eye, (rng.normal(0, 1), drop))
        _blob(hidden, centre, (half_width, half_height), tilt, rng.uniform(2, 5))
    tone = rng.uniform(0, 70) + rng.normal(0, 12, 3)
    rows = np.linspace(0, 1, SIZE)[:, None, None]
    lens = tone + rng.uniform(0, 90) * (rng.random() < 0.5) * np.abs(rows - rng.uniform(0, 1))
    if rng.random() < 0.4:
        lens = lens + _smooth(rng, 12)[..., None] * rng.uniform(20, 120) * rng.uniform(0.5, 1.2, 3)
    out = _paint(face, np.broadcast_to(lens, face.shape), hidden * rng.uniform(0.78, 1.0))
    bridge = (
        tuple(int(v) for v in np.add(_RIGHT_EYE, (half_width, drop))),
        tuple(int(v) for v in np.add(_LEFT_EYE, (-half_width, drop))),
    )
    cv2.line(out, *bridge, tone.clip(0, 255).tolist(), int(rng.integers(1, 4)), cv2.LINE_AA)
    return out, hidden


def clear_glasses(face: np.ndarray, rng: np.random.Generator) -> Occluded:
    """Frames only: they hide nothing."""
    out = face.copy()
    axes = int(rng.uniform(12, 18)), int(rng.uniform(8, 13))
    colour = rng.uniform(0, 140, 3).tolist()
    for eye in (_RIGHT_EYE, _LEFT_EYE):
        centre = tuple(int(v) for v in np.add(eye, (0, rng.uniform(0, 3))))
        cv2.ellipse(out, centre, axes, rng.normal(0, 2), 0, 360, colour, int(rng.integers(1, 4)), cv2.LINE_AA)
    glare = np.zeros((SIZE, SIZE), np.float32)
    if rng.random() < 0.3:
        _blob(glare, (_RIGHT_EYE, _LEFT_EYE)[rng.integers(2)] + rng.normal(0, 4, 2), (3, 2), 0, 2)
        out = _paint(out, np.full(face.shape, 255.0), glare * 0.7)
    return out, np.zeros((SIZE, SIZE), np.float32)


def mask(face: np.ndarray, others: Sequence[np.ndarray], rng: np.random.Generator) -> Occluded:
    """A medical mask, a black one or a scarf from the nose (at times below it) downwards."""
    top = rng.uniform(56, 72) if rng.random() < 0.8 else rng.uniform(76, 86)
    peak, side = top - rng.uniform(0, 6), top + rng.uniform(-2, 14)
    outline = np.array([[0, side], [30, top + 3], [_AXIS, peak], [82, top + 3], [111, side], [111, 112], [0, 112]])
    hidden = np.zeros((SIZE, SIZE), np.float32)
    cv2.fillPoly(hidden, [outline.astype(np.int32)], 1.0, cv2.LINE_AA)
    plain = [(150, 190, 215), (235, 235, 235), (25, 25, 28), (200, 170, 180)]
    base = np.array(plain[rng.integers(4)], float) if rng.random() < 0.6 else rng.uniform(0, 255, 3)
    folds = np.sin(np.arange(SIZE) / rng.uniform(2, 6))[:, None, None] * rng.uniform(0, 14)
    cloth = base + folds + (_smooth(rng, 20)[..., None] - 0.5) * rng.uniform(10, 90)
    if rng.random() < 0.25:
        cloth = _texture(others, rng).astype(float)
    return _paint(face, cloth, hidden), hidden


def foreign_object(face: np.ndarray, others: Sequence[np.ndarray], rng: np.random.Generator) -> Occluded:
    """One or two blobs or bars of another picture: hands, hair, phones, cups."""
    hidden = np.zeros((SIZE, SIZE), np.float32)
    for _ in range(rng.integers(1, 3)):
        centre = rng.uniform(15, 97, 2)
        _blob(hidden, centre, tuple(rng.uniform(7, 30, 2)), rng.uniform(0, 180), rng.uniform(1.5, 8))
    return _paint(face, _texture(others, rng).astype(float), hidden), hidden


def photograph(face: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """What cameras and networks do to it: light, colour cast or none, shadow, blur, noise and JPEG."""
    pixels = np.asarray(face, np.float64) * rng.uniform(0.55, 1.3) + rng.uniform(-15, 15)
    if rng.random() < 0.5:
        pixels *= 1 - rng.uniform(0, 0.6) * _smooth(rng, 40)[..., None]
    if rng.random() < 0.15:
        pixels = np.repeat(pixels.mean(2, keepdims=True), 3, 2)
    else:
        pixels *= rng.uniform(0.9, 1.1, 3)
    if rng.random() < 0.4:
        pixels = np.asarray(cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.3, 1.6)), np.float64)
    pixels += rng.normal(0, rng.uniform(0, 6), pixels.shape)
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(40, 98))]
    _, data = cv2.imencode(".jpg", pixels.clip(0, 255).astype(np.uint8), quality)
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))


def _paint(face: np.ndarray, colour: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    alpha = alpha[..., None]
    return (face * (1 - alpha) + colour * alpha).clip(0, 255).astype(np.uint8)


def _blob(canvas: np.ndarray, centre: np.ndarray, half: tuple[float, float], degrees: float, power: float) -> None:
    """Adds a super-ellipse: power 2 is an ellipse, larger ones tend to a rectangle."""
    y, x = np.mgrid[:SIZE, :SIZE]
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    u, v = (x - centre[0]) * c + (y - centre[1]) * s, (y - centre[1]) * c - (x - centre[0]) * s
    inside = (np.abs(u) / half[0]) ** power + (np.abs(v) / half[1]) ** power
    np.maximum(canvas, np.clip((1.1 - inside) * 5, 0, 1), out=canvas)


def _smooth(rng: np.random.Generator, scale: float) -> np.ndarray:
    """Cloudy noise 0..1 with structures of about `scale` pixels."""
    coarse = rng.random((max(2, round(SIZE / scale)),) * 2).astype(np.float32)
    return cv2.resize(coarse, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC).clip(0, 1)


def _texture(others: Sequence[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """A (112, 112, 3) patch of another image, flipped and scaled."""
    image = others[int(rng.integers(len(others)))]
    side = int(rng.uniform(0.2, 0.7) * min(image.shape[:2]))
    top, left = rng.integers(image.shape[0] - side + 1), rng.integers(image.shape[1] - side + 1)
    patch = cv2.resize(image[top : top + side, left : left + side], (SIZE, SIZE), interpolation=cv2.INTER_AREA)
    return patch[:, ::-1] if rng.random() < 0.5 else patch
