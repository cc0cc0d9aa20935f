"""Pixels to files, for the artifacts of a report."""

import io

import numpy as np
import numpy.typing as npt
from PIL import Image

from pipelines.media.image import TURNS


def jpeg(pixels: npt.NDArray[np.uint8], quality: int = 90, max_side: int | None = None) -> bytes:
    """Encodes one picture as JPEG, without metadata.

    Args:
        pixels: (H, W, 3) uint8, RGB.
        quality: 1..95 as libjpeg understands it.
        max_side: reduce first so that the long side is at most this many pixels; never enlarges.
    """
    picture = Image.fromarray(pixels)
    if max_side is not None and max(picture.size) > max_side:
        picture.thumbnail((max_side, max_side), Image.Resampling.BICUBIC)
    target = io.BytesIO()
    picture.save(target, "JPEG", quality=quality)
    return target.getvalue()


def heatmap(
    pixels: npt.NDArray[np.uint8], heat: npt.NDArray[np.float32], orientation: int = 1, max_side: int = 1024
) -> bytes:
    """A PNG of the picture in grey, upright, with what is suspicious in red.

    Args:
        pixels: (H, W, 3) uint8, RGB, as stored.
        heat: (h, w) float32 0..1 over the whole picture, at any scale.
        orientation: EXIF orientation 1..8 that makes the picture stand upright.
        max_side: long side of the result at most.
    """
    picture = Image.fromarray(pixels)
    picture.thumbnail((max_side, max_side), Image.Resampling.BICUBIC)
    grey = np.asarray(picture.convert("L"), np.float32)
    levels = Image.fromarray((np.clip(heat, 0, 1) * 255).astype(np.uint8)).resize(
        picture.size, Image.Resampling.BILINEAR
    )
    alpha = np.asarray(levels, np.float32)[..., None] / 255
    red = np.array([255, 32, 0], np.float32)
    mixed = np.repeat(grey[..., None], 3, axis=2) * (1 - 0.7 * alpha) + red * 0.7 * alpha
    shown = Image.fromarray(mixed.astype(np.uint8))
    if orientation in TURNS:
        shown = shown.transpose(TURNS[orientation])
    target = io.BytesIO()
    shown.save(target, "PNG")
    return target.getvalue()
