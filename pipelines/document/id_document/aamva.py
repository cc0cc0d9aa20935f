"""Fields of a driving licence's PDF417 (AAMVA DL/ID card design standard). Anyone can print one: it is untrusted."""

import re
from dataclasses import dataclass, field
from datetime import date

import aamva_parser

_MOST_CHARACTERS = 4096
"""A PDF417 symbol holds 2,710 digits at most."""
_HEADER = re.compile(r"@\s{1,4}(?:ANSI |AAMVA)\s?(?P<issuer>\d{6})(?P<version>\d{2})")
_ELEMENT = re.compile(r"(?:DL|ID|EN)?(?P<name>[DZ][A-Z][A-Z])(?P<value>.+)")
_DATE_ELEMENTS = {"birth_date": "DBB", "expiry_date": "DBA", "issue_date": "DBD"}
_SEX = {"1": "M", "2": "F", "9": "X"}
_TEXTS = {
    "surname": "last_name",
    "first_name": "first_name",
    "middle_name": "middle_name",
    "document_number": "drivers_license_id",
    "street": "street_address",
    "city": "city",
    "state": "state",
    "postal_code": "postal_code",
}


@dataclass(frozen=True, slots=True)
class Licence:
    """What the symbol says, in our field names; dates ISO 8601.

    Attributes:
        issuer: the issuer identification number, six digits.
        version: of the standard.
        country: `USA` or `CAN`; None where it does not say.
    """

    issuer: str
    version: int
    country: str | None
    fields: dict[str, str] = field(default_factory=dict)


def read_aamva(text: str) -> Licence | None:
    """Reads a payload; None for anything that is not an AAMVA record with a number and a name, however it is broken.

    The parser looks for element names anywhere in the text, so a value that holds one would be read as another field:
    only values that stand on a line of their own element are kept.
    """
    header = _HEADER.match(text[:40])
    if header is None or len(text) > _MOST_CHARACTERS:
        return None
    try:
        return _read(text, header)
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, AttributeError):
        return None


def _read(text: str, header: re.Match[str]) -> Licence | None:
    elements = _elements(text[header.end() :])
    parsed = aamva_parser.parse(text)
    country = elements.get("DCG") if elements.get("DCG") in ("USA", "CAN") else None
    fields = {
        ours: value.strip()
        for ours, theirs in _TEXTS.items()
        if isinstance(value := getattr(parsed, theirs), str) and _stands_alone(value.strip(), elements)
    }
    for ours, element in _DATE_ELEMENTS.items():
        if (day := _date(elements.get(element, ""), country)) is not None:
            fields[ours] = day.isoformat()
    if sex := _SEX.get(elements.get("DBC", "")):
        fields["sex"] = sex
    if "document_number" not in fields or not ({"surname", "first_name"} & fields.keys()):
        return None
    return Licence(header["issuer"], int(header["version"]), country, _joined(fields))


def _elements(text: str) -> dict[str, str]:
    """Element name -> value, of lines that begin with one; the first of a name counts."""
    found: dict[str, str] = {}
    for line in re.split(r"[\n\r\x1e]", text):
        # The first element of a subfile follows its designators on one line: ...0278DLDAQD1234562
        line = re.sub(r"^\d{0,4}(?:(?:DL|ID|EN|Z[A-Z])\d{8})+(?=DL|ID|EN|$)", "", line.strip())
        if (element := _ELEMENT.fullmatch(line)) is not None:
            found.setdefault(element["name"], element["value"].strip())
    return found


def _stands_alone(value: str, elements: dict[str, str]) -> bool:
    """Whether an element says just that, or (version 1) lists it between commas."""
    return bool(value) and any(value in (said, *map(str.strip, said.split(","))) for said in elements.values())


def _date(digits: str, country: str | None) -> date | None:
    """MMDDYYYY in the United States, YYYYMMDD in Canada; where the country is missing, whichever is a date."""
    if not re.fullmatch(r"\d{8}", digits):
        return None
    american = (int(digits[4:]), int(digits[:2]), int(digits[2:4]))
    canadian = (int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    for parts in {"USA": [american], "CAN": [canadian]}.get(country or "", [american, canadian]):
        try:
            day = date(*parts)
        except ValueError:
            continue
        if 1900 <= day.year <= 2150:
            return day
    return None


def _joined(fields: dict[str, str]) -> dict[str, str]:
    """Given names and address in one piece, as they stand on the card."""
    parts = {name: fields.pop(name, "") for name in ("first_name", "middle_name", "street", "city", "state")}
    # Nine digits, of which the last four may be filled with zeros.
    code = re.sub(r"^(\d{5})0000$", r"\1", fields.pop("postal_code", ""))
    given = " ".join(part for part in (parts["first_name"], parts["middle_name"]) if part and part != "NONE")
    place = " ".join(part for part in (parts["city"], parts["state"], code) if part)
    address = ", ".join(part for part in (parts["street"], place) if part)
    return fields | {name: text for name, text in (("given_names", given), ("address", address)) if text}
