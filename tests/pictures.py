"""Faces that any installation has, as files of bytes."""

import io
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image


@cache
def astronaut(degrees: int = 0, quality: int = 92) -> bytes:
    """A JPEG of Eileen Collins (public domain, inside scikit-image), turned counter-clockwise."""
    from skimage import data

    return jpeg(np.rot90(data.astronaut(), degrees // 90), quality)


@cache
def hopper() -> bytes:
    """A JPEG of Grace Hopper (public domain, inside matplotlib)."""
    import matplotlib

    return (Path(matplotlib.__file__).parent / "mpl-data" / "sample_data" / "grace_hopper.jpg").read_bytes()


@cache
def nobody() -> bytes:
    """A JPEG without any face."""
    across = np.linspace(0, 255, 640, dtype=np.uint8)
    return jpeg(np.stack([np.tile(across, (480, 1))] * 3, axis=-1))


def jpeg(pixels: np.ndarray, quality: int = 92) -> bytes:
    """Encodes (H, W, 3) uint8 RGB."""
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(out, "JPEG", quality=quality)
    return out.getvalue()
