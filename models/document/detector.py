"""Finds identity documents and their corners in a photograph: our own small network, then lines fitted to the edges."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from models import weights
from models.cards import card
from models.document.corners import quads_of
from models.document.edges import refine
from models.onnx import Session
from models.predictor import Predictor

SIZE = 256
"""Side of the network's input, pixels."""
MARGIN = 12
"""Grey pixels round the picture in it: room for corners that lie at or beyond the border."""
_GREY = 127


@dataclass(frozen=True, slots=True, eq=False)
class DocumentQuad:
    """One document.

    Attributes:
        corners: (4, 2) float32 x, y in pixels of the image, clockwise as seen, from the corner nearest to the image's
            top left; may lie outside of the image.
        score: 0..1, how sure the network is of its inside.
    """

    corners: np.ndarray
    score: float

    @property
    def area(self) -> float:
        """Square pixels, parts outside of the image included."""
        return float(cv2.contourArea(self.corners))


class DocumentDetector(Predictor[np.ndarray, list[DocumentQuad]]):
    """Finds passports, cards, licences, permits and visas; other papers are not documents.

    Input: (H, W, 3) uint8 RGB images of any size. Output: documents per image, the largest first, empty where none.
    """

    card = card("document/detector")

    def load(self) -> None:
        file = weights.path("document_detector")
        self._net = Session(file, {"images": ("batch", SIZE, SIZE, 3)}, threads=self.threads)

    def predict(self, batch: Sequence[np.ndarray]) -> list[list[DocumentQuad]]:
        if not batch:
            return []
        boxed = [letterbox(image) for image in batch]
        (maps,) = self._net(np.stack([image for image, _, _ in boxed]))
        return [
            self._place(image, maps[row], k, offset)
            for row, (image, (_, k, offset)) in enumerate(zip(batch, boxed, strict=True))
        ]

    def _place(self, image: np.ndarray, maps: np.ndarray, k: float, offset: np.ndarray) -> list[DocumentQuad]:
        stride = SIZE / maps.shape[-1]
        found = []
        for corners, score in quads_of(maps, float(self.card.parameters["threshold"])):
            there = (corners * stride - offset) / k
            found.append(DocumentQuad(refine(image, there).astype(np.float32), score))
        return sorted(found, key=lambda quad: -quad.area)


def letterbox(image: np.ndarray) -> tuple[np.ndarray, float, np.ndarray]:
    """An image as the network gets it.

    Returns:
        (SIZE, SIZE, 3) uint8, the scale, and the (2,) x, y offset: network pixels = image pixels * scale + offset.
    """
    height, width = image.shape[:2]
    k = (SIZE - 2 * MARGIN) / max(height, width)
    inside = max(1, round(width * k)), max(1, round(height * k))
    small = cv2.resize(image, inside, interpolation=cv2.INTER_AREA if k < 1 else cv2.INTER_LINEAR)
    canvas = np.full((SIZE, SIZE, 3), _GREY, np.uint8)
    left, top = (SIZE - inside[0]) // 2, (SIZE - inside[1]) // 2
    canvas[top : top + inside[1], left : left + inside[0]] = small
    return canvas, k, np.array([left, top], np.float32)
