"""Periods of time in text: "01/03/2024 - 31/03/2024", "March 2024", "Q1 2024"."""

import re
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from pipelines.document.extraction.dates import DateOrder, find_dates, last_day, months
from pipelines.document.extraction.spelling import squeeze

_MONTH = re.compile(r"(?P<name>[^\W\d_]{3,12}\.?)\s?(?:de |of |[/\-' ])?\s?(?P<year>(?:19|20)\d{2})(?!\d)")
_NUMERIC = re.compile(r"(?<![\d./])(?P<month>0?[1-9]|1[0-2])\s?[/.\-]\s?(?P<year>(?:19|20)\d{2})(?!\d)")
_YEAR_FIRST = re.compile(r"(?<![\d./])(?P<year>(?:19|20)\d{2})\s?[/.\-]\s?(?P<month>0[1-9]|1[0-2])(?![\d./\-])")
_QUARTER = re.compile(
    r"(?:(?:Q|T|K)(?P<a>[1-4])|(?P<b>[1-4])(?:\.|er|e|º|°|st|nd|rd|th)?\s?(?:quarter|quartal|trimestre|trimestr|kwarta[lł]|kwartaal))"
    r"[\s/\-]{0,3}(?:de |del |of )?(?P<year>(?:19|20)\d{2})",
    re.IGNORECASE,
)
_FAR_APART = 400
"""Days beyond which two dates beside each other are no accounting period."""


@dataclass(frozen=True, slots=True)
class Period:
    """From the first day to the last one, both included; where it stands in the text."""

    first: date
    last: date
    raw: str
    start: int
    end: int
    quality: float


def find_periods(text: str, order: DateOrder = "DMY", *, ocr: bool = False) -> list[Period]:
    """Periods of a text: two dates, a quarter, or a month with its year."""
    found = _ranges(text, order, ocr=ocr)
    if found:
        return found
    quarter = _QUARTER.search(text)
    if quarter:
        number, year = int(quarter["a"] or quarter["b"]), int(quarter["year"])
        return [_period(date(year, 3 * number - 2, 1), last_day(year, 3 * number), quarter)]
    for pattern in (_MONTH, _NUMERIC, _YEAR_FIRST):
        for match in pattern.finditer(text):
            name = match.groupdict().get("name")
            month = months().get(squeeze(name)[0]) if name else int(match["month"])
            if month is not None:
                return [_period(date(int(match["year"]), month, 1), last_day(int(match["year"]), month), match)]
    return []


def _ranges(text: str, order: DateOrder, *, ocr: bool) -> list[Period]:
    dates = [one for one in find_dates(text, order, ocr=ocr) if one.value is not None]
    found = []
    for first, last in pairwise(dates):
        if first.value and last.value and 0 <= (last.value - first.value).days <= _FAR_APART:
            raw = text[first.start : last.end]
            found.append(Period(first.value, last.value, raw, first.start, last.end, 1.0))
    return found[:1]


def _period(first: date, last: date, match: re.Match[str]) -> Period:
    return Period(first, last, match.group(), match.start(), match.end(), 0.9)
