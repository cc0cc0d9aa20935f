"""Numbers whose characters were not all set by the same hand: another font, size or baseline within a row."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pipelines.media.forensics.findings import Findings, clean
from pipelines.media.forensics.pdf_marks import Mark
from pipelines.media.pdf_page import Glyph, PageView, union

_MAX_LISTED = 50
_NUMBER = re.compile(r"[+\-]?\(?\d[\d.,' ]*\d\)?")
_SUBSET = re.compile(r"^[A-Z]{6}\+")
_STYLES = re.compile(r"(bold|italic|oblique|regular|roman|medium|light|semi|black|demi|book|heavy|mt|ps|\d+)+$")
_COMPUTER_MODERN = re.compile(r"^(cm|sf|lm)[a-z]+$")
_LEAST_NUMBERS = 5
"""Amounts that a page must hold before one of them can be called odd."""
_MOST_ODD = 3


@dataclass(frozen=True, slots=True)
class _Number:
    """A number of at least two digits, in one word."""

    glyphs: tuple[Glyph, ...]

    @property
    def text(self) -> str:
        return "".join(glyph.text for glyph in self.glyphs)

    @property
    def amount(self) -> bool:
        """Whether it looks like an amount: with decimals or thousands."""
        return re.search(r"\d[.,]\d\d\b|\d[.,' ]\d{3}\b", self.text) is not None

    @property
    def digits(self) -> tuple[Glyph, ...]:
        return tuple(glyph for glyph in self.glyphs if glyph.text.isdigit())


def judge_fonts(found: Findings, views: Sequence[PageView]) -> list[Mark]:
    """Flags `font_inconsistency`; notes how many characters each font drew."""
    drawn: Counter[str] = Counter()
    breaks: list[dict[str, Any]] = []
    for view in views:
        drawn.update(family(glyph.font) for glyph in view.glyphs if glyph.text.strip())
        numbers = list(_numbers(view))
        breaks += [*_mixed(view, numbers), *_odd(view, numbers)]
    found.signals.setdefault("pdf", {})["fonts"] = dict(drawn.most_common(50))
    if breaks:
        message = "Characters of a number, or one number among many, were set in another font than the rest."
        found.flag("font_inconsistency", breaks[:_MAX_LISTED], message)
    return [Mark("font_inconsistency", entry["page"], tuple(entry["box"])) for entry in breaks]


@lru_cache(1000)
def family(font: str) -> str:
    """The font's family: neither subset prefix nor style. TeX's own fonts are one family, whose numbers mix them."""
    name = re.split(r"[-,]", _SUBSET.sub("", font).lower(), maxsplit=1)[0]
    stem = _STYLES.sub("", name) or name
    return _COMPUTER_MODERN.sub(r"\1", stem)


def _numbers(view: PageView) -> Iterator[_Number]:
    """Numbers of the text that is seen, from words: characters of a row without a wide gap, whoever drew them."""
    for row in _rows(glyph for glyph in view.glyphs if glyph.hidden is None and glyph.text.strip()):
        word: list[Glyph] = []
        for glyph in sorted(row, key=lambda glyph: glyph.box[0]):
            if word and not _touch(word[-1], glyph):
                yield from _in_word(word)
                word = []
            word.append(glyph)
        yield from _in_word(word)


def _rows(glyphs: Iterable[Glyph]) -> Iterator[list[Glyph]]:
    """Characters whose baselines lie within a third of their size."""
    row: list[Glyph] = []
    for glyph in sorted(glyphs, key=lambda glyph: glyph.origin[1]):
        if row and glyph.origin[1] - row[0].origin[1] > 0.35 * min(glyph.size, row[0].size):
            yield row
            row = []
        row.append(glyph)
    if row:
        yield row


def _touch(one: Glyph, other: Glyph) -> bool:
    return -0.3 * one.size < other.box[0] - one.box[2] < 0.25 * max(one.size, other.size)


def _in_word(word: list[Glyph]) -> Iterator[_Number]:
    text = "".join(glyph.text[:1] or " " for glyph in word)
    for match in _NUMBER.finditer(text):
        number = _Number(tuple(word[match.start() : match.end()]))
        if len(number.digits) >= 2:
            yield number


def _mixed(view: PageView, numbers: Sequence[_Number]) -> Iterator[dict[str, Any]]:
    """Numbers within which the looks of digits change, and not as a superscript's do."""
    for number in numbers:
        digits = number.digits
        first = digits[0]
        if any(_raised(glyph, first) for glyph in digits):
            continue  # powers, footnotes, cents set small
        reasons = [
            reason
            for reason, differs in (
                ("font", len({_face(glyph.font) for glyph in digits}) > 1),
                ("size", max(g.size for g in digits) > 1.03 * min(g.size for g in digits)),
                ("baseline", max(g.origin[1] for g in digits) - min(g.origin[1] for g in digits) > 0.04 * first.size),
                ("color", len({glyph.color for glyph in digits}) > 1),
            )
            if differs
        ]
        if reasons:
            yield _entry(view, number, reasons)


def _face(font: str) -> tuple[str, bool]:
    """The font's name, and whether it is a subset: one program may embed several subsets of a font, not both kinds."""
    return _SUBSET.sub("", font), _SUBSET.match(font) is not None


def _raised(glyph: Glyph, first: Glyph) -> bool:
    larger = max(glyph.size, first.size)
    return min(glyph.size, first.size) < 0.85 * larger and abs(glyph.origin[1] - first.origin[1]) > 0.08 * larger


def _odd(view: PageView, numbers: Sequence[_Number]) -> Iterator[dict[str, Any]]:
    """Amounts in a family that the page uses for hardly anything else, beside many in the page's own."""
    amounts = [number for number in numbers if number.amount]
    if len(amounts) < _LEAST_NUMBERS:
        return
    characters = Counter(family(glyph.font) for glyph in view.glyphs if glyph.text.strip())
    by_family: dict[str, list[_Number]] = defaultdict(list)
    for number in amounts:
        by_family[family(number.digits[0].font)].append(number)
    main = max(by_family, key=lambda name: len(by_family[name]))
    for name, few in by_family.items():
        own = sum(len(number.glyphs) for number in few)
        if name != main and len(few) <= min(_MOST_ODD, len(by_family[main]) // 3) and characters[name] <= own + 6:
            yield from (_entry(view, number, ["family"]) for number in few)


def _entry(view: PageView, number: _Number, reasons: list[str]) -> dict[str, Any]:
    fonts = list(dict.fromkeys(glyph.font for glyph in number.glyphs))
    box = list(union([glyph.box for glyph in number.glyphs]))
    return {"page": view.number, "text": clean(number.text), "box": box, "fonts": fonts[:5], "differs": reasons}
