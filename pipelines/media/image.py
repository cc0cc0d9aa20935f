"""Still images to RGB pixels, with every bound judged from the header before a pixel is decoded."""

import io
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from PIL import Image

from pipelines.errors import MediaError
from pipelines.media.frames import Decoded, DecodeRequest, Frame, Limits
from pipelines.media.sniff import HEAD_BYTES, sniff

FORMATS: Mapping[str, tuple[str, ...]] = {
    "image/jpeg": ("JPEG", "MPO"),
    "image/png": ("PNG",),
    "image/gif": ("GIF",),
    "image/tiff": ("TIFF",),
    "image/webp": ("WEBP",),
    "image/bmp": ("BMP",),
    "image/avif": ("AVIF",),
    "image/heic": ("HEIF",),
}
_EXIF_ORIENTATION = 0x0112
TURNS: Mapping[int, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_QUARTER_TURNS = frozenset((5, 6, 7, 8))


def decode_image(data: bytes, request: DecodeRequest, limits: Limits) -> Decoded:
    """Decodes one still image.

    The first picture of a GIF animation, a multi-page TIFF, an animated WebP or PNG, or a multi-picture JPEG stands
    for the file. Transparency is laid over white, 16-bit grey keeps its upper 8 bits, CMYK and palettes become RGB by
    Pillow's plain conversion; colour profiles are not applied. A JPEG that is to be reduced is decoded at 1/2, 1/4 or
    1/8 scale by its decoder, then resampled.

    Args:
        data: the whole file.
        request: `max_side` and `exif_rotation` apply; TIFF and HEIC are turned by their decoders in any case.
        limits: `pixels` applies.

    Raises:
        MediaError: `unsupported_media`, `image_too_large`, `corrupt_media` (truncated files too) or `media_memory`.
    """
    found = sniff(data[:HEAD_BYTES])
    if found is None or found.mime not in FORMATS:
        raise MediaError("unsupported_media", "the file is not an image of a supported type")
    try:
        return _decode(data, found.mime, request, limits)
    except MediaError:
        raise
    except MemoryError:
        raise MediaError("media_memory", "the image needs more memory than is allowed") from None
    except Image.DecompressionBombError:
        raise _too_large() from None
    except Exception:  # decoders of hostile bytes raise OSError, SyntaxError, ValueError, struct.error, ...
        raise MediaError("corrupt_media", "the image is damaged or incomplete") from None


def _decode(data: bytes, mime: str, request: DecodeRequest, limits: Limits) -> Decoded:
    if mime == "image/webp":  # Pillow allocates the whole WebP canvas when it opens the file
        _check_size(_webp_size(data), limits)
    if mime == "image/heic":
        import pi_heif

        pi_heif.register_heif_opener(thumbnails=False)
    with Image.open(io.BytesIO(data), formats=FORMATS[mime]) as image:
        _check_size(image.size, limits)
        orientation = image.getexif().get(_EXIF_ORIENTATION, 1) if request.exif_rotation else 1
        if mime == "image/tiff":
            orientation = 1  # Pillow turns TIFF itself
        width, height = image.size
        shrink = max(1.0, max(width, height) / request.max_side)
        target = (max(1, round(width / shrink)), max(1, round(height / shrink)))
        if shrink > 1:
            image.draft(None, target)
        picture = _resizable(image)
    if picture.size != target:
        picture = picture.resize(target, Image.Resampling.BICUBIC, reducing_gap=2.0)
    picture = _rgb(picture)
    if orientation in TURNS:
        picture = picture.transpose(TURNS[orientation])
    if orientation in _QUARTER_TURNS:
        width, height = height, width
    return Decoded(
        kind="image",
        mime=mime,
        width=width,
        height=height,
        duration=None,
        fps=None,
        has_audio=False,
        scale=max(width, height) / max(picture.size),
        frames=(Frame(_pixels(picture), index=0, timestamp=0.0),),
    )


def _check_size(size: tuple[int, int], limits: Limits) -> None:
    if size[0] * size[1] > limits.pixels:
        raise _too_large()
    if min(size) < 1:
        raise MediaError("corrupt_media", "the image has no pixels")


def _too_large() -> MediaError:
    return MediaError("image_too_large", "image too large")


def _webp_size(data: bytes) -> tuple[int, int]:
    """Reads width and height from the first WebP chunk (RFC 9649, sections 2.5 to 2.7)."""
    chunk = data[12:16]
    if chunk == b"VP8X":
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    if chunk == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return int.from_bytes(data[26:28], "little") & 0x3FFF, int.from_bytes(data[28:30], "little") & 0x3FFF


def _resizable(image: Image.Image) -> Image.Image:
    """Loads the pixels into a mode that can be resampled: palettes, bilevel and 16-bit pictures cannot."""
    image.load()
    mode = image.mode
    if mode == "F":
        raise MediaError("unsupported_media", "images with floating-point pixels are not supported")
    if mode == "I" or mode.startswith("I;16"):
        samples = np.asarray(image)
        return Image.fromarray((np.clip(samples, 0, 0xFFFF) >> 8).astype(np.uint8))
    if mode == "PA" or "transparency" in image.info:
        return image.convert("RGBA")
    if mode == "P":
        return image.convert("RGB")
    return image.convert("L") if mode == "1" else image


def _rgb(picture: Image.Image) -> Image.Image:
    """Flattens transparency onto white, as viewers show it, and converts any other mode."""
    if not picture.has_transparency_data:
        return picture if picture.mode == "RGB" else picture.convert("RGB")
    layer = picture.convert("RGBA")
    page = Image.new("RGB", layer.size, (255, 255, 255))
    page.paste(layer, mask=layer.getchannel("A"))
    return page


def _pixels(picture: Image.Image) -> npt.NDArray[np.uint8]:
    """(H, W, 3) uint8 RGB. Pillow hands out its own bytes, so the array is read-only already."""
    pixels = np.ascontiguousarray(np.asarray(picture, dtype=np.uint8))
    pixels.flags.writeable = False
    return pixels
