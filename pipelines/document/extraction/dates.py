"""Dates in text of any locale. Nothing is guessed in silence: a date that its order does not fit says so."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from typing import Literal

from babel import Locale
from babel.dates import get_month_names

from pipelines.document.extraction.spelling import squeeze

DateOrder = Literal["DMY", "MDY", "YMD", "YDM"]
ORDERS: tuple[DateOrder, ...] = ("DMY", "MDY", "YMD", "YDM")
_LOCALES = "en de fr es it nl pt pl sv da nb fi cs sk sl hr hu ro bg el tr ru uk et lv lt ca id ms"
_YEAR_LEAST, _YEAR_MOST = 1900, 2099
_CENTURY_TURNS = 70
"""Two-digit years from here on are of the last century."""
_SEPARATED = re.compile(
    r"(?<![\d.,/])(?P<a>\d{1,4})\s?(?P<sep>[./\-\u2013:])\s?(?P<b>\d{1,2})\s?[./\-\u2013:]\s?(?P<c>\d{4}|\d{1,2})"
    r"(?:(?!\d)|(?=\d{1,2}[:.]\d{2}))(?![.,/]\d)"
)
_NAMED = re.compile(
    r"(?<![\d.,/])(?P<day>\d{1,2})(?:st|nd|rd|th|er|º|ª|\.)?[\s\-/.,]{0,3}(?:de |of |d')?\s?"
    r"(?P<month>[^\W\d_]{3,12}\.?)(?:[\s\-/.,']{0,3}(?:de |del )?\s?(?P<year>\d{4}|\d{2}))(?!\d)(?!\s?[.,]\d{2})"
)
_NAMED_FIRST = re.compile(
    r"(?P<month>[^\W\d_]{3,12}\.?)\s{0,2}-?(?P<day>\d{1,2})(?:st|nd|rd|th)?"
    r"\s{0,2}[,./\- ]\s{0,2}(?P<year>\d{4}|\d{2})(?!\d)"
)
_COMPACT = re.compile(r"(?<!\d)(?P<year>(?:19|20)\d{2})(?P<month>[01]\d)(?P<day>[0-3]\d)(?!\d)")
_YEAR_NAMED = re.compile(
    r"(?<!\d)(?P<year>\d{4})[\s\-/.]{1,2}(?P<month>[^\W\d_]{3,12}\.?)[\s\-/.]{1,2}(?P<day>\d{1,2})(?!\d)"
)
_CJK = re.compile(r"(?P<year>\d{4})\s?年\s?(?P<month>\d{1,2})\s?月\s?(?P<day>\d{1,2})\s?日")
_CONFUSED = str.maketrans("OoIl|", "00111")
_DIGIT_LIKE = re.compile(r"[\dOoIl|]{1,4}\s?[./\-]\s?[\dOoIl|]{1,2}\s?[./\-]\s?[\dOoIl|]{2,4}")


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A date in a text.

    Attributes:
        value: None where the text looks like a date but is none in any order.
        start, end: where in the text.
        readings: the orders under which it is a date; empty where its form leaves no choice (a month by name).
        order: the order it was read in, None likewise.
    """

    value: date | None
    start: int
    end: int
    readings: tuple[DateOrder, ...] = ()
    order: DateOrder | None = None


def find_dates(text: str, order: DateOrder = "DMY", *, ocr: bool = False) -> list[FoundDate]:
    """Every date of the text, in order, no two of them overlapping. With `ocr`, O and l in dates are digits."""
    plain = _DIGIT_LIKE.sub(lambda match: match.group().translate(_CONFUSED), text) if ocr else text
    found = [*_separated(plain, order)]
    for pattern in (_NAMED, _NAMED_FIRST, _YEAR_NAMED, _CJK, _COMPACT):
        found += _named(pattern, plain)
    kept: list[FoundDate] = []
    for one in sorted(found, key=lambda one: (one.value is None, one.start - one.end)):
        if all(one.end <= other.start or one.start >= other.end for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda one: one.start)


def order_of(found: Iterable[FoundDate], given: DateOrder) -> DateOrder:
    """The order that a document's dates are in: the given one unless it fits one of them less than another order.

    Dates that begin with a year of four digits say nothing about the others. A document that writes 03/20/2023 once
    does not mean 1 March by 01/03/2023.
    """
    numeric = [one for one in found if {"DMY", "MDY"} & set(one.readings)]
    fits = {order: sum(order in one.readings for one in numeric) for order in (given, *ORDERS)}
    return max(fits, key=lambda order: fits[order]) if numeric else given


def reread(text: str, one: FoundDate, order: DateOrder) -> FoundDate:
    """The same date in another order, where it has that reading."""
    if order not in one.readings or one.order == order:
        return one
    match = _SEPARATED.search(text[one.start : one.end].translate(_CONFUSED))
    return one if match is None else replace(one, value=_in_order(match, order), order=order)


def _separated(text: str, order: DateOrder) -> Iterable[FoundDate]:
    for match in _SEPARATED.finditer(text):
        readings = tuple(one for one in ORDERS if _in_order(match, one) is not None)
        if match["sep"] == ":" and len(match["c"]) < 4 and len(match["a"]) < 4:
            continue  # a time of day
        if not readings:
            if len(match["a"]) == 4 or len(match["c"]) == 4:
                yield FoundDate(None, match.start(), match.end())
            continue
        chosen = order if order in readings else readings[0]
        yield FoundDate(_in_order(match, chosen), match.start(), match.end(), readings, chosen)


def _in_order(match: re.Match[str], order: DateOrder) -> date | None:
    parts = dict(zip(order, (match["a"], match["b"], match["c"]), strict=True))
    if len(parts["D"]) > 2 or len(parts["M"]) > 2 or len(parts["Y"]) in (1, 3):
        return None
    return _date(parts["Y"], int(parts["M"]), parts["D"])


def _named(pattern: re.Pattern[str], text: str) -> Iterable[FoundDate]:
    for match in pattern.finditer(text):
        name = match["month"]
        month = int(name) if name.isdecimal() else months().get(squeeze(name)[0])
        value = None if month is None else _date(match["year"], month, match["day"])
        if value is not None:
            yield FoundDate(value, match.start(), match.end())


def _date(year: str, month: int, day: str) -> date | None:
    number = int(year)
    if len(year) == 2:
        number += 1900 if number >= _CENTURY_TURNS else 2000
    if not _YEAR_LEAST <= number <= _YEAR_MOST:
        return None
    try:
        return date(number, month, int(day))
    except ValueError:
        return None


@cache
def months() -> dict[str, int]:
    """Month names and their short forms in many languages (CLDR), squeezed. Where two claim one, the first counts."""
    names: dict[str, int] = {}
    for code in _LOCALES.split():
        locale = Locale.parse(code)
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                for number, name in get_month_names(width, context, locale).items():
                    names.setdefault(squeeze(name)[0], number)
    return names | {"sept": 9, "mrz": 3, "maerz": 3, "okt": 10, "0ct": 10}


def last_day(year: int, month: int) -> date:
    """Of that month."""
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
