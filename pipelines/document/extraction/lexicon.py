"""Label dictionaries, and where their labels stand in a text."""

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from pipelines.document.extraction.amounts import CODES
from pipelines.document.extraction.spelling import one_edit_apart, squeeze

_WEAK = 0.5
_FUZZY_LEAST = 5
"""Letters of a label from which one misread letter is forgiven."""
_FUZZY, _GLUED = 0.85, 0.6
_SHORT = 2
_SHORTEST = 3
"""Letters up to which a label is no label of the digits glued to it: "DE84" is no "de" 84."""
_CURRENCY = re.compile(rf"(?:RM|{'|'.join(sorted(CODES))})(?![A-Za-z])")
"""OCR glues it to the label before it: "TOTALRM 54.50"."""


@dataclass(frozen=True, slots=True)
class Label:
    """One spelling of a field's name.

    Attributes:
        field: what it names.
        kind: how values of the field read (`amount`, `date`, ...).
        weight: 0..1, how much it says.
    """

    field: str
    kind: str
    weight: float


@dataclass(frozen=True, slots=True)
class Hit:
    """A label in a text, from character `start` to `end`."""

    label: Label
    start: int
    end: int
    weight: float


class Lexicon:
    """Labels by spelling. Where several match, the longest counts; the same spelling may name several fields."""

    def __init__(self, labels: dict[str, list[Label]]) -> None:
        self.labels = labels
        self._by_head: dict[str, list[str]] = defaultdict(list)
        for spelling in sorted(labels, key=len, reverse=True):
            self._by_head[spelling[:_SHORT]].append(spelling)
        self._sums = [name for name, ones in labels.items() if ones[0].kind == "amount" and len(name) >= _FUZZY_LEAST]
        self._fuzzy: dict[str, list[str]] = defaultdict(list)
        for spelling in labels:
            if len(spelling) >= _FUZZY_LEAST:
                self._fuzzy[spelling[:3]].append(spelling)
                self._fuzzy["-" + spelling[-3:]].append(spelling)

    def hits(self, text: str, *, ocr: bool = False) -> list[Hit]:
        """The labels of a text from left to right, not overlapping one another."""
        squeezed, offsets = squeeze(text)
        found: list[Hit] = []
        at = 0
        for start in _starts(text, squeezed, offsets):
            if start < at:
                continue
            match = self._exact(text, squeezed, offsets, start) or (ocr and self._close(text, squeezed, offsets, start))
            if match:
                spelling, end, trust = match
                first, last = offsets[start], offsets[end - 1] + 1
                found += [Hit(label, first, last, label.weight * trust) for label in self.labels[spelling]]
                at = end
        return found

    def _exact(self, text: str, squeezed: str, offsets: list[int], start: int) -> tuple[str, int, float] | None:
        for spelling in self._by_head.get(squeezed[start : start + _SHORT], ()):
            end = start + len(spelling)
            if squeezed.startswith(spelling, start) and _ends(text, offsets, end, short=len(spelling) <= _SHORTEST):
                return spelling, end, 1.0
        return None

    def _close(self, text: str, squeezed: str, offsets: list[int], start: int) -> tuple[str, int, float] | None:
        heads = self._fuzzy.get(squeezed[start : start + 3], [])
        best: tuple[str, int, float] | None = None
        for end in range(min(len(squeezed), start + 40), start + _FUZZY_LEAST - 2, -1):
            if not _ends(text, offsets, end):
                continue
            piece = squeezed[start:end]
            for spelling in (*heads, *self._fuzzy.get("-" + piece[-3:], ())):
                if one_edit_apart(piece, spelling) and (best is None or len(spelling) > len(best[0])):
                    best = spelling, end, _FUZZY
            if best:
                return best
        return self._glued(text, squeezed, offsets, start)

    def _glued(self, text: str, squeezed: str, offsets: list[int], start: int) -> tuple[str, int, float] | None:
        """A word of OCR that begins or ends with the name of a sum: "TOTALPAYMT", "NETTOTAL"."""
        end = start
        while (
            end < len(squeezed)
            and text[offsets[end]].isalpha()
            and (end == start or offsets[end] <= offsets[end - 1] + 1)
        ):
            end += 1
        word = squeezed[start:end]
        for spelling in (*self._by_head.get(word[:_SHORT], ()), *self._sums):
            named = len(spelling) >= _FUZZY_LEAST and self.labels[spelling][0].kind == "amount"
            if named and (word.startswith(spelling) or word.endswith(spelling)):
                return spelling, end, _GLUED
        return None


@cache
def lexicon(name: str) -> Lexicon:
    """The dictionary `labels/<name>.toml` of one document type."""
    labels: dict[str, list[Label]] = defaultdict(list)
    for field, entry in _table(name).items():
        kind = str(entry["kind"])
        for language, spellings in entry.items():
            for written in spellings if language != "kind" else ():
                _add(labels, written.lstrip("~"), Label(field, kind, _WEAK if written.startswith("~") else 1.0))
    return Lexicon(dict(labels))


@cache
def columns() -> Lexicon:
    """Words that head columns; the field is what the column holds."""
    labels: dict[str, list[Label]] = defaultdict(list)
    for field, spellings in _table("columns").items():
        for written in spellings:
            _add(labels, written, Label(field, "column", 1.0))
    return Lexicon(dict(labels))


@cache
def types() -> Lexicon:
    """What speaks for a document type; the field is the type, the kind `title`, `word` or `common`."""
    kinds = {"=": "title", "~": "common"}
    labels: dict[str, list[Label]] = defaultdict(list)
    for name, entry in _table("types").items():
        for spellings in entry.values():
            for written in spellings:
                _add(labels, written.lstrip("=~"), Label(name, kinds.get(written[0], "word"), 1.0))
    return Lexicon(dict(labels))


def _add(labels: dict[str, list[Label]], spelling: str, label: Label) -> None:
    known = labels[squeeze(spelling)[0]]
    if all(other.field != label.field for other in known):
        known.append(label)


def _table(name: str) -> dict[str, Any]:
    folder = resources.files("pipelines.document.extraction") / "labels"
    return tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8"))


def _starts(text: str, squeezed: str, offsets: list[int]) -> Iterator[int]:
    """Where a label may begin: at the start of a word, also of one that OCR glued to its neighbour."""
    for n, at in enumerate(offsets):
        if n and at == offsets[n - 1]:
            continue
        before, here = text[at - 1 : at], text[at]
        if not before or not before.isalnum() or (before.islower() and here.isupper()) or before.isdigit():
            yield n


def _ends(text: str, offsets: list[int], end: int, *, short: bool = False) -> bool:
    """Whether a label may end before this kept character: no letter goes on, and no digit after a `short` one."""
    if end > len(offsets):
        return False
    last = offsets[end - 1]
    after = text[last + 1 : last + 2]
    if after.isdigit() and (short or text[last].isdigit()):
        return False
    if _CURRENCY.match(text, last + 1):
        return True
    if re.match(r"\s?%", text[last + 1 : last + 3]) and not text[last].isdigit():
        return True
    return not after.isalpha() or (text[last].islower() and after.isupper())
