"""PDF pages to frames, with MuPDF. Nothing in a file is ever run: neither scripts nor actions nor links."""

import math
import sys
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pipelines.errors import MediaError
from pipelines.media.frames import Decoded, DecodeRequest, Frame, Limits

if TYPE_CHECKING:
    import pymupdf

POINTS_PER_INCH = 72.0
_LEAST_POINTS = 1.0


def open_pdf(data: bytes, limits: Limits) -> "pymupdf.Document":
    """Opens a PDF, repairing its cross-references where they are broken.

    Raises:
        MediaError: `encrypted_pdf` where a password is needed to read it, `too_many_pages`, or `corrupt_media`.
    """
    document = open_lenient(data)
    if document.page_count > limits.pages:
        raise MediaError("too_many_pages", f"the PDF has more than {limits.pages} pages")
    return document


def open_lenient(data: bytes) -> "pymupdf.Document":
    """As `open_pdf`, for readers that look at the first pages only: any number of pages will do."""
    sys.modules.setdefault("pymupdf.layout", None)  # type: ignore[arg-type]  # else it loads layout networks
    import pymupdf

    pymupdf.TOOLS.mupdf_display_errors(False)  # they quote what stands in the file
    pymupdf.TOOLS.mupdf_display_warnings(False)
    pymupdf.TOOLS.set_subset_fontnames(True)  # `ABCDEF+Arial`: which subset drew a character is evidence
    try:
        document = pymupdf.open(stream=data, filetype="pdf")
        pages = document.page_count if not document.needs_pass else 0
    except MemoryError:
        raise
    except Exception:  # MuPDF's own classes, RuntimeError, ValueError, ...
        raise _corrupt() from None
    if document.needs_pass:
        raise MediaError("encrypted_pdf", "the PDF can only be read with a password")
    if pages < 1:
        raise _corrupt()
    return document


def decode_pdf(data: bytes, request: DecodeRequest, limits: Limits) -> Decoded:
    """Draws the first pages of a PDF, annotations and form fields included, as a viewer shows them.

    Args:
        data: the whole file.
        request: `frames` is the number of pages at most, `dpi` the resolution, bounded by `max_side`.
        limits: `pages` of the file and `pixels` of one picture.

    Returns:
        Frame `index` is the page from 0. `width` and `height` are points of the first page, `scale` points for each
        of its pixels; a pixel of any page is `width in points / width in pixels` points wide.

    Raises:
        MediaError: as `open_pdf`; `corrupt_media` where no page can be drawn; `media_memory`.
    """
    try:
        document = open_pdf(data, limits)
        frames = [
            Frame(_draw(document, number, request, limits), index=number, timestamp=0.0)
            for number in range(min(request.frames, document.page_count))
        ]
        width, height = _size(document[0])
    except MediaError:
        raise
    except MemoryError:
        raise MediaError("media_memory", "the PDF needs more memory than is allowed") from None
    except Exception:
        raise _corrupt() from None
    return Decoded(
        kind="pdf",
        mime="application/pdf",
        width=round(width),
        height=round(height),
        duration=None,
        fps=None,
        has_audio=False,
        scale=max(width, height) / max(frames[0].pixels.shape[:2]),
        frames=tuple(frames),
    )


def page_pixels(page: "pymupdf.Page", scale: float) -> npt.NDArray[np.uint8]:
    """(H, W, 3) uint8 RGB of a page at `scale` pixels for each point, over white; read-only."""
    import pymupdf

    drawn = page.get_pixmap(matrix=pymupdf.Matrix(scale, scale), colorspace=pymupdf.csRGB, alpha=False)
    rows = np.frombuffer(drawn.samples, np.uint8).reshape(drawn.height, drawn.stride)
    pixels = np.ascontiguousarray(rows[:, : drawn.width * 3].reshape(drawn.height, drawn.width, 3))
    pixels.flags.writeable = False
    return pixels


def page_scale(page: "pymupdf.Page", dpi: float, max_side: float, pixels: float) -> float:
    """Pixels for each point so that neither the long side nor the number of pixels is exceeded."""
    width, height = _size(page)
    wanted = dpi / POINTS_PER_INCH
    return min(wanted, max_side / max(width, height), math.sqrt(pixels / (width * height)))


def _draw(document: "pymupdf.Document", number: int, request: DecodeRequest, limits: Limits) -> npt.NDArray[np.uint8]:
    page = document[number]
    scale = page_scale(page, request.dpi, request.max_side, limits.pixels)
    pixels = page_pixels(page, scale)[: request.max_side, : request.max_side]  # sizes are rounded up
    if not pixels.size:
        raise _corrupt()
    kept = np.ascontiguousarray(pixels)
    kept.flags.writeable = False
    return kept


def _size(page: "pymupdf.Page") -> tuple[float, float]:
    width, height = float(page.rect.width), float(page.rect.height)
    if not (math.isfinite(width) and math.isfinite(height)):
        raise _corrupt()
    return max(width, _LEAST_POINTS), max(height, _LEAST_POINTS)


def _corrupt() -> MediaError:
    return MediaError("corrupt_media", "the PDF is damaged or incomplete")
