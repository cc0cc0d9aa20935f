"""Dates as documents print them: in figures of any order, or with a month's name in one or two languages."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date

_MONTHS = (
    "jan january janvier enero januar januari gennaio ene gen sty styczen tammi ocak janeiro",
    "feb february fevrier febrero februar februari febbraio fev lut luty helmi subat fevereiro",
    "mar march mars marzo marz maerz maart mrz marca maaliskuu mart marco maa",
    "apr april avril abril aprile avr abr kwi kwietnia nisan huhti",
    "may mai mayo maj mei maggio mag maja toukokuu mayis maio",
    "jun june juin junio juni giugno giu cze czerwca kesa haziran junho",
    "jul july juil juillet julio juli luglio lug lip lipca heina temmuz julho",
    "aug august aout agosto augusti augustus ago aou sie sierpnia elo agustos",
    "sep sept september septembre septiembre settembre set wrz wrzesnia syys eylul setembro",
    "oct october octobre octubre oktober ottobre okt ott paz pazdziernika loka ekim outubro out",
    "nov november novembre noviembre novembro lis listopada marras kasim",
    "dec december decembre diciembre dezember dicembre dez dic des gru grudnia joulu aralik dezembro",
)
_BY_NAME = {name: month for month, names in enumerate(_MONTHS, 1) for name in names.split()}
_FIGURES = re.compile(r"(?<!\d)(\d{1,4})\s?[.,/\-\s]\s?(\d{1,2})\s?[.,/\-\s]\s?(\d{4}|\d{2})(?!\d)")
_CLOSE = re.compile(r"(?<!\d)(\d{8})(?!\d)")
_NAMED = re.compile(
    r"(?<!\d)(\d{1,2})\s*[.\-/]?\s*([^\W\d_]{3,})\.?(?:\s*/\s*([^\W\d_]{3,})\.?)?\s*[.\-/]?\s*(\d{4}|\d{2})(?!\d)"
)


def readings(text: str, *, past: bool, today: date, month_first: bool = False) -> list[date]:
    """Every date that a text may mean, the likeliest first; empty where there is none.

    Args:
        past: it cannot lie in the future (birth, issue); two figures of a year then mean the last such year. Otherwise
            the year from 49 ago to 50 ahead.
        month_first: the issuer writes the month before the day, which decides where both are possible.
    """
    plain = _plain(text)
    found: list[date] = []
    for match in _NAMED.finditer(plain):
        month = _BY_NAME.get(match[2]) or _BY_NAME.get(match[3] or "")
        if month:
            found += _valid([(match[4], month, int(match[1]))], past, today)
    for match in _FIGURES.finditer(plain):
        found += _valid(_orders(match[1], match[2], match[3], month_first), past, today)
    for match in _CLOSE.finditer(plain):
        figures = match[1]
        orders = [
            (figures[4:], int(figures[2:4]), int(figures[:2])),
            (figures[:4], int(figures[4:6]), int(figures[6:])),
        ]
        found += _valid(orders, past, today)
    return list(dict.fromkeys(found))


def century(two: int, *, past: bool, today: date) -> int:
    """The year that two figures mean: the last one not after today, or the one from 49 years ago to 50 ahead."""
    if past:
        return two + (today.year - two) // 100 * 100
    first = today.year - 49
    return first + (two - first) % 100


def _orders(one: str, two: str, three: str, month_first: bool) -> list[tuple[str, int, int]]:
    """(year, month, day) in the orders that are written."""
    if len(one) > 2:
        return [(one, int(two), int(three))] if len(three) == 2 and len(one) == 4 else []
    day_first = [(three, int(two), int(one)), (three, int(one), int(two))]
    orders = day_first[::-1] if month_first else day_first
    return orders + ([(one, int(two), int(three))] if len(three) == 2 and len(one) == 2 else [])


def _valid(parts: Sequence[tuple[str, int, int]], past: bool, today: date) -> list[date]:
    found = []
    for year, month, day in parts:
        number = int(year) if len(year) == 4 else century(int(year), past=past, today=today)
        try:
            read = date(number, month, day)
        except ValueError:
            continue
        if 1880 <= read.year <= today.year + 60 and (not past or read <= today):
            found.append(read)
    return found


def _plain(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text.casefold().replace("\u0131", "i").replace("ł", "l"))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))
