"""PDFs that the tests draw."""

import io
import tempfile
from collections.abc import Callable
from pathlib import Path

import pymupdf
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

ROWS = ("Invoice 2024-118", "Consulting 1,250.00", "Travel 310.40", "Total 1,560.40")
LEFT, TOP, STEP = 72, 760, 30
PAGE = 842
"""Points: height of an A4 page as reportlab counts it, from below."""


def paper(draw: Callable[[Canvas], None] | None = None, *, pages: int = 1, **options: str) -> bytes:
    """A one-column invoice by reportlab; `draw` adds to its first page."""
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=(595, PAGE), **options)
    for number in range(pages):
        for row, text in enumerate(ROWS):
            canvas.drawString(LEFT, TOP - STEP * row, text)
        if draw is not None and number == 0:
            draw(canvas)
        canvas.showPage()
    canvas.save()
    return target.getvalue()


def box_of(row: int, width: float = 150.0) -> tuple[float, float, float, float]:
    """Left, bottom, width and height round a row, for `Canvas.rect`."""
    return LEFT - 2, TOP - STEP * row - 4, width, 16


def picture(color: tuple[int, int, int], mode: str = "RGB") -> ImageReader:
    """A one-coloured image."""
    return ImageReader(Image.new(mode, (60, 40), color))


def edited(data: bytes, change: Callable[[pymupdf.Document], None], *, incremental: bool = False) -> bytes:
    """The file after a change with MuPDF, appended to it or written anew."""
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:  # MuPDF appends to a file by name only
        file.write(data)
        file.flush()
        document = pymupdf.open(file.name)
        change(document)
        if not incremental:
            return bytes(document.tobytes())
        document.saveIncr()
        return Path(file.name).read_bytes()
