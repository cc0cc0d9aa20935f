"""Pages of known text, drawn with fonts that any installation has."""

from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

SANS = Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf"


def page(
    lines: list[tuple[str, int, int]], width: int = 900, height: int = 600, size: int = 30, font: Path = SANS
) -> np.ndarray:
    """(H, W, 3) uint8 RGB: black text on white; lines are (text, left, top) in pixels."""
    image = Image.new("RGB", (width, height), "white")
    face = ImageFont.truetype(str(font), size)
    for text, left, top in lines:
        ImageDraw.Draw(image).text((left, top), text, fill="black", font=face)
    return np.asarray(image)


LETTER = [
    ("Northwind Trading Ltd", 40, 40),
    ("14 Harbour Street, Utoville", 40, 90),
    ("Invoice number 2026-0417", 40, 180),
    ("Date 12.03.2026", 40, 230),
    ("Total amount", 40, 320),
    ("1,234.50 EUR", 600, 320),
    ("Thank you for your order", 40, 420),
]
