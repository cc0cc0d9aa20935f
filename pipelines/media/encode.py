"""Pixels to files, for the artifacts of a report."""

import io

import numpy as np
import numpy.typing as npt
from PIL import Image


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
