"""Reads the text of an image: PP-OCRv6 for detection and recognition, on the weights inside the rapidocr package."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from models import weights
from models.cards import card
from models.document.text_detection import DetectionSettings, TextFinder
from models.document.text_line import TextLine
from models.document.text_recognition import LineReader, LineTurner, along_text, cut_line
from models.predictor import Predictor

_TURN = 0.9


class PaddleOcr(Predictor[np.ndarray, list[TextLine]]):
    """Finds and reads text with PP-OCRv6 small: Latin, Greek, Chinese and Japanese; no other script.

    Input: (H, W, 3) uint8 RGB images of any size. Output: lines per image from top to bottom, empty where none. Lines
    may stand at any angle; `pipelines.document.reading_order` puts them into rows.
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

    def predict(self, batch: Sequence[np.ndarray]) -> list[list[TextLine]]:
        return [self._read(image) for image in batch]

    def _read(self, image: npt.NDArray[np.uint8]) -> list[TextLine]:
        quads = [along_text(quad) for quad in self._finder.find(image)]
        lines = [cut_line(image, quad) for quad in quads]
        for index in np.flatnonzero(self._turner.upside_down(lines) > _TURN):
            lines[index] = lines[index][::-1, ::-1]
            quads[index] = np.roll(quads[index], 2, axis=0)
        read = [
            TextLine(text.strip(), quad, confidence)
            for quad, (text, confidence) in zip(quads, self._reader.read(lines), strict=True)
            if text.strip() and confidence >= self.least
        ]
        return sorted(read, key=lambda line: line.box[1])
