"""Amounts of money in text of any locale."""

import re
from dataclasses import dataclass
from decimal import Decimal

_SYMBOLS = {
    "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "₽": "RUB", "₩": "KRW", "₺": "TRY", "₫": "VND", "₪": "ILS",
    "฿": "THB", "₴": "UAH", "zł": "PLN", "zl": "PLN", "kč": "CZK", "ft": "HUF", "rm": "MYR", "rs": "INR", "rs.": "INR",
    "us$": "USD", "s$": "SGD", "a$": "AUD", "c$": "CAD", "hk$": "HKD", "nz$": "NZD", "r$": "BRL", "fr.": "CHF",
    "sfr": "CHF", "lei": "RON", "лв": "BGN", "$": "USD",
}  # fmt: skip
"""Case-folded. "$" alone may be another dollar; "kr" stands for three currencies and is left to the codes."""
_CODES = (
    "AED AUD BGN BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR ISK JPY KES KRW KWD "
    "MAD MXN MYR NGN NOK NZD PEN PHP PKR PLN QAR RON RSD RUB SAR SEK SGD THB TRY TWD UAH USD VND ZAR"
)
CODES = frozenset(_CODES.split())
"""ISO 4217."""
_DIGITS = r"\d{1,3}(?:[.,'\u2019\u00a0\u202f]\d{3})+(?:[.,]\d{1,2})?|\d{1,3}(?: \d{3})+,\d{2}|\d+[.,]\d{1,4}|\d+"
_WORDS = "|".join(re.escape(word) for word in sorted((*_SYMBOLS, *CODES, "kr", "kr."), key=len, reverse=True))
_AMOUNT = re.compile(
    rf"(?P<before>(?<![A-Za-z])(?:{_WORDS}))?\s{{0,2}}(?P<open>\()?(?P<minus>[-\u2212\u2013+]\s?)?"
    rf"(?P<inner>(?:{_WORDS})\s?(?=\d))?(?P<number>{_DIGITS})(?P<close>\))?(?P<trail>[-\u2212](?!\w))?"
    rf"(?:\s{{0,2}}(?P<after>(?:{_WORDS})(?![A-Za-z])))?",
    re.IGNORECASE,
)
_GAPS = re.compile(r"(?<=\d)(?: (?=[.,]\d{2}(?!\d))|(?<=[.,]) (?=\d{2}(?!\d)))|(?<=\d[.,]) (?=\d{2}(?![\d.,]))")
_MISREAD = re.compile(r"(?<![A-Za-z])(?=[\dOolISB]*\d)[\dOolISB]+[.,][\dOoSB]{2}(?![A-Za-z\d])")
_ALIKE = str.maketrans("OolISB", "001158")
"""Letters that OCR reads for digits, where a digit and a decimal mark stand beside them."""
_NOT_BEFORE = re.compile(r"(?:[\d][.,:/\-]?|[A-Za-z]|[/:#_])$")
_NOT_AFTER = re.compile(r"^(?:\d|[.,:/]\d|[-\u2013]\d|\s?%|/\w|['\"\u201d\u2033])")
_LONGEST = 7
"""Digits of an amount written without separators; longer runs are numbers of something."""


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount in a text.

    Attributes:
        value: exact, negative where a sign, brackets or a trailing minus say so.
        currency: ISO 4217 code, None where none stands beside it.
        decimals: digits after the decimal mark.
        start, end: where in the text, currency included.
        quality: 0..1, how much it looks like money rather than any number.
    """

    value: Decimal
    currency: str | None
    decimals: int
    start: int
    end: int
    quality: float


def find_amounts(text: str, *, ocr: bool = False) -> list[Amount]:
    """Everything that may be money, in order. With `ocr`, single spaces around a decimal mark are
    forgiven, and letters for digits beside it."""
    found = []
    plain = _GAPS.sub("", _MISREAD.sub(_digits, text)) if ocr else text
    shift = _offsets(text, plain)
    for match in _AMOUNT.finditer(plain):
        amount = _read(match, plain)
        if amount is not None:
            value, currency, decimals, quality = amount
            start = match.start() + len(match.group()) - len(match.group().lstrip())
            found.append(Amount(value, currency, decimals, shift[start], shift[match.end() - 1] + 1, quality))
    return found


def _read(match: re.Match[str], text: str) -> tuple[Decimal, str | None, int, float] | None:
    number = match["number"]
    marked = match["before"] or match["inner"] or match["after"]
    before, after = text[: match.start("number")], text[match.end("number") :]
    decimals = _decimals(number)
    glued = None if match["before"] or match["inner"] else _NOT_BEFORE.search(before.rstrip("-\u2212\u2013+("))
    if glued and not (decimals == 2 and glued.group()[-1].isalpha()) and not glued.group().lower().endswith("x"):
        return None
    if _NOT_AFTER.match(after) and not (match["after"] and after.lstrip().lower().startswith(match["after"].lower())):
        return None
    if decimals == 0 and re.fullmatch(r"\d+", number) and len(number) > _LONGEST:
        return None
    digits = re.sub(r"\D", "", number)
    value = Decimal(int(digits)).scaleb(-decimals)
    minus = ((match["minus"] or "").strip() in ("-", "\u2212", "\u2013") and match["minus"]) or match["trail"]
    if minus or (match["open"] and match["close"]):
        value = -value
    return value, _currency(marked), decimals, _quality(number, decimals, marked is not None)


def _decimals(number: str) -> int:
    """Digits after the decimal mark: a last group of three after a mark groups thousands."""
    last = max(number.rfind("."), number.rfind(","))
    if last < 0:
        return 0
    tail = len(number) - last - 1
    return 0 if tail == 3 else tail


def _quality(number: str, decimals: int, marked: bool) -> float:
    if decimals == 2:
        return 1.0
    grouped = bool(re.search(r"\D", number))
    if marked:
        return 0.9 if decimals == 0 else 0.7
    return 0.6 if decimals == 0 and grouped else 0.3


def _currency(word: str | None) -> str | None:
    if word is None:
        return None
    word = word.strip().casefold()
    return word.upper() if word.upper() in CODES else _SYMBOLS.get(word)


def _digits(match: re.Match[str]) -> str:
    return match.group().translate(_ALIKE)


def _offsets(text: str, plain: str) -> list[int]:
    """For each character of `plain`, where it stands in `text` (which has spaces that `plain` lacks)."""
    if len(text) == len(plain):
        return list(range(len(text)))
    offsets, at = [], 0
    for character in plain:
        while text[at] == " " and character != " ":
            at += 1
        offsets.append(at)
        at += 1
    return offsets
