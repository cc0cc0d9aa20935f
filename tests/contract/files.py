"""Small files of every kind, made here."""

import io
from functools import cache

import numpy as np
from PIL import Image


@cache
def picture(kind: str = "JPEG", side: int = 48, seed: int = 0) -> bytes:
    """An image without a face."""
    pixels = np.random.default_rng(seed).integers(0, 255, (side, side, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind)
    return out.getvalue()


def padded(size: int) -> bytes:
    """A JPEG of exactly that many bytes (readers ignore what follows the end marker)."""
    head = picture()
    return head + bytes(size - len(head))


JPEG = picture()
PNG = picture("PNG")
GIF = picture("GIF")
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer<<>>\n%%EOF\n"
MP4 = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp41" + bytes(64)
WAV = b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(24)
TEXT = b"This is no media at all.\n"
