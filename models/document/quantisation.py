"""JPEG's transform and tables (ITU-T T.81), as far as traces of earlier compressions need them."""

from collections.abc import Mapping, Sequence

import numpy as np

BLOCK = 8
FREQUENCIES = (
    (0, 1), (1, 0), (2, 0), (1, 1), (0, 2), (0, 3), (1, 2), (2, 1), (3, 0), (4, 0), (3, 1), (2, 2), (1, 3), (0, 4),
)  # fmt: skip
"""Rows and columns of the lowest frequencies but the mean: higher ones are mostly zero after compression."""
# Table K.1: luminance steps that the IJG's quality scale multiplies.
_STANDARD = np.array([
    [16, 11, 10, 16, 24, 40, 51, 61], [12, 12, 14, 19, 26, 58, 60, 55], [14, 13, 16, 24, 40, 57, 69, 56],
    [14, 17, 22, 29, 51, 87, 80, 62], [18, 22, 37, 56, 68, 109, 103, 77], [24, 35, 55, 64, 81, 104, 113, 92],
    [49, 64, 78, 87, 103, 121, 120, 101], [72, 92, 95, 98, 112, 100, 103, 99],
])  # fmt: skip


def luma_table(quality: int) -> np.ndarray:
    """(8, 8) luminance steps that libjpeg takes at a quality of 1..100."""
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    table: np.ndarray = np.clip((_STANDARD * scale + 50) // 100, 1, 255)
    return table


def nearest_quality(steps: Sequence[int]) -> int:
    """The quality (1..100) of the IJG's scale whose luminance table is nearest to these 64 steps, row by row."""
    tables = np.stack([luma_table(number).ravel() for number in range(1, 101)])
    return int(np.abs(tables - np.array(steps, np.int64)).sum(1).argmin()) + 1


def _basis() -> np.ndarray:
    """(64, frequencies): what each frequency's pattern of a block looks like, row by row."""
    place = (2 * np.arange(BLOCK) + 1) * np.pi / (2 * BLOCK)
    rows = np.stack([np.cos(number * place) * np.sqrt((1 + (number > 0)) / BLOCK) for number in range(BLOCK)])
    return np.stack([np.outer(rows[u], rows[v]).ravel() for u, v in FREQUENCIES], axis=1).astype(np.float32)


_BASIS = _basis()
LUMA: Mapping[int, np.ndarray] = {
    quality: np.array([luma_table(quality)[place] for place in FREQUENCIES], np.float32) for quality in range(1, 101)
}
"""Steps of the lowest frequencies by quality."""


def luma_coefficients(pixels: np.ndarray) -> np.ndarray:
    """(h, w, frequencies) float32: the lowest frequencies of each block of 8 x 8 pixels on the grid of the top left.

    Args:
        pixels: (H, W, 3) uint8 RGB.
    """
    luma = pixels.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32) - 128
    height, width = luma.shape[0] // BLOCK, luma.shape[1] // BLOCK
    blocks = luma[: height * BLOCK, : width * BLOCK].reshape(height, BLOCK, width, BLOCK).transpose(0, 2, 1, 3)
    found: np.ndarray = (blocks.reshape(height, width, BLOCK * BLOCK) @ _BASIS).astype(np.float32)
    return found
