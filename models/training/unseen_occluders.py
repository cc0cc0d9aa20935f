"""Kinds of occluders that the occlusion network is never trained on: cups, hair, microphones, sheets of paper."""

from collections.abc import Sequence

import cv2
import numpy as np

from models.face.alignment import SIZE
from models.training.occluders import LEFT_EYE, LIPS, RIGHT_EYE, TIP, Drawn, Kind, Portrait, lerp, pixel, ramp, rotated


def cup(face: Portrait, others: Sequence[np.ndarray], rng: np.random.Generator) -> Drawn:
    """A drinking cup with rim and handle at the mouth, tilted."""
    opacity = np.zeros((SIZE, SIZE), np.float32)
    centre = lerp(face.at(*LIPS), face.at(TIP), rng.uniform(-0.5, 0.6)) + rng.normal(0, 2, 2)
    turn, wide, tall = rng.normal(0, 15), face.span * rng.uniform(0.45, 0.7), face.span * rng.uniform(0.9, 1.3)
    narrow = wide * rng.uniform(0.6, 0.95)
    corners = np.array([(-wide, 0), (wide, 0), (narrow, tall), (-narrow, tall)])
    outline = np.array([pixel(centre + rotated(corner, turn)) for corner in corners])
    cv2.fillPoly(opacity, [outline], 1.0, cv2.LINE_AA)
    rim = (round(wide), max(2, round(wide * 0.3)))
    cv2.ellipse(opacity, pixel(centre), rim, turn, 0, 360, 1.0, -1, cv2.LINE_AA)
    side = centre + rotated(np.array([wide * (1 if rng.random() < 0.5 else -1), tall * 0.45]), turn)
    cv2.ellipse(opacity, pixel(side), (round(wide * 0.4), round(tall * 0.25)), turn, 0, 360, 1.0, 4, cv2.LINE_AA)
    across = (np.mgrid[:SIZE, :SIZE][1] - centre[0]) / max(wide, 1)
    clay = rng.uniform(20, 250, 3) * (1.1 - rng.uniform(0.1, 0.6) * across**2).clip(0.2, 1.2)[..., None]
    colour = np.ascontiguousarray(clay)
    inside = tuple(float(v) for v in rng.uniform(20, 120, 3))
    cv2.ellipse(colour, pixel(centre), (max(1, rim[0] - 2), max(1, rim[1] - 2)), turn, 0, 360, inside, -1, cv2.LINE_AA)
    return colour, opacity


def hair(face: Portrait, others: Sequence[np.ndarray], rng: np.random.Generator) -> Drawn:
    """A dense lock of strands that falls from the forehead over one side of the face."""
    opacity, colour = np.zeros((SIZE, SIZE), np.float32), np.zeros((SIZE, SIZE, 3))
    eye = face.at(*(RIGHT_EYE, LEFT_EYE)[rng.integers(2)])
    tone = np.array([(25, 18, 15), (70, 45, 30), (140, 95, 55), (205, 170, 120), (120, 50, 30)][rng.integers(5)], float)
    width, sway = face.span * rng.uniform(0.25, 0.7), rng.normal(0, 14)
    t = np.linspace(0, 1, 12)[:, None]
    for _ in range(int(rng.integers(90, 260))):
        offset = rng.uniform(-width, width)
        root, end = np.array([eye[0] + offset * 0.6 + sway, -4]), np.array([eye[0] + offset, rng.uniform(60, 118)])
        middle = lerp(root, end, 0.5) + np.array([sway * 0.5 + rng.normal(0, 3), 0])
        strand = [np.rint((1 - t) ** 2 * root + 2 * t * (1 - t) * middle + t**2 * end).astype(np.int32)]
        shade = tuple(float(v) for v in (tone * rng.uniform(0.5, 1.5)).clip(0, 255))
        cv2.polylines(colour, strand, False, shade, 2, cv2.LINE_AA)
        cv2.polylines(opacity, strand, False, 1.0, 1, cv2.LINE_AA)
    return colour, opacity


def microphone(face: Portrait, others: Sequence[np.ndarray], rng: np.random.Generator) -> Drawn:
    """A singer's microphone: meshed ball before the mouth, handle running off."""
    opacity, colour = np.zeros((SIZE, SIZE), np.float32), np.zeros((SIZE, SIZE, 3))
    centre, radius = face.at(*LIPS) + rng.normal(0, 4, 2), round(face.span * rng.uniform(0.35, 0.5))
    turn = rng.uniform(0.15, 0.85) * np.pi
    end = centre + 90 * np.array([np.cos(turn), np.sin(turn)])
    metal = tuple(float(v) for v in rng.uniform(10, 90) + rng.uniform(-8, 8, 3))
    for canvas, body in ((opacity, 1.0), (colour, metal)):
        cv2.line(canvas, pixel(centre), pixel(end), body, max(3, round(radius * 1.1)), cv2.LINE_AA)
    y, x = np.mgrid[:SIZE, :SIZE]
    period = rng.uniform(1.2, 2.2)
    mesh = rng.uniform(60, 200) * (0.7 + 0.3 * np.sin((x + y) / period) * np.sin((x - y) / period))
    ball = np.hypot(x - centre[0], y - centre[1]) / radius
    colour[ball < 1] = (mesh * (1.1 - 0.7 * ball**2))[ball < 1, None]
    return colour, np.maximum(opacity, (ball < 1).astype(np.float32))


def paper(face: Portrait, others: Sequence[np.ndarray], rng: np.random.Generator) -> Drawn:
    """A printed sheet or a card held before a part of the face."""
    opacity = np.zeros((SIZE, SIZE), np.float32)
    centre, turn = face.at(int(rng.integers(468))) + rng.normal(0, 8, 2), rng.normal(0, 20)
    half = face.span * rng.uniform((0.6, 0.45), (1.5, 1.1))
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * half * rng.uniform(0.85, 1.1, (4, 2))
    cv2.fillPoly(opacity, [np.array([pixel(centre + rotated(c, turn)) for c in corners])], 1.0, cv2.LINE_AA)
    sheet = np.broadcast_to(rng.uniform(190, 250, 3) - ramp(rng) * 40, (SIZE, SIZE, 3)).copy()
    for row in np.arange(-half[1] * 0.8, half[1] * 0.8, 5):
        ends = [pixel(centre + rotated(np.array([side * half[0] * 0.8, row]), turn)) for side in (-1, rng.random())]
        cv2.line(sheet, ends[0], ends[1], (70.0, 70.0, 75.0), 1, cv2.LINE_AA)
    return sheet, opacity


UNSEEN: dict[str, Kind] = {"cup": cup, "hair": hair, "microphone": microphone, "paper": paper}
