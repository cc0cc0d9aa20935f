"""Security backgrounds: guilloche line work, microtext and paper, drawn anew for every document."""

from collections.abc import Callable

import cv2
import numpy as np

Curves = list[np.ndarray]
"""Polylines (N, 2) in units of the longer side, 0..1."""
_SHIFT = 4  # fractional bits of the coordinates that OpenCV draws
_STEPS = 240


def background(
    rng: np.random.Generator,
    size: tuple[int, int],
    palette: tuple[tuple[int, int, int], ...],
    pattern: str,
    ppmm: float,
) -> np.ndarray:
    """Paper with its printed security background.

    Args:
        size: width and height in pixels.
        palette: two paper colours, line colour; further ones are ignored.
        pattern: a name of `PATTERNS`.
        ppmm: pixels a millimetre; lines are about 0.08 mm wide.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    width, height = size
    one, two, line = (np.array(colour, np.float32) for colour in palette[:3])
    ramp = np.linspace(0, 1, width, dtype=np.float32)[None, :, None]
    if rng.random() < 0.5:
        ramp = np.abs(2 * ramp - 1)
    paper = np.broadcast_to(one + (two - one) * ramp, (height, width, 3))
    ink = np.zeros((height, width), np.uint8)
    for number, curve in enumerate(PATTERNS[pattern](rng, height / width)):
        points = np.round(curve * width * 2**_SHIFT).astype(np.int32)
        cv2.polylines(ink, [points], False, 150 + 60 * (number % 2), 1, cv2.LINE_AA, _SHIFT)
    # Lines finer than a pixel get fainter instead of wider.
    weight = (ink.astype(np.float32) / 255 * np.float32(min(1.0, 0.09 * ppmm)))[..., None]
    hue = line + (line[::-1] - line) * ramp * np.float32(0.35)
    return np.clip(paper + (hue - paper) * weight, 0, 255).astype(np.uint8)


def _waves(rng: np.random.Generator, tall: float) -> Curves:
    x = np.linspace(0, 1, _STEPS)
    a, b = rng.uniform(0.015, 0.05, 2)
    f, g = rng.uniform(1.5, 6, 2)
    p, q = rng.uniform(0, 2 * np.pi, 2)
    shift = rng.uniform(1.5, 4)
    return [
        np.stack([x, y + a * np.sin(2 * np.pi * f * x + p + shift * y) + b * np.sin(2 * np.pi * g * x + q - 9 * y)], 1)
        for y in np.arange(-0.08, tall + 0.08, rng.uniform(0.011, 0.018))
    ]


def _mesh(rng: np.random.Generator, tall: float) -> Curves:
    x = np.linspace(0, 1, _STEPS)
    lean, f, a = rng.uniform(0.4, 0.9), rng.uniform(3, 8), rng.uniform(0.008, 0.02)
    step = rng.uniform(0.022, 0.032)
    return [
        np.stack([x, y + side * lean * x + a * np.sin(2 * np.pi * f * x + 5 * y)], 1)
        for side in (1, -1)
        for y in np.arange(-1, tall + 1, step)
    ]


def _rosettes(rng: np.random.Generator, tall: float) -> Curves:
    t = np.linspace(0, 2 * np.pi, 2 * _STEPS)
    curves = []
    for _ in range(int(rng.integers(2, 5))):
        centre = rng.uniform(0, 1), rng.uniform(0, tall)
        lobes, reach, depth = int(rng.integers(6, 17)), rng.uniform(0.1, 0.3), rng.uniform(0.1, 0.4)
        for r in np.arange(0.02, reach, 0.011):
            radius = r * (1 + depth * np.cos(lobes * t + 14 * r))
            curves.append(np.stack([centre[0] + radius * np.cos(t), centre[1] + radius * np.sin(t)], 1))
    return curves + _waves(rng, tall)[::3]


def _rays(rng: np.random.Generator, tall: float) -> Curves:
    r = np.linspace(0.02, 1.3, _STEPS)
    centre, f, a = (rng.uniform(0.2, 0.8), rng.uniform(0, tall)), rng.uniform(3, 9), rng.uniform(0.05, 0.15)
    return [
        np.stack([centre[0] + r * np.cos(turn), centre[1] + r * np.sin(turn)], 1)
        for angle in np.arange(0, 2 * np.pi, 2 * np.pi / rng.integers(90, 150))
        for turn in (angle + a * np.sin(2 * np.pi * f * r),)
    ]


def _spirals(rng: np.random.Generator, tall: float) -> Curves:
    t = np.linspace(0, 1, 2 * _STEPS)
    curves = []
    for _ in range(int(rng.integers(3, 6))):
        centre, turns = (rng.uniform(0, 1), rng.uniform(0, tall)), rng.uniform(1.5, 4)
        for arm in np.arange(0, 2 * np.pi, 2 * np.pi / 14):
            angle, radius = arm + 2 * np.pi * turns * t, 0.32 * t**1.3
            curves.append(np.stack([centre[0] + radius * np.cos(angle), centre[1] + radius * np.sin(angle)], 1))
    return curves


def _lattice(rng: np.random.Generator, tall: float) -> Curves:
    s = np.linspace(0, 1, _STEPS)
    a, f, step = rng.uniform(0.01, 0.03), rng.uniform(8, 16), rng.uniform(0.02, 0.03)
    rows = [
        np.stack([s, y + a * np.sign(np.cos(20 * y)) * np.sin(2 * np.pi * f * s)], 1) for y in np.arange(0, tall, step)
    ]
    columns = [
        np.stack([x + a * np.sin(2 * np.pi * f * s + 6 * x), s * tall], 1)
        for x in np.arange(0, 1, rng.uniform(0.02, 0.03))
    ]
    return rows + columns


def _scales(rng: np.random.Generator, tall: float) -> Curves:
    step, t = rng.uniform(0.03, 0.045), np.linspace(0, np.pi, _STEPS // 4)
    return [
        np.stack([x + 0.5 * step * (row % 2) + r * np.cos(t), y + r * np.sin(t)], 1)
        for row, y in enumerate(np.arange(-step, tall, step / 2))
        for x in np.arange(0, 1 + step, step)
        for r in step * np.array([0.25, 0.38, 0.5])
    ]


def _braids(rng: np.random.Generator, tall: float) -> Curves:
    x = np.linspace(0, 1, 2 * _STEPS)
    a, f = rng.uniform(0.012, 0.022), rng.uniform(5, 11)
    return [
        np.stack([x, y + a * np.sin(2 * np.pi * f * x + phase) * (1 + 0.5 * np.sin(2 * np.pi * x + 9 * y))], 1)
        for y in np.arange(0, tall, rng.uniform(0.02, 0.03))
        for phase in (0, np.pi / 2, np.pi)
    ]


def _contours(rng: np.random.Generator, tall: float) -> Curves:
    t = np.linspace(0, 2 * np.pi, 2 * _STEPS)
    centre, bends = (rng.uniform(0.1, 0.9), rng.uniform(0, tall)), rng.uniform(0.04, 0.12, 3)
    shape = 1 + sum(bend * np.sin((n + 2) * t + 7 * n) for n, bend in enumerate(bends))
    return [
        np.stack([centre[0] + r * shape * np.cos(t + r), centre[1] + r * shape * np.sin(t + r)], 1)
        for r in np.arange(0.02, 1.3, rng.uniform(0.01, 0.014))
    ]


PATTERNS: dict[str, Callable[[np.random.Generator, float], Curves]] = {
    "waves": _waves,
    "mesh": _mesh,
    "rosettes": _rosettes,
    "rays": _rays,
    "spirals": _spirals,
    "lattice": _lattice,
    "scales": _scales,
    "braids": _braids,
    "contours": _contours,
}
