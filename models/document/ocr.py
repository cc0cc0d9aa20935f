"""Reads the text of an image: PP-OCRv6 for detection and recognition, on the weights inside the rapidocr package."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from models import weights
from models.cards import card
from models.document.text_detection import DetectionSettings, TextFinder
from models.document.text_line import PageLines, TextLine
from models.document.text_recognition import LineReader, LineTurner, along_text, cut_line
from models.predictor import Predictor

_TURN = 0.9
_WIDE, _LEAST_PER_SQUARE = 2.5, 0.8


class PaddleOcr(Predictor[np.ndarray, PageLines]):
    """Finds and reads text with PP-OCRv6 small: Latin, Greek, Chinese and Japanese; no other script.

    Input: (H, W, 3) uint8 RGB images of any size. Output: lines per image from top to bottom, empty where none. Lines
    may stand at any angle; `pipelines.document.reading_order` puts them into rows. Each page says how many regions
    could not be read: `models.document.tesseract` knows further scripts.
    """

    card = card("document/ocr")

    def __init__(self, *, threads: int = 1, detection: DetectionSettings | None = None, least: float = 0.5) -> None:
        """Args: detection: how text is looked for; least: confidence below which a line is noise, 0..1."""
        super().__init__(threads=threads)
        self.detection = detection or DetectionSettings()
        self.least = least

    def load(self) -> None:
        self._finder = TextFinder(weights.path("ppocr_det"), self.detection, self.threads)
        self._turner = LineTurner(weights.path("ppocr_cls"), self.threads)
        self._reader = LineReader(weights.path("ppocr_rec"), self.threads)

    def predict(self, batch: Sequence[np.ndarray]) -> list[PageLines]:
        return [self._read(image) for image in batch]

    def _read(self, image: npt.NDArray[np.uint8]) -> PageLines:
        quads = [along_text(quad) for quad in self._finder.find(image)]
        lines = [cut_line(image, quad) for quad in quads]
        for index in np.flatnonzero(self._turner.upside_down(lines) > _TURN):
            lines[index] = lines[index][::-1, ::-1]
            quads[index] = np.roll(quads[index], 2, axis=0)
        found, unread = [], 0
        for quad, (text, confidence) in zip(quads, self._reader.read(lines), strict=True):
            known = bool(text.strip()) and confidence >= self.least
            unread += not known or sparse(text, quad)
            if known:
                found.append(TextLine(text.strip(), quad, confidence))
        return PageLines(sorted(found, key=lambda line: line.box[1]), unread)


def sparse(text: str, quad: npt.NDArray[np.float32]) -> bool:
    """Whether so few characters came out of a region (4, 2) that most of what stands there was not read.

    Letters of any script the network knows give more than one for each square of the region, Chinese characters too.
    """
    high = max(float(np.linalg.norm(quad[3] - quad[0])), 1e-6)
    squares = float(np.linalg.norm(quad[1] - quad[0])) / high
    return squares >= _WIDE and len(text.strip()) < _LEAST_PER_SQUARE * squares
