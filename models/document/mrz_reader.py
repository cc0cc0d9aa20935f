"""Reads one line of a machine-readable zone: our own small network for OCR-B, trained on rendered lines."""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from models import weights
from models.cards import card
from models.document.mrz_lattice import Lattice
from models.onnx import Session
from models.predictor import Predictor

HEIGHT, PITCH = 28, 14
"""Pixels of a line's height and of each of its characters: a line of 44 is 616 pixels wide."""


class MrzReader(Predictor[np.ndarray, Lattice]):
    """Gives the probability of every OCR-B character along a line of a machine-readable zone.

    Input: (28, 14 N) uint8 grey lines of N characters, of `prepare_line`. Output: a lattice a line;
    `pipelines.document.mrz` decodes it under the rules of ICAO 9303. Lines of one length run as one batch.
    """

    card = card("document/mrz-reader")

    def load(self) -> None:
        shape = ("batch", 1, HEIGHT, "width")
        self._net = Session(weights.path("mrz_reader"), {"line": shape}, threads=self.threads)

    def predict(self, batch: Sequence[np.ndarray]) -> list[Lattice]:
        lines = [normalised(line) for line in batch]
        found: list[Lattice | None] = [None] * len(lines)
        for width in sorted({line.shape[1] for line in lines}):
            same = [index for index, line in enumerate(lines) if line.shape[1] == width]
            (probabilities,) = self._net(np.stack([lines[index] for index in same])[:, None])
            for row, index in enumerate(same):
                found[index] = Lattice(probabilities[row])
        return [lattice for lattice in found if lattice is not None]


def prepare_line(line: npt.NDArray[np.uint8], characters: int) -> npt.NDArray[np.uint8]:
    """What the reader looks at: (28, 14 N) uint8 grey.

    Args:
        line: (H, W, 3) or (H, W) uint8 crop of one line, upright, from about its first to its last character, with
            about a third of a letter's height around it.
        characters: N, how many the line holds (30, 36 or 44).
    """
    grey = cv2.cvtColor(line, cv2.COLOR_RGB2GRAY) if line.ndim == 3 else line
    shrinks = grey.shape[1] > characters * PITCH
    scaled = cv2.resize(
        grey, (characters * PITCH, HEIGHT), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    )
    return np.asarray(scaled, np.uint8)


def normalised(line: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Mean 0 and deviation 1, float32; a plain line stays plain."""
    pixels = line.astype(np.float32)
    return np.asarray((pixels - pixels.mean()) / (pixels.std() + 8.0), np.float32)
