"""Numbers of documents, accounts and companies, with the checksums that they carry."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from stdnum import iban as iban_numbers

from pipelines.document.extraction.dates import find_dates

_TOKEN = re.compile(r"[A-Za-z]{0,8}[\-/ ]{0,1}[A-Za-z0-9]+(?:[\-/_.][A-Za-z0-9]+)*")
_AMOUNT = re.compile(r"^\d{1,7}[.,]\d{2}$")
_LENGTHS = {
    "AD": 24, "AE": 23, "AT": 20, "BA": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18,
    "EE": 20, "ES": 24, "FI": 18, "FR": 27, "GB": 22, "GI": 23, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IL": 23,
    "IS": 26, "IT": 27, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "ME": 22, "MK": 19, "MT": 31, "NL": 18,
    "NO": 15, "PL": 28, "PT": 25, "RO": 24, "RS": 22, "SA": 24, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "TR": 26,
    "UA": 29,
}  # fmt: skip
"""Of the IBANs of a country (ISO 13616 registry). A number of another length is none, whatever it looks like."""
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){8,30}\b")
_SKIPPED = re.compile(r"^(?:no|nr|n|num|number|id|nummer|numero|c)\b[\s.:º°#]*", re.IGNORECASE)
_VAT = {
    "AT": "at.uid", "BE": "be.vat", "BG": "bg.vat", "CH": "ch.vat", "CY": "cy.vat", "CZ": "cz.dic", "DE": "de.vat",
    "DK": "dk.cvr", "EE": "ee.kmkr", "EL": "gr.vat", "ES": "es.nif", "FI": "fi.alv", "FR": "fr.tva", "GB": "gb.vat",
    "GR": "gr.vat", "HR": "hr.oib", "HU": "hu.anum", "IE": "ie.vat", "IT": "it.iva", "LT": "lt.pvm", "LU": "lu.tva",
    "LV": "lv.pvn", "MT": "mt.vat", "NL": "nl.btw", "NO": "no.mva", "PL": "pl.nip", "PT": "pt.nif", "RO": "ro.cf",
    "SE": "se.vat", "SI": "si.ddv", "SK": "sk.dph",
}  # fmt: skip
_VAT_ID = re.compile(rf"\b(?P<country>{'|'.join(_VAT)})[ .\-]?(?P<rest>[A-Z0-9](?:[ .\-]?[A-Z0-9]){{6,13}})\b")
_COMPANY = {
    "SIREN": ("fr.siren", r"\d{3} ?\d{3} ?\d{3}"),
    "SIRET": ("fr.siret", r"\d{3} ?\d{3} ?\d{3} ?\d{5}"),
    "KRS": ("", r"\d{10}"),
    "REGON": ("pl.regon", r"\d{9}(?:\d{5})?"),
}


@dataclass(frozen=True, slots=True)
class Identifier:
    """A number of something in a text.

    Attributes:
        value: without spaces.
        valid: what its checksum says; None where it has none that is known here.
        scheme: `iban`, `vat.<country>`, ...; empty for numbers without one.
        quality: 0..1.
    """

    value: str
    start: int
    end: int
    quality: float
    valid: bool | None = None
    scheme: str = ""


def find_numbers(text: str) -> list[Identifier]:
    """Tokens that may be a document's number: digits, perhaps with letters and dashes; no dates, no amounts."""
    skipped = _SKIPPED.match(text.lstrip(" :.#"))
    start = len(text) - len(text.lstrip(" :.#")) + (skipped.end() if skipped else 0)
    dates = [(one.start, one.end) for one in find_dates(text)]
    found = []
    for match in _TOKEN.finditer(text, start):
        token, begin = _trimmed(match)
        end = begin + len(token)
        digits = sum(character.isdigit() for character in token)
        if digits == 0 or len(token) > 30 or _AMOUNT.match(token) or any(b < end and begin < e for b, e in dates):
            continue
        words = len(re.findall(r"[^\W\d_]{2,}", text[start:begin]))
        quality = (1.0 if digits >= 3 else 0.7 if len(token) >= 3 else 0.3) * 0.7**words
        found.append(Identifier(token, begin, end, quality))
    return found[:2]


def _trimmed(match: re.Match[str]) -> tuple[str, int]:
    """Without a word before it that only looks like its prefix ("no 123", but "INV 123" is kept)."""
    token, begin = match.group(), match.start()
    head, space, tail = token.partition(" ")
    if space and not (head.isupper() and any(c.isdigit() for c in tail)):
        return (tail, begin + len(head) + 1) if any(c.isdigit() for c in tail) else (head, begin)
    return token, begin


def find_ibans(text: str) -> list[Identifier]:
    """Account numbers in the form of ISO 13616, whether or not their check digits hold.

    Numbers that only look like one, by their country or their length, have no checksum to fail.
    """
    found = []
    for match in _IBAN.finditer(text.upper()):
        value = match.group()
        length = _LENGTHS.get(value[:2])
        if length is not None:
            value = _first(value, length)  # words that follow look like more of it
        compact = value.replace(" ", "")
        valid = iban_numbers.is_valid(compact) if len(compact) == length else None
        end = match.start() + len(value)
        if len(compact) <= 34:
            found.append(Identifier(compact, match.start(), end, 1.0 if valid else 0.4, valid, "iban"))
    return found


def _first(text: str, count: int) -> str:
    """As much of the text as holds so many characters that are no spaces."""
    at = seen = 0
    while at < len(text) and seen < count:
        seen += text[at] != " "
        at += 1
    return text[:at]


def find_vat_ids(text: str) -> list[Identifier]:
    """VAT ids of European countries with their checksums; other tax numbers without any."""
    found = [one for match in _VAT_ID.finditer(text.upper()) if (one := _vat_id(match)) is not None]
    if found:
        return found
    return [
        Identifier(one.value, one.start, one.end, 0.6 * one.quality)
        for one in find_numbers(text)
        if sum(character.isdigit() for character in one.value) >= 6
    ]


def _vat_id(match: re.Match[str]) -> Identifier | None:
    country, rest = match["country"], match["rest"]
    for end in range(len(rest), 6, -1):  # a word may follow it
        if end < len(rest) and rest[end].isalnum() and rest[end - 1].isalnum():
            continue
        if _valid(_VAT[country], country + _compact(rest[:end])):
            value, stop = country + _compact(rest[:end]), match.start("rest") + end
            return Identifier(value, match.start(), stop, 1.0, True, f"vat.{country}")
    value = country + _compact(rest)
    if sum(character.isdigit() for character in value) < 7 or len(value) > 14:
        return None
    return Identifier(value, match.start(), match.end(), 0.5, False, f"vat.{country}")


def find_company_numbers(text: str) -> list[Identifier]:
    """Numbers of company registers: those with a checksum known here are checked, others only found."""
    for scheme, (module, pattern) in _COMPANY.items():
        match = re.search(rf"\b{scheme}\b\D{{0,12}}({pattern})\b", text, re.IGNORECASE)
        if match:
            value = match[1].replace(" ", "")
            valid = _valid(module, value) if module else None
            return [Identifier(value, match.start(1), match.end(1), 1.0, valid, scheme.lower())]
    return [one for one in find_numbers(text) if sum(character.isdigit() for character in one.value) >= 4]


def _compact(text: str) -> str:
    return re.sub(r"[ .\-]", "", text)


def _valid(module: str, value: str) -> bool:
    check: Callable[[str], Any] = import_module(f"stdnum.{module}").is_valid
    return bool(check(value))
