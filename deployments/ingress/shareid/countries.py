"""ISO 3166-1: alpha-3 codes, as documents write them (ICAO 9303-3, section 5), and the alpha-2 codes of the API."""

import re
from collections.abc import Mapping

from babel.core import get_global

_NOBODY = re.compile("AA|ZZ|Q[M-Z]|X[A-JL-Z]|EU")
"""Alpha-2 codes for private use (Kosovo's is the exception), and one of no country."""

_ISO: Mapping[str, str] = {
    three: two[0].lower()
    for three, two in get_global("territory_aliases").items()
    if len(three) == 3 and three.isalpha() and len(two) == 1 and len(two[0]) == 2 and not _NOBODY.fullmatch(two[0])
}
_ICAO: Mapping[str, str] = {"D": "de", "RKS": "xk"} | dict.fromkeys(("GBD", "GBN", "GBO", "GBP", "GBS"), "gb")
"""Codes of machine-readable zones that ISO does not have."""

KNOWN = frozenset(_ISO.values()) | frozenset(_ICAO.values())
"""Every alpha-2 code, in lower case."""


def alpha2(code: str | None) -> str:
    """The lower-case alpha-2 code of a document's country; empty where it has none (organisations, specimens)."""
    return _ICAO.get(code or "") or _ISO.get((code or "").upper(), "")
