"""Takes the images out of a PDF, re-encoded: what comes out is pixels, never bytes as they stood in the file."""

from typing import TYPE_CHECKING

from pipelines.media.facts import Facts
from pipelines.media.frames import Limits
from pipelines.media.pdf import open_lenient
from pipelines.media.sniff import MediaType
from pipelines.report import Artifact

if TYPE_CHECKING:
    import pymupdf

_MAX_IMAGES = 100
_MAX_BYTES = 64 << 20
_MAX_PIXELS = 40_000_000
_LEAST_SIDE = 2


def read(data: bytes, found: MediaType, limits: Limits) -> Facts:
    """Reads the images that pages show, each once, in order of pages.

    Returns:
        `{"images": [{"name", "page", "width", "height"}], "left_out": number}` and the attachments `extracted-1`,
        `extracted-2`, ...: photographs (JPEG in the file) as JPEG, all others as PNG. Masks are not applied; images
        that the bounds on their number and size exclude, or that cannot be decoded, are counted in `left_out`.

    Raises:
        MediaError: as `pipelines.media.pdf.open_lenient`.
    """
    if found.kind != "pdf":
        return Facts({"images": [], "left_out": 0})
    document = open_lenient(data)
    attachments: list[Artifact] = []
    images = []
    left_out = taken = 0
    seen: set[int] = set()
    for number in range(min(document.page_count, limits.pages)):
        for xref, _, width, height, *_ in document.get_page_images(number):
            if xref in seen:
                continue
            seen.add(xref)
            encoded = _encode(document, xref, width * height) if len(attachments) < _MAX_IMAGES else None
            if encoded is None or taken + len(encoded[1]) > _MAX_BYTES or min(width, height) < _LEAST_SIDE:
                left_out += 1
                continue
            taken += len(encoded[1])
            attachments.append(Artifact(f"extracted-{len(attachments) + 1}", *encoded))
            images.append({"name": attachments[-1].name, "page": number + 1, "width": width, "height": height})
    return Facts({"images": images, "left_out": left_out}, tuple(attachments))


def _encode(document: "pymupdf.Document", xref: int, pixels: int) -> tuple[str, bytes] | None:
    import pymupdf

    if not 0 < pixels <= _MAX_PIXELS:
        return None
    try:
        picture = pymupdf.Pixmap(document, xref)
        if picture.colorspace is None or picture.colorspace.n > 3 or picture.alpha:
            picture = pymupdf.Pixmap(pymupdf.csRGB, pymupdf.Pixmap(picture, 0) if picture.alpha else picture)
        if "DCTDecode" in document.xref_get_key(xref, "Filter")[1]:
            return "image/jpeg", bytes(picture.tobytes("jpeg", jpg_quality=92))
        return "image/png", bytes(picture.tobytes("png"))
    except MemoryError:
        raise
    except Exception:  # one broken image does not spoil the others
        return None
