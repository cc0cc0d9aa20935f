"""Scripts that the text networks do not know: Debian's tesseract, where it and the script's data are installed."""

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt
import pytesseract

from models.cards import card
from models.document.text_line import TextLine
from models.predictor import Predictor

LANGUAGES = {
    "Cyrillic": ("rus", "ukr", "bul", "srp"),
    "Greek": ("ell",),
    "Arabic": ("ara", "fas", "urd"),
    "Hebrew": ("heb",),
    "Hangul": ("kor",),
    "Korean": ("kor",),
    "Thai": ("tha",),
    "Devanagari": ("hin", "mar", "nep"),
    "Bengali": ("ben",),
    "Tamil": ("tam",),
    "Telugu": ("tel",),
    "Gujarati": ("guj",),
    "Gurmukhi": ("pan",),
    "Georgian": ("kat",),
    "Armenian": ("hye",),
    "Ethiopic": ("amh",),
    "Khmer": ("khm",),
}
"""Scripts as tesseract's own detection names them, and the language data that reads each; the packages of Debian are
named tesseract-ocr-<language>."""
_TIMEOUT_S = 60
_LEAST_SIDE = 900
"""Short sides below it are doubled: the script detection wants letters of some thirty pixels."""


@dataclass(frozen=True, slots=True, eq=False)
class OtherScript:
    """What became of a page in a script the networks do not know.

    Attributes:
        script: its name, `unknown` where it could not be told.
        lines: what was read, empty unless `outcome` is `read`.
        outcome: `read`, `tesseract_missing`, `script_unknown`, or `language_missing` (tesseract is installed without
            data for the script).
        languages: the data that read it, or that would.
    """

    script: str
    lines: tuple[TextLine, ...]
    outcome: str
    languages: tuple[str, ...] = ()


class Tesseract(Predictor[np.ndarray, OtherScript]):
    """Tells the script of a page and reads it.

    Input: (H, W, 3) uint8 RGB upright pages. Output: script, lines and outcome a page. Runs a program of the machine on
    pixels that were rendered here; where there is none it says so.
    """

    card = card("document/other-scripts")

    def load(self) -> None:
        """There is nothing to load."""

    def predict(self, batch: Sequence[np.ndarray]) -> list[OtherScript]:
        return [_read(image) for image in batch]


def installed() -> frozenset[str]:
    """Languages that tesseract has data for; empty without tesseract."""
    return _installed(shutil.which("tesseract"))


@cache
def _installed(program: str | None) -> frozenset[str]:
    return frozenset(pytesseract.get_languages()) if program else frozenset()


def _read(image: npt.NDArray[np.uint8]) -> OtherScript:
    if not installed():
        return OtherScript("unknown", (), "tesseract_missing")
    script = _script(image)
    if script not in LANGUAGES:
        return OtherScript(script, (), "script_unknown")
    languages = tuple(language for language in LANGUAGES[script] if language in installed())
    if not languages:
        return OtherScript(script, (), "language_missing", LANGUAGES[script])
    return OtherScript(script, tuple(_lines(image, languages)), "read", languages)


def _script(image: npt.NDArray[np.uint8]) -> str:
    if "osd" not in installed():
        return "unknown"
    times = 2 if min(image.shape[:2]) < _LEAST_SIDE else 1
    large = cv2.resize(image, None, fx=times, fy=times, interpolation=cv2.INTER_CUBIC)
    try:
        told = pytesseract.image_to_osd(large, config="--psm 0 --dpi 300", timeout=_TIMEOUT_S)
    except (pytesseract.TesseractError, RuntimeError):  # too few characters, or too slow
        return "unknown"
    found = re.search(r"^Script: (\w+)", told, re.MULTILINE)
    return found[1] if found else "unknown"


def _lines(image: npt.NDArray[np.uint8], languages: tuple[str, ...]) -> list[TextLine]:
    """Words of tesseract joined to lines; the confidence is the mean of its words'."""
    config = "--psm 3 --dpi 300"
    table = pytesseract.image_to_data(
        image, lang="+".join(languages), config=config, output_type=pytesseract.Output.DICT, timeout=_TIMEOUT_S
    )
    rows: dict[tuple[int, int, int], list[int]] = {}
    for index, word in enumerate(table["text"]):
        if word.strip() and float(table["conf"][index]) >= 0:
            key = table["block_num"][index], table["par_num"][index], table["line_num"][index]
            rows.setdefault(key, []).append(index)
    return [_line(table, words) for words in rows.values()]


def _line(table: dict[str, list[int]], words: Sequence[int]) -> TextLine:
    left, top = (min(table[side][word] for word in words) for side in ("left", "top"))
    right = max(table["left"][word] + table["width"][word] for word in words)
    bottom = max(table["top"][word] + table["height"][word] for word in words)
    quad = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)
    confidence = float(np.mean([float(table["conf"][word]) for word in words])) / 100
    return TextLine(" ".join(str(table["text"][word]) for word in words), quad, confidence)
