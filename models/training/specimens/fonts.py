"""Fonts of the generated documents, from Debian packages; nothing is bundled."""

from functools import cache
from pathlib import Path

from PIL import ImageFont

ROOT = Path("/usr/share/fonts")
FAMILIES = {
    "ocrb": ("opentype/ocr-b/OCRB.otf", "fonts-ocr-b"),
    "sans": ("truetype/liberation/LiberationSans-Regular.ttf", "fonts-liberation"),
    "sans_bold": ("truetype/liberation/LiberationSans-Bold.ttf", "fonts-liberation"),
    "serif": ("truetype/liberation/LiberationSerif-Regular.ttf", "fonts-liberation"),
    "mono": ("truetype/liberation/LiberationMono-Regular.ttf", "fonts-liberation"),
    "narrow": ("truetype/liberation/LiberationSansNarrow-Regular.ttf", "fonts-liberation-sans-narrow"),
    "condensed": ("truetype/dejavu/DejaVuSansCondensed.ttf", "fonts-dejavu-extra"),
    "lato": ("truetype/lato/Lato-Regular.ttf", "fonts-lato"),
    "roman": ("opentype/urw-base35/P052-Roman.otf", "fonts-urw-base35"),
    "gothic": ("opentype/urw-base35/URWGothic-Book.otf", "fonts-urw-base35"),
    "bookman": ("opentype/urw-base35/URWBookman-Light.otf", "fonts-urw-base35"),
    "schoolbook": ("opentype/urw-base35/C059-Roman.otf", "fonts-urw-base35"),
    "serif_condensed": ("truetype/dejavu/DejaVuSerifCondensed.ttf", "fonts-dejavu-extra"),
}
"""Name to file below `ROOT` and the Debian package that brings it."""


class MissingFontError(RuntimeError):
    """A font is not installed; the message names the Debian package."""


def missing() -> list[str]:
    """The Debian packages to install before documents can be drawn."""
    return sorted({package for file, package in FAMILIES.values() if not (ROOT / file).is_file()})


@cache
def font(family: str, size: float) -> ImageFont.FreeTypeFont:
    """A font at `size` pixels of the em. Raises MissingFontError."""
    file, package = FAMILIES[family]
    if not (ROOT / file).is_file():
        raise MissingFontError(f"the font {family!r} is not installed: apt-get install {package}")
    return ImageFont.truetype(str(ROOT / file), size)


@cache
def em_of_advance(family: str) -> float:
    """Em size over the advance of one character, of a font in which all are equally wide."""
    return 1000 / font(family, 1000).getlength("0")
