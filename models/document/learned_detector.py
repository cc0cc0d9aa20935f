"""Finds identity documents and their corners in a photograph: our own network proposes, edges settle the corners."""

from collections.abc import Sequence

import cv2
import numpy as np

from models import weights
from models.cards import card
from models.document import contours
from models.document.corners import quads_of
from models.document.detector import DocumentQuad
from models.document.edges import refine
from models.document.letterbox import SIZE, letterbox
from models.onnx import Session
from models.predictor import Predictor

_WIDE = 0.06
"""Of the mean side: how far from the network's guess edges are looked for first."""
_SAME, _CONFIRMED = 0.85, 0.965
"""Least overlap of an outline with the guess for the same document, and with corners on edges that it confirms."""


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
        proposed = quads_of(maps, float(self.card.parameters["threshold"]))
        outlines = [refine(image, quad) for quad, _ in contours.quads_of(image)] if proposed else []
        found = []
        for corners, score in proposed:
            there = settled(image, (corners * stride - offset) / k, outlines)
            found.append(DocumentQuad(there.astype(np.float32), score))
        return sorted(found, key=lambda quad: -quad.area)


def settled(image: np.ndarray, guess: np.ndarray, outlines: Sequence[np.ndarray]) -> np.ndarray:
    """Corners (4, 2) of a document that the network saw at `guess`.

    They lie on edges nearby, where an outline confirms these or there is none; else at those of the outline that is
    nearly the guess.
    """
    near = refine(image, refine(image, guess, _WIDE))
    outline = max(outlines, key=lambda quad: overlap(quad, guess), default=None)
    if outline is None or overlap(outline, guess) < _SAME:
        return near
    return near if overlap(outline, near) > _CONFIRMED else outline


def overlap(one: np.ndarray, two: np.ndarray) -> float:
    """Intersection over union of two convex quadrilaterals (4, 2)."""
    a, b = one.astype(np.float32), two.astype(np.float32)
    common, _ = cv2.intersectConvexConvex(a, b)
    return float(common / max(1e-6, cv2.contourArea(a) + cv2.contourArea(b) - common))
