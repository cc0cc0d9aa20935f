"""Faces that any installation has, as files of bytes."""

import io
import zipfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import av
import cv2
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


def pixels(picture: bytes) -> np.ndarray:
    """(H, W, 3) uint8 RGB of an encoded picture, as it is stored."""
    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))


def h264(frames: Iterable[np.ndarray], fps: int = 15) -> bytes:
    """An MP4 of (H, W, 3) uint8 RGB frames of one size, with even sides."""
    out, stream = io.BytesIO(), None
    with av.open(out, "w", format="mp4") as container:
        for frame in frames:
            if stream is None:
                stream = container.add_stream("libx264", rate=fps)
                stream.height, stream.width = frame.shape[:2]
                stream.pix_fmt = "yuv420p"
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")))
        assert stream is not None
        container.mux(stream.encode())
    return out.getvalue()


def jpeg(pixels: np.ndarray, quality: int = 92) -> bytes:
    """Encodes (H, W, 3) uint8 RGB."""
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(out, "JPEG", quality=quality)
    return out.getvalue()


def zipped(*pictures: bytes) -> bytes:
    """A ZIP of these JPEGs."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number, picture in enumerate(pictures):
            archive.writestr(f"{number:02}.jpg", picture)
    return out.getvalue()


def on_a_screen(picture: bytes) -> np.ndarray:
    """(H, W, 3) uint8 RGB: the picture close up on a display whose red, green and blue stripes and dark rows show."""
    lit = pixels(picture).repeat(2, axis=0).repeat(2, axis=1).astype(np.float32)
    rows, columns = np.mgrid[: lit.shape[0], : lit.shape[1]]
    stripes = np.stack([columns % 3 == channel for channel in range(3)], axis=-1)
    shown = lit * stripes * np.where(rows % 3, 1.8, 1.1)[..., None]
    return np.clip(cv2.GaussianBlur(shown, (0, 0), 0.6), 0, 255).astype(np.uint8)
