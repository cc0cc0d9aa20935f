"""The alphabet of machine-readable zones and what a reader of one line returns: probabilities, not yet a decision."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

ALPHABET = "<0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""ICAO 9303-3, the 37 characters of OCR-B that a machine-readable zone may hold."""
BLANK = 0
"""Class of the CTC blank; character c has class 1 + ALPHABET.index(c)."""


@dataclass(frozen=True, slots=True, eq=False)
class Lattice:
    """What one line may say.

    Attributes:
        probabilities: (T, 38) float32, for each column of the line (left to right) the blank and the alphabet; rows
            add up to 1.
    """

    probabilities: npt.NDArray[np.float32]

    def greedy(self) -> tuple[str, float]:
        """Most probable symbol of each column, repeats and blanks removed, and the least of their probabilities."""
        best = self.probabilities.argmax(axis=1)
        kept = best != BLANK
        kept[1:] &= best[1:] != best[:-1]
        text = "".join(ALPHABET[symbol - 1] for symbol in best[kept])
        return text, float(self.probabilities.max(axis=1)[kept].min(initial=1.0)) if text else 0.0
