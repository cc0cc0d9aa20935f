"""Sides of documents made by hand: lines of text where a card would print them, zones, portraits."""

from datetime import date
from typing import Any

import numpy as np

from models.document.recapture import RecaptureScores
from models.document.text_line import TextLine
from pipelines.document.capture import Capture
from pipelines.document.geometry import Placement
from pipelines.document.id_document.observation import Portrait, SideSeen, Trace
from pipelines.document.mrz import Mrz
from pipelines.document.mrz.fields import check_digits, fields_of
from pipelines.document.mrz.formats import FORMATS

TODAY = date(2026, 6, 1)
TD3 = ("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F3204153ZE184226B<<<<<16")
TD1 = ("I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F3204153UTO<<<<<<<<<<<2", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<")


def line(text: str, left: float, top: float, *, height: float = 24, confidence: float = 0.98) -> TextLine:
    """A line of text in pixels of a document 1,000 wide."""
    right = left + 0.6 * height * len(text)
    quad = np.array([(left, top), (right, top), (right, top + height), (left, top + height)], np.float32)
    return TextLine(text, quad, confidence)


def zone(lines: tuple[str, ...], *, certain: bool = True, **changes: Any) -> Mrz:
    """A zone as the reader would return it."""
    form = next(known for known in FORMATS if (known.lines, known.length) == (len(lines), len(lines[0])))
    digits = check_digits(form, lines)
    values: dict[str, Any] = {
        "format": form.name,
        "lines": lines,
        "valid": all(digits.values()),
        "certain": certain,
        "certain_lines": (certain,) * len(lines),
        "check_digits": digits,
        "alternatives": (),
        "fields": fields_of(form, lines, TODAY),
    }
    return Mrz(**(values | changes))


def passport_lines(**changed: str) -> tuple[TextLine, ...]:
    """The printed part of the passport whose zone is `TD3`; labels above their values."""
    values = {
        "Surname/Nom": "ERIKSSON",
        "Given names/Prénoms": "ANNA MARIA",
        "Passport No.": "L898902C3",
        "Nationality": "UTO",
        "Date of birth": "12 AUG/AOÛT 74",
        "Sex": "F",
        "Date of expiry": "15 APR/AVR 32",
    }
    lines = [line("PASSPORT", 700, 20, height=40), line("UTOPIA", 40, 20, height=40)]
    for row, (label, value) in enumerate((values | changed).items()):
        lines += [line(label, 400, 100 + 80 * row, height=18), line(value, 400, 126 + 80 * row, height=28)]
    return tuple(lines)


def portrait(direction: int = 0, height: float = 200.0) -> Portrait:
    """A face that points to one of 128 directions."""
    return Portrait(box=(60, 150, 60 + 0.8 * height, 150 + height), embedding=np.eye(128, dtype=np.float32)[direction],
                    jpeg=b"\xff\xd8")  # fmt: skip


def captured(*, screen: float | None = 0.999, copy: float = 0.999, **changes: Any) -> Capture:
    """A document of 1,000 pixels in the middle of its photograph."""
    values: dict[str, Any] = {
        "width": 1600,
        "height": 1200,
        "error": None,
        "corners": np.array([(300, 200), (1300, 200), (1300, 900), (300, 900)], float),
        "placement": Placement(area=0.36, margin=0.1, flush=False),
        "recapture": None if screen is None else RecaptureScores(screen, copy),
    }
    return Capture(**(values | changes))


def side(**changes: Any) -> SideSeen:
    """A passport's page, sharp and genuine."""
    fine = Trace(score=0.99)
    values: dict[str, Any] = {
        "capture": captured(),
        "sharpness": 0.6,
        "size": (1000, 700),
        "lines": passport_lines(),
        "mrz": zone(TD3),
        "portrait": portrait(),
        "traces": dict.fromkeys(("portrait_substitution", "jpeg_ghosts", "font_consistency"), fine),
    }
    return SideSeen(**(values | changes))


def card_front(**changes: Any) -> SideSeen:
    """The front of the card whose back is `card_back`."""
    lines = (line("IDENTITY CARD", 600, 20, height=40), *passport_lines(**{"Passport No.": "D23145890"})[1:])
    return side(**({"lines": lines, "mrz": None} | changes))


def card_back(**changes: Any) -> SideSeen:
    """The back with the zone of three lines."""
    return side(**({"lines": (line("Address", 40, 40), line("1 MAIN STREET, ZENITH", 40, 70)), "mrz": zone(TD1),
                    "portrait": None} | changes))  # fmt: skip
