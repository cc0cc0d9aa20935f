"""Machine readable zones as ICAO Doc 9303 (parts 4 to 7) lays them out, composed from a holder's record.

Written for the generator alone: the product's reader shares no code with it, so each tests the other.
"""

import re
import unicodedata
from collections.abc import Mapping

FORMATS = {"TD1": (3, 30), "TD2": (2, 36), "TD3": (2, 44), "MRV-A": (2, 44), "MRV-B": (2, 36)}
"""Lines, and characters a line."""
_WEIGHTS = (7, 3, 1)
_SPELLED = {"Ä": "AE", "Ö": "OE", "Ü": "UE", "Å": "AA", "Æ": "AE", "Ø": "OE", "ß": "SS", "Ł": "L", "Đ": "D", "Þ": "TH"}


def check_digit(text: str) -> str:
    """The check digit of a field: weights 7, 3, 1; letters count from A = 10, the filler 0 (Doc 9303-3, 4.9)."""
    values = (int(c, 36) if c != "<" else 0 for c in text)
    return str(sum(value * _WEIGHTS[i % 3] for i, value in enumerate(values)) % 10)


def transliterate(text: str) -> str:
    """Latin letters with diacritics to A-Z, spaces and hyphens to the filler, everything else away (Doc 9303-3, 6)."""
    spelled = "".join(_SPELLED.get(c, c) for c in text.replace("ß", "SS").upper())
    plain = unicodedata.normalize("NFKD", spelled)
    return re.sub(r"[^A-Z0-9<]", "", re.sub(r"[\s-]+", "<", plain))


def compose(form: str, code: str, record: Mapping[str, str]) -> tuple[str, ...]:
    """The lines of a document.

    Args:
        form: a key of `FORMATS`.
        code: document code of one or two letters, such as `P` or `ID`.
        record: `surname`, `given_names`, `document_number` (at most 9), `issuing_country`, `nationality`,
            `birth_date`, `expiry_date` (ISO 8601), `sex` (M, F, X) and optionally `personal_number`.
    """
    _, width = FORMATS[form]
    names = f"{transliterate(record['surname'])}<<{transliterate(record['given_names'])}"
    start = code.ljust(2, "<") + record["issuing_country"]
    number = _checked(record["document_number"].ljust(9, "<"))
    birth, expiry = _checked(_yymmdd(record["birth_date"])), _checked(_yymmdd(record["expiry_date"]))
    sex = {"M": "M", "F": "F"}.get(record["sex"], "<")
    personal = transliterate(record.get("personal_number", ""))
    if form == "TD1":
        first = (start + number + personal)[:width].ljust(width, "<")
        body = birth + sex + expiry + record["nationality"] + "<" * 11
        second = body + check_digit(first[5:] + body[:7] + body[8:15] + body[18:])
        return first, second, _fit(names, width)
    first = start + _fit(names, width - 5)
    body = number + record["nationality"] + birth + sex + expiry
    if form == "TD3":
        body += _checked(personal[:14].ljust(14, "<")) if personal else "<" * 15
        body += check_digit(body[:10] + body[13:20] + body[21:43])
    elif form == "TD2":
        body += personal[:7].ljust(7, "<")
        body += check_digit(body[:10] + body[13:20] + body[21:35])
    else:  # visas have no composite check digit
        body = (body + personal)[:width].ljust(width, "<")
    return first, body


def _checked(field: str) -> str:
    return field + check_digit(field)


def _yymmdd(iso: str) -> str:
    return iso[2:4] + iso[5:7] + iso[8:10]


def _fit(names: str, width: int) -> str:
    """Cuts names to the field without ending them in the middle of the separator."""
    return names[:width].ljust(width, "<")
