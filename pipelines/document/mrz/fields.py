"""What the lines of a zone say: check digits and fields, in ISO 8601 dates and plain names."""

from collections.abc import Mapping
from datetime import date

from pipelines.document.mrz.check_digits import check_digit
from pipelines.document.mrz.formats import DIGITS, FILLER, Format

_PAST, _AHEAD = 10, 50
"""Years before and after today in which an expiry date is looked for (contract: -10 to +50)."""
_STATES = {"D": "DEU"}
"""Codes of ICAO 9303-3 that are not three letters long."""


def check_digits(form: Format, lines: tuple[str, ...]) -> dict[str, bool]:
    """Whether each check digit of the zone is right, by field; `composite` where the format has one."""
    found = {}
    for part in form.fields:
        if part.check:
            text, digit = lines[part.line][part.start : part.end], lines[part.line][part.end]
            if part.overflows and digit == FILLER and FILLER not in text:
                text, digit = _overflowing(form, lines)
            empty = part.may_be_filler and not text.strip(FILLER)
            found[part.name] = digit == check_digit(text) or (empty and digit == FILLER)
    if form.composite_at:
        covered = "".join(lines[line][start:end] for line, start, end in form.composite)
        line, column = form.composite_at
        found["composite"] = lines[line][column] == check_digit(covered)
    return found


def _overflowing(form: Format, lines: tuple[str, ...]) -> tuple[str, str]:
    """A document number that goes on in the optional data, and its check digit (ICAO 9303-5, note j)."""
    rest = form.text(lines, "optional_data").split(FILLER)[0]
    return form.text(lines, "document_number") + rest[:-1], rest[-1:]


def document_number(form: Format, lines: tuple[str, ...]) -> str:
    """The document number without fillers, also where it is longer than its field."""
    part = form.field("document_number")
    number = lines[part.line][part.start : part.end]
    if part.overflows and lines[part.line][part.end] == FILLER and FILLER not in number:
        number = _overflowing(form, lines)[0]
    return number.replace(FILLER, "")


def fields_of(form: Format, lines: tuple[str, ...], today: date) -> Mapping[str, str]:
    """The zone's fields by the names that every report uses; what is empty or makes no sense is left out."""
    names = form.text(lines, "names")
    surname, _, given = names.partition("<<")
    optional = form.text(lines, "optional_data").strip(FILLER) or form.text(lines, "optional_data_2").strip(FILLER)
    found = {
        "surname": _plain(surname or form.text(lines, "surname")),
        "given_names": _plain(given or form.text(lines, "given_names")),
        "document_number": document_number(form, lines),
        "personal_number": "" if form.field("document_number").overflows and _overflows(form, lines) else optional,
        "issuing_country": _state(form.text(lines, "issuing_country")),
        "nationality": _state(form.text(lines, "nationality")),
        "sex": {"M": "M", "F": "F", FILLER: "X"}.get(form.text(lines, "sex"), ""),
        "birth_date": birth_date(form.text(lines, "birth_date"), today) or "",
        "expiry_date": expiry_date(form.text(lines, "expiry_date"), today) or "",
    }
    return {name: value for name, value in found.items() if value}


def birth_date(text: str, today: date) -> str | None:
    """YYMMDD as ISO 8601 (shorter where day or month are fillers): the latest century that is not in the future."""
    return next((day for century in (2000, 1900) if (day := _iso(text, century)) and day <= today.isoformat()), None)


def expiry_date(text: str, today: date) -> str | None:
    """YYMMDD as ISO 8601: the century within ten years past and fifty ahead, else the one nearest to that."""
    first, last = today.year - _PAST, today.year + _AHEAD
    dates = [day for century in (1900, 2000, 2100) if (day := _iso(text, century))]
    return min(dates, key=lambda day: max(first - int(day[:4]), int(day[:4]) - last, 0), default=None)


def _iso(text: str, century: int) -> str | None:
    if len(text) != 6 or any(character not in DIGITS for character in text[:2]):
        return None
    year, month, day = century + int(text[:2]), text[2:4], text[4:6]
    if month == "<<":
        return str(year) if day == "<<" else None
    if not month.isdigit() or not 1 <= int(month) <= 12:
        return None
    if day == "<<":
        return f"{year}-{month}"
    try:
        return date(year, int(month), int(day)).isoformat() if day.isdigit() else None
    except ValueError:
        return None


def _overflows(form: Format, lines: tuple[str, ...]) -> bool:
    part = form.field("document_number")
    return lines[part.line][part.end] == FILLER and FILLER not in lines[part.line][part.start : part.end]


def _state(text: str) -> str:
    code = text.replace(FILLER, "")
    return _STATES.get(code, code)


def _plain(text: str) -> str:
    return " ".join(text.replace(FILLER, " ").split())
