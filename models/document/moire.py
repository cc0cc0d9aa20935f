"""Periodic structure that runs through a whole document: subpixel grids, moire, halftone dots."""

import cv2
import numpy as np

PEAKS = 9
"""Measures of `peaks`."""
_LOWEST = 0.07  # cycles a pixel, below which print and its background lie
_AROUND = 9  # cells of the spectrum that a peak is compared with


def peaks(crops: np.ndarray) -> np.ndarray:
    """How far single frequencies stand out of the mean spectrum of a document's crops.

    What a printer or a screen lays over everything has one frequency everywhere; lettering and guilloches have not.

    Args:
        crops: (N, S, S, 3) uint8 RGB at native resolution.

    Returns:
        (9,) float: for luma, red minus green and blue minus green, the logarithms of the strongest and of the fifth
        strongest frequency over its surroundings, and of the share of high frequencies.
    """
    x = crops.astype(np.float32)
    red, green, blue = x[..., 0], x[..., 1], x[..., 2]
    size = crops.shape[1]
    window = np.outer(np.hanning(size), np.hanning(size)).astype(np.float32)
    far = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None])
    kept = (far > _LOWEST) & (np.abs(np.fft.fftfreq(size)) > 1.5 / size)[:, None]
    kept[:, :2] = False  # JPEG blocks and straight edges lie on the axes
    found = []
    for plane in ((red + 2 * green + blue) / 4, red - green, blue - green):
        plane = (plane - plane.mean((1, 2), keepdims=True)) * window
        power = np.abs(np.fft.rfft2(plane)) ** 2
        # Each crop counts alike: one with large letters must not drown the others.
        power = (power / (power[:, kept].mean(1)[:, None, None] + 1e-3)).mean(0)
        shifted = np.log(np.fft.fftshift(power, 0) + 1e-6).astype(np.float32)
        over = np.fft.ifftshift(shifted - cv2.blur(shifted, (_AROUND, _AROUND)), 0)
        strongest = np.sort(over[kept])[::-1]
        found += [strongest[0], strongest[4], np.log(power[kept & (far > 0.25)].mean() + 1e-6)]
    return np.array(found, np.float64)
