"""What changes a face's look and hides nothing of it: shadows with hard edges, beards, make-up, gloss, clear glasses.

Each takes an aligned face and gives its (112, 112, 3) pixels, float 0..255.
"""

from collections.abc import Callable

import cv2
import numpy as np

from models.face.alignment import SIZE
from models.training.occluders import (
    JAW,
    LEFT_EYE,
    LIPS,
    RIGHT_EYE,
    UNDER_NOSE,
    Portrait,
    blob,
    clouds,
    lerp,
    pixel,
)

Look = Callable[[Portrait, np.random.Generator], np.ndarray]
_UPPER_LIP, _LOWER_LIP = (0, 37, 267), (17, 84, 314)
_HAIR = np.array([(25, 18, 15), (60, 40, 28), (120, 85, 50), (190, 160, 120), (200, 200, 200), (110, 50, 30)], float)


def shadowed(face: Portrait, rng: np.random.Generator) -> np.ndarray:
    """Sunlight past a hat, a window frame or leaves: an edge, bars or spots, soft or sharp."""
    shade = np.zeros((SIZE, SIZE), np.float32)
    choice, turn = rng.random(), rng.uniform(0, np.pi)
    y, x = np.mgrid[:SIZE, :SIZE] - rng.uniform(30, 82)
    across = x * np.cos(turn) + y * np.sin(turn)
    if choice < 0.45:
        shade[across + rng.normal(0, 6) * np.sin(y / rng.uniform(5, 20)) > 0] = 1
    elif choice < 0.6:
        shade[:] = np.sin(across / rng.uniform(2, 8)) > rng.uniform(-0.3, 0.5)
    elif choice < 0.85:
        shade[:] = clouds(rng, rng.uniform(8, 25)) > rng.uniform(0.4, 0.6)
    else:
        shade[: int(face.at(*RIGHT_EYE)[1] + rng.normal(2, 8))] = 1
    soft = cv2.GaussianBlur(shade, (0, 0), rng.uniform(0.5, 4))[..., None]
    tint = rng.uniform(0.9, 1.1, 3)
    return face.pixels * (1 - soft * (1 - rng.uniform(0.2, 0.75) * tint))


def bearded(face: Portrait, rng: np.random.Generator) -> np.ndarray:
    """A beard, a moustache or both, of fine strands; lips stay free."""
    pixels, tone = face.pixels.astype(np.float64), _HAIR[rng.integers(len(_HAIR))]
    for root in _roots(face, rng, int(rng.integers(250, 900))):
        end = root + rng.normal((0, 3), (1.2, 1.5))
        shade = tuple(float(v) for v in (tone * rng.uniform(0.6, 1.4)).clip(0, 255))
        cv2.line(pixels, pixel(root), pixel(end), shade, 1, cv2.LINE_AA)
    share = rng.uniform(0.5, 1.0)
    return face.pixels * (1 - share) + pixels * share


def _roots(face: Portrait, rng: np.random.Generator, count: int) -> list[np.ndarray]:
    """Places of hairs on jaw and upper lip, none on the lips."""
    jaw, roots, kind = face.points[JAW[4:-4]], [], rng.random()
    lips = np.array([face.at(*_UPPER_LIP)[1] - 1, face.at(*_LOWER_LIP)[1] + 2])
    corners = face.points[[61, 291], 0]
    for _ in range(count):
        if kind < 0.25 or (kind < 0.7 and rng.random() < 0.15):
            place = lerp(face.points[61], face.points[291], rng.uniform(-0.05, 1.05))
            place = np.array([place[0], rng.uniform(face.at(UNDER_NOSE)[1] + 1, lips[0])])
        else:
            place = lerp(jaw[rng.integers(len(jaw))], face.at(*LIPS), rng.uniform(-0.1, 0.55))
        if not (lips[0] < place[1] < lips[1] and corners.min() < place[0] < corners.max()):
            roots.append(place)
    return roots


def made_up(face: Portrait, rng: np.random.Generator) -> np.ndarray:
    """Lips and lids in colours, at times the cheeks or a stripe of paint through which the skin's relief is seen."""
    pixels = face.pixels.astype(np.float64)
    for landmarks, half in ((LIPS, (0.36, 0.16)), (RIGHT_EYE, (0.3, 0.2)), (LEFT_EYE, (0.3, 0.2))):
        if rng.random() < 0.7:
            where = np.zeros((SIZE, SIZE), np.float32)
            blob(where, face.at(*landmarks), (face.span * half[0], face.span * half[1]), 0, 2)
            where = cv2.GaussianBlur(where, (0, 0), 1.5)[..., None] * rng.uniform(0.1, 0.5)
            light = pixels.mean(2, keepdims=True) / 128
            pixels = pixels * (1 - where) + where * light * rng.uniform(20, 220, 3)
    return pixels


def glossy(face: Portrait, rng: np.random.Generator) -> np.ndarray:
    """Wet or lit skin: one to four burnt-out spots."""
    pixels = face.pixels.astype(np.float64)
    for _ in range(int(rng.integers(1, 5))):
        where = np.zeros((SIZE, SIZE), np.float32)
        half = rng.uniform(2, 9, 2)
        blob(where, rng.uniform((25, 30), (87, 100)), (half[0], half[1]), rng.uniform(0, 180), 2)
        soft = cv2.GaussianBlur(where, (0, 0), rng.uniform(1, 4))[..., None]
        pixels = pixels + soft * rng.uniform(40, 180)
    return pixels


def dim(face: Portrait, rng: np.random.Generator) -> np.ndarray:
    """One side or the lower half nearly without light."""
    turn, y = rng.uniform(0, 2 * np.pi), np.mgrid[:SIZE, :SIZE] - SIZE / 2
    across = (y[1] * np.cos(turn) + y[0] * np.sin(turn)) / rng.uniform(6, 30)
    least = rng.uniform(0.05, 0.5)
    return face.pixels * (least + (1 - least) / (1 + np.exp(-across)))[..., None]


BARE: dict[str, Look] = {"shadow": shadowed, "beard": bearded, "make-up": made_up, "gloss": glossy, "dim": dim}
