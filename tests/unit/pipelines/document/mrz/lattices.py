"""Lattices as a reader would give them, made from a text."""

import numpy as np

from models.document.mrz_lattice import ALPHABET, BLANK, Lattice


def lattice_of(text: str, doubts: dict[int, dict[str, float]] | None = None, sure: float = 0.99) -> Lattice:
    """A lattice of three columns a character: blank, character, blank.

    Args:
        doubts: place -> probabilities of characters that stand there instead of the text's own.
        sure: probability of the text's character elsewhere; the rest is spread over all classes.
    """
    rows = []
    for place, character in enumerate(text):
        empty = np.full(38, 1e-4)
        empty[BLANK] = 1.0
        seen = np.full(38, (1 - sure) / 37)
        for symbol, probability in (doubts or {}).get(place, {character: sure}).items():
            seen[1 + ALPHABET.index(symbol)] = probability
        rows += [empty, seen, empty]
    probabilities = np.array(rows, np.float32)
    return Lattice(probabilities / probabilities.sum(axis=1, keepdims=True))
