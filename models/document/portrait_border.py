"""What the border of a portrait tells: a picture that lies on top throws a thin shadow beside it."""

import cv2
import numpy as np
import numpy.typing as npt

WIDTH = 1000
"""Pixels of the flat document's longer side while its portrait's border is looked at."""
SIZE = 9
"""Values of `border_measures`."""
_REACH = 0.12
"""Of the portrait's width: how far from where it is expected a border is looked for."""
_NEAR, _FAR, _BEYOND = 7, 9, 17
"""Pixels beside the border: where a shadow lies, from where the paper is itself again, and how far that is compared."""

Box = tuple[float, float, float, float]


def portrait_of(face: Box) -> Box:
    """The picture round a face that fills it as passports ask for (35 to 45, ICAO Doc 9303-3)."""
    left, top, right, bottom = face
    width = 1.8 * (right - left)
    height = width * 45 / 35
    x, y = (left + right) / 2 - width / 2, (top + bottom) / 2 - 0.48 * height
    return x, y, x + width, y + height


def border_measures(document: npt.NDArray[np.uint8], portrait: Box) -> npt.NDArray[np.float32]:
    """(9,) float32: how much darker it is right beside each border than further out (largest first), the weakest and
    strongest border, the least step in brightness across one, and the darkness at the top and at the bottom.

    Args:
        document: (h, w, 3) uint8 RGB, flat and upright, of any size.
        portrait: where the picture is about, in pixels of it.
    """
    scale = WIDTH / max(document.shape[:2])
    flags = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(document, None, fx=scale, fy=scale, interpolation=flags)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    left, top, right, bottom = (edge * scale for edge in portrait)
    width, height = right - left, bottom - top
    across = (top + 0.15 * height, bottom - 0.15 * height), (left + 0.15 * width, right - 0.15 * width)
    sides = [
        _side(grey, left, across[0], width, outward=-1),
        _side(grey.T, top, across[1], width, outward=-1),
        _side(grey, right, across[0], width, outward=1),
        _side(grey.T, bottom, across[1], width, outward=1),
    ]
    found = np.array(sides, np.float32)
    darker, strength, step = found.T
    summary = [strength.min(), strength.max(), np.abs(step).min(), darker[1], darker[3]]
    return np.concatenate([np.sort(darker)[::-1], summary]).astype(np.float32)


def _side(
    grey: npt.NDArray[np.float32], expected: float, along: tuple[float, float], width: float, outward: int
) -> tuple[float, float, float]:
    """(darker beside it, strength, step) of the upright border nearest to a column; zeros where there is none."""
    first, last = max(0, int(expected - _REACH * width - 20)), int(expected + _REACH * width + 20)
    strip = grey[max(0, int(along[0])) : max(0, int(along[1])), first : max(first, last)]
    if strip.shape[0] < 8 or strip.shape[1] < 3 * _BEYOND:
        return 0.0, 0.0, 0.0
    profile = np.median(strip, axis=0)
    slope = np.abs(np.gradient(profile))
    slope[: _BEYOND + 1] = 0
    slope[-_BEYOND - 1 :] = 0
    at = int(slope.argmax())
    if slope[at] == 0:
        return 0.0, 0.0, 0.0
    before, behind = profile[at - _BEYOND : at][::-1], profile[at + 1 : at + 1 + _BEYOND]
    out, within = (before, behind) if outward < 0 else (behind, before)
    paper = float(np.median(out[_FAR:]))
    darker = (paper - float(out[:_NEAR].min())) / (paper + 10)
    return darker, float(slope[at]), (paper - float(np.median(within[3:10]))) / 255
