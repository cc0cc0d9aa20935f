"""Finds identity documents and their corners in a photograph: our own network proposes, edges settle the corners."""

from collections.abc import Sequence

import numpy as np

from models import weights
from models.cards import card
from models.document.corners import quads_of
from models.document.detector import DocumentQuad
from models.document.edges import refine
from models.document.letterbox import SIZE, letterbox
from models.onnx import Session
from models.predictor import Predictor


class LearnedDetector(Predictor[np.ndarray, list[DocumentQuad]]):
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
