"""What training lines say: lines like those of documents, and random ones so that no letter hides behind a language."""

import numpy as np

from models.document.mrz_lattice import ALPHABET

LENGTHS = (30, 36, 44)
"""Characters of a line in TD1, TD2 and MRV-B, TD3 and MRV-A (ICAO 9303-4 to -7)."""
_LETTERS = ALPHABET[11:]
_DIGITS = ALPHABET[1:11]


def draw_text(rng: np.random.Generator, length: int) -> str:
    """One line of `length` characters: a line of names, a line of data, or noise."""
    kind = rng.random()
    if kind < 0.35:
        return _names(rng, length)
    if kind < 0.75:
        return _data(rng, length)
    return _noise(rng, length)


def _some(rng: np.random.Generator, symbols: str, least: int, most: int) -> str:
    return "".join(rng.choice(list(symbols), int(rng.integers(least, most + 1))))


def _names(rng: np.random.Generator, length: int) -> str:
    start = rng.choice(["P<", "I<", "V<", "A<", "C<", "ID", "AC", "PM", ""])
    words = [_some(rng, _LETTERS, 1, 9) for _ in range(int(rng.integers(2, 5)))]
    text = start + (_some(rng, _LETTERS, 3, 3) if start else "") + words[0] + "<<" + "<".join(words[1:])
    return text[:length].ljust(length, "<")


def _data(rng: np.random.Generator, length: int) -> str:
    """Document number, check digit, state, dates, optional data: shapes right, digits random."""
    number = _some(rng, _DIGITS + (_LETTERS if rng.random() < 0.6 else ""), 6, 9).ljust(9, "<")
    dates = _some(rng, _DIGITS, 7, 7) + rng.choice(["M", "F", "<"]) + _some(rng, _DIGITS, 7, 7)
    optional = _some(rng, _DIGITS + (_LETTERS if rng.random() < 0.4 else ""), 0, 12)
    state = _some(rng, _LETTERS, 3, 3)
    head = number + _some(rng, _DIGITS, 1, 1) + state + dates
    if length == 30 and rng.random() < 0.5:
        head = rng.choice(["I<", "ID", "C<", "AR"]) + state + number + _some(rng, _DIGITS, 1, 1)
    elif length == 30:
        head = dates + state
    return (head + optional)[: length - 1].ljust(length - 1, "<") + rng.choice(list(_DIGITS))


def _noise(rng: np.random.Generator, length: int) -> str:
    """All 37 characters alike, with runs of fillers."""
    text = _some(rng, ALPHABET, length, length)
    run = int(rng.integers(0, length // 2))
    at = int(rng.integers(0, length - run + 1))
    return text[:at] + "<" * run + text[at + run :]
