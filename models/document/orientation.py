"""Which way up a page stands: PaddleClas' text image orientation network, asked at several places of the page."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from models import weights
from models.cards import card
from models.onnx import Session
from models.predictor import Predictor

_SHORT, _CROP = 256, 224
_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)
_CROPS = 3


@dataclass(frozen=True, slots=True)
class PageTurn:
    """How a page stands.

    Attributes:
        degrees: 0, 90, 180 or 270: the page was turned by so much clockwise; turn it back by as much to read it.
        confidence: 0..1, of 0.25 for no idea at all.
    """

    degrees: int
    confidence: float

    def upright(self, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """The image turned so that its text reads from left to right (a view where nothing is to turn)."""
        return np.ascontiguousarray(np.rot90(image, self.degrees // 90)) if self.degrees else image


class PageOrientation(Predictor[np.ndarray, PageTurn]):
    """Tells by which quarter turn a page of text stands wrong.

    Input: (H, W, 3) uint8 RGB images of any size that text fills. Output: the turn with the highest mean probability
    over three crops along the longer side.
    """

    card = card("document/orientation")

    def load(self) -> None:
        shape = ("batch", 3, _CROP, _CROP)
        self._net = Session(weights.path("page_orientation"), {"x": shape}, threads=self.threads)

    def predict(self, batch: Sequence[np.ndarray]) -> list[PageTurn]:
        turns = []
        for image in batch:
            (probabilities,) = self._net(crops(image))
            mean = probabilities.mean(axis=0)
            best = int(mean.argmax())
            turns.append(PageTurn(90 * best, float(mean[best])))
        return turns


def crops(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """(3, 3, 224, 224) float32: squares at the start, the middle and the end of the longer side, normalised."""
    ratio = _SHORT / min(image.shape[:2])
    size = max(_SHORT, round(image.shape[1] * ratio)), max(_SHORT, round(image.shape[0] * ratio))
    scaled = cv2.resize(image, size, interpolation=cv2.INTER_AREA if ratio < 1 else cv2.INTER_CUBIC)
    height, width = scaled.shape[:2]
    shares = np.linspace(0.0, 1.0, _CROPS) if max(size) > 1.2 * _SHORT else np.full(1, 0.5)
    found = []
    for share in shares:
        top, left = ((side - _CROP) // 2 for side in (height, width))
        if height > width:
            top = round(share * (height - _CROP))
        else:
            left = round(share * (width - _CROP))
        crop = scaled[top : top + _CROP, left : left + _CROP].astype(np.float32) / 255
        found.append(((crop - _MEAN) / _DEVIATION).transpose(2, 0, 1))
    return np.stack(found)
