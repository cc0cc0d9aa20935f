"""Faces that any installation has, as files of bytes."""

import io
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import av
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
