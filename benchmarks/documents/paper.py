"""A sheet of paper to write on, and how a country writes numbers and dates."""

import io
import random
import tomllib
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib
from babel.dates import format_date
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from stdnum import iban as ibans
from stdnum.iso7064 import mod_97_10

from pipelines.document.extraction.identifiers import find_vat_ids

WIDTH, HEIGHT = 595.0, 842.0
_IBAN_DIGITS = {"GB": 14, "DE": 18, "FR": 23, "ES": 20, "IT": 22, "NL": 10, "PT": 21, "PL": 24}
_IBAN_HEAD = {"GB": "NWBK", "NL": "INGB", "IT": "X"}
_VAT = {"GB": "#########", "DE": "#########", "FR": "###########", "ES": "B########", "IT": "###########",
        "NL": "#########B01", "PT": "#########", "PL": "##########"}  # fmt: skip


@cache
def wording() -> dict[str, dict[str, Any]]:
    """The words of each language."""
    return tomllib.loads((Path(__file__).parent / "wording.toml").read_text(encoding="utf-8"))


@dataclass
class Sample:
    """One document: its bytes, and the value of each field."""

    kind: str
    language: str
    pdf: bytes
    truth: dict[str, Any] = field(default_factory=dict)


class Country:
    """One language with its habits, all choices seeded."""

    def __init__(self, rng: random.Random, language: str) -> None:
        self.rng, self.language = rng, language
        self.words = wording()[language]
        self.currency = rng.choice(self.words["currency"])
        self.pattern = rng.choice(self.words["date"])
        self.before = rng.random() < 0.5 if language != "en" else True

    def say(self, name: str) -> str:
        """One of the variants."""
        said: str = self.rng.choice(self.words[name])
        return said

    def number(self, value: Decimal) -> str:
        """With the country's marks."""
        english = f"{value:,.2f}"
        group, mark = {"1,234.56": (",", "."), "1.234,56": (".", ","), "1 234,56": (" ", ",")}[self.words["number"]]
        return english.replace(",", "\0").replace(".", mark).replace("\0", group)

    def money(self, value: Decimal) -> str:
        """With the currency before or after it."""
        spoken = self.number(value)
        return f"{self.currency} {spoken}" if self.before else f"{spoken} {self.currency}"

    def date(self, day: date) -> str:
        """In the document's pattern; month names of the language."""
        month = format_date(day, "MMMM", locale=self.language)
        return day.strftime(self.pattern.replace("%B", month))

    def day(self) -> date:
        """Some day of these years."""
        return date(self.rng.randint(2019, 2025), self.rng.randint(1, 12), self.rng.randint(1, 28))

    def iban(self) -> str:
        """A valid one."""
        country = self.words["iban"]
        while True:
            tail = _IBAN_HEAD.get(country, "") + "".join(
                self.rng.choice("0123456789") for _ in range(_IBAN_DIGITS[country])
            )
            number = country + mod_97_10.calc_check_digits(tail + country) + tail
            if ibans.is_valid(number):
                return number

    def vat_id(self) -> str:
        """A valid one."""
        country = self.words["vat_prefix"]
        while True:
            digits = "".join(self.rng.choice("0123456789") if one == "#" else one for one in _VAT[country])
            found = find_vat_ids(country + digits)
            if found and found[0].valid:
                return country + digits


class Paper:
    """A PDF page by page, origin top-left, in one of three typefaces."""

    def __init__(self, rng: random.Random) -> None:
        self._file = io.BytesIO()
        self._canvas = Canvas(self._file, pagesize=(WIDTH, HEIGHT), invariant=True)
        self.face = rng.choice(("DejaVuSans", "DejaVuSerif", "DejaVuSansMono"))
        self.size = rng.choice((8.0, 9.0, 10.0)) - (1.5 if self.face == "DejaVuSansMono" else 0)
        for name in (self.face, f"{self.face}-Bold"):
            if name not in pdfmetrics.getRegisteredFontNames():
                pdfmetrics.registerFont(TTFont(name, f"{matplotlib.get_data_path()}/fonts/ttf/{name}.ttf"))

    def write(
        self, x: float, y: float, text: str, *, scale: float = 1.0, bold: bool = False, right: bool = False
    ) -> None:
        """Text whose left (or right) end is at x and whose base line is at y."""
        self._canvas.setFont(f"{self.face}-Bold" if bold else self.face, self.size * scale)
        draw = self._canvas.drawRightString if right else self._canvas.drawString
        draw(x, HEIGHT - y, text)

    def width(self, text: str) -> float:
        """Of text in the ordinary size."""
        return float(pdfmetrics.stringWidth(text, self.face, self.size))

    def rule(self, y: float) -> None:
        """A line across."""
        self._canvas.line(50, HEIGHT - y, WIDTH - 50, HEIGHT - y)

    def turn(self) -> None:
        """To the next page."""
        self._canvas.showPage()

    def pdf(self) -> bytes:
        """The finished file."""
        self._canvas.showPage()
        self._canvas.save()
        return self._file.getvalue()

    def pairs(self, x: float, y: float, pairs: list[tuple[str, str]], style: str) -> float:
        """Labels with their values, `inline`, in two `columns` or with the value `below`; returns the y after them."""
        step = 1.6 * self.size
        wide = max((self.width(label) for label, _ in pairs), default=0) + 14
        for label, value in pairs:
            if style == "inline":
                self.write(x, y, f"{label}: {value}")
            elif style == "columns":
                self.write(x, y, label)
                self.write(x + wide, y, value)
            else:
                self.write(x, y, label, bold=True)
                y += step
                self.write(x, y, value)
                y += 0.4 * step
            y += step
        return y
