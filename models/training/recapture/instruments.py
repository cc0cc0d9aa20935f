"""What the faces of attacks are shown on: periodic structure of screens, ink of printers.

A screen is the Fourier series of its subpixel tile. Each harmonic is weakened by the transfer function of lens and
photosite and then SAMPLED at the camera pixels, so moire appears by aliasing, as in a real recapture, and a grid that
is too fine for the camera disappears. A print is a threshold screen per ink, evaluated at the camera pixels.
"""

from functools import cache

import cv2
import numpy as np

from models.training.recapture.camera import Optics

DRAWN = "drawn_"
"""Before a number: a layout or halftone drawn at random, for training on more kinds than have names."""
_TILE = 24  # samples of a subpixel tile along each axis
_CELL = 64  # samples of a halftone cell along each axis
_INK = {  # what a full layer of ink absorbs in red, green and blue
    "cyan": ((0.95, 0.35, 0.15), 15.0),
    "magenta": ((0.2, 0.92, 0.4), 75.0),
    "yellow": ((0.03, 0.12, 0.9), 0.0),
    "black": ((0.96, 0.96, 0.96), 45.0),
}


def _bar(tile: np.ndarray, channel: int, x: float, y: float, w: float, h: float) -> None:
    size = tile.shape[0]
    tile[round(y * size) : round((y + h) * size), round(x * size) : round((x + w) * size), channel] = 1


@cache
def subpixel_tile(layout: str) -> tuple[np.ndarray, tuple[int, int]]:
    """The repeating light pattern of a screen: (24, 24, 3) with mean 1 per channel, and its extent in pixels (x, y)."""
    tile = np.zeros((_TILE, _TILE, 3), np.float32)
    extent = (1, 1)
    if layout in ("rgb_stripe", "bgr_stripe"):
        for place in range(3):
            _bar(tile, place if layout[0] == "r" else 2 - place, place / 3 + 0.04, 0.1, 0.25, 0.84)
    elif layout == "rgb_triad_rows":  # stripes turned by 90 degrees: a rotated panel
        for place in range(3):
            _bar(tile, place, 0.1, place / 3 + 0.04, 0.84, 0.25)
    elif layout == "chevron":  # dual-domain IPS: subpixels lean left and right in turn
        extent = (1, 2)
        yy, xx = np.mgrid[0:_TILE, 0:_TILE] / _TILE
        lean = np.abs((yy * 2) % 2 - 1) * 0.2
        for place in range(3):
            inside = ((xx - lean - place / 3) % 1 < 0.26) & ((yy * 2) % 1 < 0.86)
            tile[..., place] = inside
    elif layout == "pentile_diamond":  # two pixels wide and high in each direction; green twice as dense
        extent = (2, 2)
        for x, y, channel, r in ((0, 0, 0, 4), (12, 12, 0, 4), (12, 0, 2, 4), (0, 12, 2, 4)):
            _diamond(tile, x, y, channel, r)
        for x, y in ((6, 6), (18, 6), (6, 18), (18, 18)):
            _diamond(tile, x, y, 1, 3)
    elif layout == "delta":  # triads shifted by half a pixel in every other row
        extent = (1, 2)
        for place in range(3):
            _bar(tile, place, place / 3 + 0.04, 0.05, 0.25, 0.4)
            shifted = (place / 3 + 0.54) % 1
            _bar(tile, place, min(shifted, 0.75), 0.55, 0.25, 0.4)
    elif layout == "rgbw":  # four stripes, the white one lights every channel
        for place in range(4):
            for channel in (place,) if place < 3 else (0, 1, 2):
                _bar(tile, channel, place / 4 + 0.03, 0.08, 0.19, 0.86)
    elif layout.startswith(DRAWN):
        return _drawn_tile(int(layout.removeprefix(DRAWN)))
    else:
        raise ValueError(f"unknown subpixel layout {layout!r}")
    return tile / tile.mean((0, 1)), extent


def _drawn_tile(seed: int) -> tuple[np.ndarray, tuple[int, int]]:
    """Subpixels of a screen that nobody built: bars of any size at any place, each colour in one or two pieces."""
    rng = np.random.default_rng([seed, 41])
    tile = np.zeros((_TILE, _TILE, 3), np.float32)
    for channel in range(3):
        for _ in range(int(rng.integers(1, 3))):
            width, height = (int(side) for side in rng.integers(4, 21, 2))
            x, y = (int(start) for start in rng.integers(0, _TILE, 2))
            rows, columns = np.arange(y, y + height) % _TILE, np.arange(x, x + width) % _TILE
            tile[..., channel][np.ix_(rows, columns)] = 1
    extent = int(rng.choice([1, 1, 2])), int(rng.choice([1, 1, 2]))
    return tile / tile.mean((0, 1)), extent


def _diamond(tile: np.ndarray, x: int, y: int, channel: int, radius: int) -> None:
    yy, xx = np.mgrid[0:_TILE, 0:_TILE]
    dx, dy = ((xx - x + 12) % _TILE) - 12, ((yy - y + 12) % _TILE) - 12
    tile[..., channel][np.abs(dx) + np.abs(dy) <= radius] = 1


def screen_pattern(layout: str, u: np.ndarray, v: np.ndarray, optics: Optics, strength: float) -> np.ndarray:
    """The light of a white screen as the camera samples it.

    Args:
        layout: a name of `subpixel_tile`.
        u, v: (H, W) float32 screen coordinates of every camera pixel, in screen pixels.
        optics: blur that each harmonic passes before it is sampled.
        strength: 1 for bare subpixels, less where a diffuser or a cover glass spreads their light.

    Returns:
        (H, W, 3) float32 RGB, mean about 1.
    """
    tile, (px, py) = subpixel_tile(layout)
    spectrum = np.fft.fft2(tile, axes=(0, 1)) / tile[..., 0].size
    jacobian = _jacobian(u, v)
    found = []
    for kx in range(0, 5):
        for ky in range(-4, 5):
            if (kx, ky) <= (0, 0):
                continue
            fx, fy = jacobian.T @ np.array([kx / px, ky / py])
            weight = 2 * strength * optics.transfer(float(fx), float(fy))
            found.append((weight * spectrum[ky, kx], kx / px, ky / py))
    found.sort(key=lambda item: -np.abs(item[0]).max())
    light = np.ones((*u.shape, 3), np.float32)
    for amplitude, across, down in found[:7]:
        if np.abs(amplitude).max() < 0.004:
            break
        phase = np.float32(2 * np.pi * across) * u + np.float32(2 * np.pi * down) * v
        cosine, sine = np.cos(phase), np.sin(phase)
        for channel in range(3):
            light[..., channel] += np.float32(amplitude[channel].real) * cosine
            light[..., channel] -= np.float32(amplitude[channel].imag) * sine
    return np.maximum(light, 0)


def _jacobian(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """d(u, v) / d(x, y) in the middle of the picture."""
    y, x = u.shape[0] // 2, u.shape[1] // 2
    return np.array(
        [[u[y, x + 1] - u[y, x], u[y + 1, x] - u[y, x]], [v[y, x + 1] - v[y, x], v[y + 1, x] - v[y, x]]], np.float64
    )


@cache
def threshold_tile(halftone: str) -> np.ndarray:
    """One period of a halftone screen: (64, 64) float32 thresholds, uniform in 0..1."""
    yy, xx = (np.mgrid[0:_CELL, 0:_CELL] + 0.5) / _CELL * 2 * np.pi
    if halftone == "am_round":
        spot = np.cos(xx) + np.cos(yy)
    elif halftone == "am_ellipse":
        spot = np.cos(xx) + 0.6 * np.cos(yy)
    elif halftone == "am_diamond":
        spot = -np.abs(np.sin(xx / 2)) - np.abs(np.sin(yy / 2)) * 0.9
    elif halftone == "am_line":
        spot = np.cos(xx) + 0.05 * np.cos(yy)
    elif halftone == "ordered":
        matrix = np.zeros((1, 1))
        for _ in range(3):
            matrix = np.block([[4 * matrix, 4 * matrix + 2], [4 * matrix + 3, 4 * matrix + 1]])
        spot = np.kron(matrix, np.ones((8, 8)))
        return ((spot + 0.5) / 64).astype(np.float32)
    elif halftone == "fm_blue":
        spot = _blue_noise()
    elif halftone.startswith(DRAWN):
        rng = np.random.default_rng([int(halftone.removeprefix(DRAWN)), 42])
        waves = [(1, 0), (0, 1), (1, 1), (1, -1), (2, 1)]
        sizes = rng.normal(0, 1, len(waves)) * (1, 1, 0.5, 0.5, 0.3)
        shifts = rng.uniform(0, 2 * np.pi, len(waves))
        spot = sum(
            size * np.cos(a * xx + b * yy + shift) for size, shift, (a, b) in zip(sizes, shifts, waves, strict=True)
        )
    else:
        raise ValueError(f"unknown halftone {halftone!r}")
    ranks = np.empty(spot.size, np.float32)
    ranks[np.argsort(spot.ravel(), kind="stable")] = (np.arange(spot.size) + 0.5) / spot.size
    return ranks.reshape(spot.shape)


def _blue_noise() -> np.ndarray:
    """White noise whose low frequencies are removed again and again, its histogram being restored in between."""
    field = np.random.default_rng(7).random((_CELL, _CELL)).astype(np.float32)
    for _ in range(12):
        wrapped = cv2.copyMakeBorder(field, 16, 16, 16, 16, cv2.BORDER_WRAP)
        field = field - cv2.GaussianBlur(wrapped, (0, 0), 1.5)[16:-16, 16:-16]
        order = np.argsort(field.ravel())
        field.ravel()[order] = np.linspace(0, 1, field.size, dtype=np.float32)
    return field


def print_ink(
    halftone: str, picture: np.ndarray, u: np.ndarray, v: np.ndarray, optics: Optics, period: float, gain: float
) -> np.ndarray:
    """A four-colour halftone print of a picture.

    Args:
        halftone: a name of `threshold_tile`.
        picture: (H, W, 3) float32 RGB 0..1, tones to be printed, already mapped to camera pixels.
        u, v: (H, W) float32 print coordinates of every camera pixel, scaled to about camera pixels.
        optics: blur that the dots pass before they are sampled.
        period: of the halftone cell (for `fm_blue` and `ordered`: of one dot), in camera pixels.
        gain: dot gain; 0 prints the exact coverage, 0.3 much too much ink.

    Returns:
        (H, W, 3) float32 reflectance of the inks, 0..1.
    """
    cmy = 1 - picture
    black = cmy.min(-1) * 0.8
    layers = np.dstack([(cmy - black[..., None]) / np.maximum(1 - black[..., None], 0.05), black])
    tile, span = threshold_tile(halftone), _span(halftone)
    kept = np.exp(-2 * (np.pi * optics.sigma / period) ** 2) * abs(np.sinc(0.45 / period))
    paper = np.ones_like(picture)
    for layer, (absorbed, degrees) in enumerate(_INK.values()):
        coverage = layers[..., layer]
        coverage = coverage + np.float32(gain) * coverage * (1 - coverage)
        turn = np.deg2rad(degrees if span == 1 else 0.0)
        scale = np.float32(_CELL / (period * span))
        shift = np.float32(17.3 * layer)
        x = (u * np.float32(np.cos(turn)) - v * np.float32(np.sin(turn))) * scale + shift
        y = (u * np.float32(np.sin(turn)) + v * np.float32(np.cos(turn))) * scale + shift
        threshold = tile[y.astype(np.int32) % _CELL, x.astype(np.int32) % _CELL]
        slope = np.float32(max(1.5, 2.5 * period / span))  # the footprint of a pixel softens the edge of a dot
        dots = np.clip((coverage - threshold) * slope + 0.5, 0, 1)
        ink = coverage + np.float32(kept) * (dots - coverage)
        paper = paper * (1 - ink[..., None] * np.array(absorbed, np.float32))
    return paper


def _span(halftone: str) -> int:
    """How many dots one tile holds along an axis."""
    return {"fm_blue": _CELL, "ordered": 8}.get(halftone, 1)
