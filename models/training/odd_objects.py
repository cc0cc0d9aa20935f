"""Occluders of no kind in particular, so that the network learns what a face is rather than a few things before it."""

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from models.face.alignment import SIZE
from models.training.occluders import (
    LEFT_EYE,
    LIPS,
    RIGHT_EYE,
    SKIN,
    TIP,
    Drawn,
    Kind,
    Portrait,
    clouds,
    pixel,
    ramp,
    stripes,
    texture,
)

Surface = Callable[[Sequence[np.ndarray], np.random.Generator], np.ndarray]


def lump(face: Portrait, others: Sequence[np.ndarray], rng: np.random.Generator) -> Drawn:
    """Something with a smooth or a cornered outline over a part of the face."""
    opacity = np.zeros((SIZE, SIZE), np.float32)
    angles = np.linspace(0, 2 * np.pi, int(rng.integers(3, 9)) if rng.random() < 0.4 else 40, endpoint=False)
    reach = 1 + sum(rng.normal(0, 0.35 / n) * np.cos(n * angles + rng.uniform(0, 2 * np.pi)) for n in (2, 3, 4, 5))
    half = face.span * rng.uniform(0.25, 1.1, 2)
    turn = rng.uniform(0, np.pi)
    rim = np.stack([np.cos(angles), np.sin(angles)], 1) * half * np.clip(reach, 0.3, 2)[:, None]
    spin = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    outline = np.rint(_aim(face, rng) + rim @ spin).astype(np.int32)
    cv2.fillPoly(opacity, [outline], 1.0, cv2.LINE_AA)
    return _lit(_surface(others, rng), opacity, rng), opacity


def bar(face: Portrait, others: Sequence[np.ndarray], rng: np.random.Generator) -> Drawn:
    """A straight or bent strip that comes in from the edge of the picture, or runs across it."""
    opacity = np.zeros((SIZE, SIZE), np.float32)
    aim, heading = _aim(face, rng), rng.uniform(0, 2 * np.pi)
    along = np.array([np.cos(heading), np.sin(heading)])
    far = aim + 160 * along
    near = aim - along * (160 if rng.random() < 0.5 else face.span * rng.uniform(0.1, 0.5))
    bow = np.array([-along[1], along[0]]) * rng.normal(0, 12)
    t = np.linspace(0, 1, 20)[:, None]
    spine = (1 - t) ** 2 * near + 2 * t * (1 - t) * (aim + bow) + t**2 * far
    cv2.polylines(
        opacity,
        [np.rint(spine).astype(np.int32)],
        False,
        1.0,
        max(3, round(face.span * rng.uniform(0.2, 0.8))),
        cv2.LINE_AA,
    )
    return _lit(_surface(others, rng), opacity, rng), opacity


def litter(face: Portrait, others: Sequence[np.ndarray], rng: np.random.Generator) -> Drawn:
    """Many small pieces close together: leaves, petals, confetti."""
    opacity, colour = np.zeros((SIZE, SIZE), np.float32), np.zeros((SIZE, SIZE, 3))
    aim, spread, base = _aim(face, rng), face.span * rng.uniform(0.2, 0.6), rng.uniform(0, 255, 3)
    for _ in range(int(rng.integers(12, 60))):
        axes = pixel(face.span * rng.uniform((0.08, 0.05), (0.3, 0.15)))
        place, turn = pixel(aim + rng.normal(0, spread, 2)), rng.uniform(0, 180)
        shade = tuple(float(v) for v in (base * rng.uniform(0.5, 1.3) + rng.normal(0, 12, 3)).clip(0, 255))
        cv2.ellipse(colour, place, axes, turn, 0, 360, shade, -1, cv2.LINE_AA)
        cv2.ellipse(opacity, place, axes, turn, 0, 360, 1.0, -1, cv2.LINE_AA)
    return colour, opacity


def _aim(face: Portrait, rng: np.random.Generator) -> np.ndarray:
    """Where it is held: mouth, an eye, nose or anywhere, the harder mouth most often."""
    choice = rng.random()
    if choice < 0.4:
        place = face.at(*LIPS)
    elif choice < 0.6:
        place = face.at(*(RIGHT_EYE, LEFT_EYE)[rng.integers(2)])
    elif choice < 0.7:
        place = face.at(TIP)
    else:
        place = rng.uniform(20, 92, 2)
    return place + rng.normal(0, 5, 2)


def _surface(others: Sequence[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    plain = rng.uniform(0, 255, 3) if rng.random() < 0.6 else SKIN[rng.integers(len(SKIN))] * rng.uniform(0.6, 1.1)
    made: list[Surface] = [
        lambda others, rng: plain + ramp(rng) * rng.normal(0, 60, 3),
        lambda others, rng: plain + stripes(rng, 0.5, 6, rng.uniform(0, np.pi)) * rng.normal(0, 50, 3),
        lambda others, rng: plain + (clouds(rng, rng.uniform(4, 30))[..., None] - 0.5) * rng.normal(0, 120, 3),
        lambda others, rng: plain + _squares(rng) * rng.normal(0, 60, 3),
        lambda others, rng: texture(others, rng) * rng.uniform(0.5, 1.3, 3),
        lambda others, rng: plain + rng.normal(0, rng.uniform(2, 40), (SIZE, SIZE, 1)),
    ]
    return np.broadcast_to(made[rng.integers(len(made))](others, rng), (SIZE, SIZE, 3)).astype(np.float64)


def _squares(rng: np.random.Generator) -> np.ndarray:
    y, x = np.mgrid[:SIZE, :SIZE] / rng.uniform(3, 14)
    turn = rng.uniform(0, np.pi)
    u, v = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    return np.sign(np.sin(u) * np.sin(v))[..., None]


def _lit(colour: np.ndarray, opacity: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Round things grow dark towards their rim; flat ones do not."""
    if rng.random() < 0.4:
        return colour
    inside = np.asarray(cv2.distanceTransform((opacity > 0.5).astype(np.uint8), cv2.DIST_L2, 3), np.float64)
    depth = np.sqrt((inside / max(float(inside.max()), 1.0)).clip(0, 1))
    least = rng.uniform(0.3, 0.9)
    return colour * (least + (1.1 - least) * depth)[..., None]


ODD: dict[str, Kind] = {"lump": lump, "bar": bar, "litter": litter}
