"""Places on pages that red flags are about, and pictures of them."""

import io
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.media.pdf import page_pixels, page_scale
from pipelines.media.pdf_page import Box
from pipelines.report import Artifact

if TYPE_CHECKING:
    import pymupdf

_MAX_PICTURES = 8
_DPI, _MAX_SIDE, _MAX_PIXELS = 110.0, 1_600.0, 3_000_000.0
_RED = (220, 0, 0)


@dataclass(frozen=True, slots=True)
class Mark:
    """One box on one page (from 1) that a flag is about, in points."""

    flag: str
    page: int
    box: Box


def draw_marks(document: "pymupdf.Document", marks: Iterable[Mark]) -> tuple[Artifact, ...]:
    """For each flag a picture (PNG, `heatmap-<flag>.png`) of the page with most of its marks, framed in red."""
    by_flag: dict[str, dict[int, list[Box]]] = defaultdict(lambda: defaultdict(list))
    for mark in marks:
        by_flag[mark.flag][mark.page].append(mark.box)
    pictures = []
    for flag, pages in list(by_flag.items())[:_MAX_PICTURES]:
        number = max(pages, key=lambda page: len(pages[page]))
        pictures.append(Artifact(f"heatmap-{flag}.png", "image/png", _picture(document[number - 1], pages[number])))
    return tuple(pictures)


def _picture(page: "pymupdf.Page", boxes: list[Box]) -> bytes:
    from PIL import Image, ImageDraw

    scale = page_scale(page, _DPI, _MAX_SIDE, _MAX_PIXELS)
    image = Image.fromarray(page_pixels(page, scale).copy())
    pen = ImageDraw.Draw(image)
    for left, top, right, bottom in boxes[:200]:
        corners = [left * scale - 3, top * scale - 3, right * scale + 3, bottom * scale + 3]
        limit = (*image.size, *image.size)
        corners = [min(max(corner, -10.0), side + 10.0) for corner, side in zip(corners, limit, strict=True)]
        if corners[0] <= corners[2] and corners[1] <= corners[3]:
            pen.rectangle(corners, outline=_RED, width=3)
    target = io.BytesIO()
    image.save(target, "PNG")
    return target.getvalue()
