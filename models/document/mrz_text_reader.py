"""A second reader of machine-readable lines: PP-OCR's recognition network, heard only on the 37 characters of OCR-B."""

from collections.abc import Sequence

import numpy as np

from models import weights
from models.cards import card
from models.document.mrz_lattice import ALPHABET, BLANK, Lattice
from models.document.text_recognition import LineReader
from models.predictor import Predictor

_READ_AS = {"<": "<\u2039\u3008\u300a\u00ab\uff1c\u27e8\u2264", "0": "\u03b8\u00d8", "K": "\u03ba"}
"""What the network, which knows 18,709 characters, also makes of some of ours; lower case counts with upper case."""


class MrzTextReader(Predictor[np.ndarray, Lattice]):
    """Gives the probability of every OCR-B character along a line, as a general text reader sees it.

    Input: (48, W, 3) uint8 RGB lines, of `models.document.text_recognition.cut_line`. Output: a lattice a line, a
    column for every 8 pixels. Knows nothing of OCR-B, so it errs on other lines than `document/mrz-reader` does.
    """

    card = card("document/mrz-text-reader")

    def load(self) -> None:
        self._reader = LineReader(weights.path("ppocr_rec"), self.threads)
        known = {str(character): index for index, character in enumerate(self._reader.characters)}
        self._classes = [
            [known[other] for other in (character + character.lower() + _READ_AS.get(character, "")) if other in known]
            for character in ALPHABET
        ]

    def predict(self, batch: Sequence[np.ndarray]) -> list[Lattice]:
        found: list[Lattice | None] = [None] * len(batch)
        for indices, probabilities in self._reader.columns(batch):
            for row, index in enumerate(indices):
                found[index] = self._lattice(probabilities[row])
        return [lattice for lattice in found if lattice is not None]

    def _lattice(self, columns: np.ndarray) -> Lattice:
        """(T, 18710) to (T, 38): classes of one character added up, all others left out."""
        heard = np.empty((len(columns), 1 + len(ALPHABET)), np.float32)
        heard[:, BLANK] = columns[:, 0]
        for at, classes in enumerate(self._classes):
            heard[:, 1 + at] = columns[:, classes].sum(axis=1)
        heard += 1e-6
        return Lattice(heard / heard.sum(axis=1, keepdims=True))
