"""The label dictionaries: what a printed label says, in about thirty languages."""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

_LONGEST = 48


@cache
def _dictionaries() -> Mapping[str, Mapping[str, list[str] | str]]:
    return tomllib.loads((files(__package__) / "labels.toml").read_text(encoding="utf-8"))


@cache
def field_labels() -> Mapping[str, str]:
    """Normalised label -> field name (`other`: a label of what we do not extract)."""
    return {words: name for name, labels in _dictionaries()["fields"].items() for words in labels}


@cache
def numbered() -> Mapping[str, str]:
    """The numbers of driving licences' fields -> field name."""
    return {number: str(name) for number, name in _dictionaries()["numbered"].items()}


@cache
def kind_words() -> Mapping[str, str]:
    """Normalised titles -> kind of document."""
    return {words: kind for kind, titles in _dictionaries()["types"].items() for words in titles}


def normalised(text: str) -> str:
    """Lower case letters and figures without accents, words apart by one space."""
    plain = text.casefold().translate(
        {0x131: "i", 0x142: "l", 0xF8: "o", 0xDF: "ss", 0xE6: "ae", 0x111: "d", 0x259: "e"}
    )
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(letter))
    return " ".join(re.sub(r"[^a-z0-9\u03b1-\u03c9\u0430-\u044f]+", " ", plain).split())


def parts_of(text: str) -> list[str]:
    """A label in several languages, taken apart and normalised."""
    return [words for part in re.split(r"[/|•()]", text) if (words := normalised(part))]


@cache
def field_of(label: str) -> str | None:
    """The field that a printed label names; None where it is none. A long one may have a letter or two wrong."""
    if len(label) > 2 * _LONGEST:
        return None
    found = [name for part in parts_of(label) if (name := _known(part)) is not None]
    whole = _known(normalised(label))
    return whole or (found[0] if found else None)


@cache
def _folded() -> Mapping[str, str]:
    """The same, for readers that take `rn` for `m`."""
    return {label.replace("rn", "m"): name for label, name in field_labels().items() if "rn" in label}


def _known(words: str) -> str | None:
    known = field_labels()
    if words in known:
        return known[words]
    if (name := _folded().get(words.replace("rn", "m"))) is not None:
        return name
    allowed = 0 if len(words) < 6 else 1 if len(words) < 12 else 2
    if allowed and len(words) <= _LONGEST:
        near = [label for label in known if abs(len(label) - len(words)) <= allowed and len(label) >= 5]
        return next((known[label] for label in near if edits(words, label, allowed) <= allowed), None)
    return None


def edits(one: str, other: str, most: int) -> int:
    """Levenshtein distance, given up (`most` + 1) once it must exceed `most`."""
    row = list(range(len(other) + 1))
    for number, letter in enumerate(one, 1):
        following = [number]
        for column, wanted in enumerate(other, 1):
            following.append(min(row[column] + 1, following[-1] + 1, row[column - 1] + (letter != wanted)))
        row = following
        if min(row) > most:
            return most + 1
    return row[-1]
