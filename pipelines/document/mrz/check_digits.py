"""Check digits of ICAO 9303-3, 4.9: weights 7, 3, 1 over 0-9, A = 10 to Z = 35 and the filler as 0, modulo 10."""

from models.document.mrz_lattice import ALPHABET

WEIGHTS = (7, 3, 1)
VALUES = {character: max(0, index - 1) for index, character in enumerate(ALPHABET)}


def check_digit(text: str) -> str:
    """The check digit of a text of the 37 characters. Raises KeyError for any other character."""
    return str(sum(VALUES[character] * WEIGHTS[at % 3] for at, character in enumerate(text)) % 10)
