"""Is this document a photograph of a screen or of a printed copy? Our own network on crops of native resolution."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from models import weights
from models.cards import card
from models.onnx import Session
from models.predictor import Predictor

SIZE = 128
"""Side of a crop, pixels of the photograph."""
LONGEST = 1300.0
"""Pixels of a document's longer side above which the photograph is reduced first."""
_COLUMNS, _ROWS = 4, 3


@dataclass(frozen=True, slots=True)
class RecaptureScores:
    """How little a document looks like a recapture: 0..1, higher = more genuine; calibrated (see the card)."""

    screen: float
    print: float


class DocumentRecaptureDetector(Predictor[np.ndarray, RecaptureScores]):
    """Scores screen replay and printed copies of documents.

    Input: (N, 128, 128, 3) uint8 RGB crops of `cut_crops`, of one document. Output: two scores a document, from the
    mean logits of its crops.
    """

    card = card("document/recapture")

    def load(self) -> None:
        file = weights.path("document_recapture")
        self._net = Session(file, {"crops": ("batch", SIZE, SIZE, 3)}, threads=self.threads)

    def predict(self, batch: Sequence[np.ndarray]) -> list[RecaptureScores]:
        if not batch:
            return []
        (logits,) = self._net(np.concatenate(batch))
        ends = np.cumsum([len(crops) for crops in batch])[:-1]
        parts = np.split(logits.astype(np.float64), ends)
        return [self._scores(part.mean(0)) for part in parts]

    def _scores(self, logits: np.ndarray) -> RecaptureScores:
        mean, spread, weights, offset = (
            np.array(self.card.parameters[name], np.float64) for name in ("mean", "spread", "weights", "offset")
        )
        screen, copy = 1 / (1 + np.exp(-(weights @ ((logits - mean) / spread) + offset)))
        return RecaptureScores(float(screen), float(copy))


def cut_crops(image: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Cuts what `DocumentRecaptureDetector` looks at out of a photograph.

    Args:
        image: (H, W, 3) uint8 RGB.
        corners: (4, 2) x, y of the document, clockwise; may reach beyond the image.

    Returns:
        (N, 128, 128, 3) uint8 RGB, N = 12 or fewer: a grid over the document at the photograph's own resolution, where
        moire and halftone dots are. Crops that leave the image are moved into it.
    """
    sides = np.linalg.norm(np.roll(corners, -1, 0) - corners, axis=1)
    k = min(1.0, LONGEST / max(float(sides.max()), 1.0))
    if k < 1:
        image = cv2.resize(image, None, fx=k, fy=k, interpolation=cv2.INTER_AREA)
    height, width = image.shape[:2]
    if min(height, width) < SIZE:
        border = max(0, SIZE - height), max(0, SIZE - width)
        image = cv2.copyMakeBorder(image, 0, border[0], 0, border[1], cv2.BORDER_REFLECT_101)
        height, width = image.shape[:2]
    unit = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    onto = cv2.getPerspectiveTransform(unit, (corners * k).astype(np.float32))
    across, down = (_COLUMNS, _ROWS) if sides[0] + sides[2] >= sides[1] + sides[3] else (_ROWS, _COLUMNS)
    grid = np.array([[(i + 0.5) / across, (j + 0.5) / down] for j in range(down) for i in range(across)], np.float64)
    middles = cv2.perspectiveTransform(grid[None], onto.astype(np.float64))[0]
    starts = np.clip(np.round(middles - SIZE / 2), 0, [width - SIZE, height - SIZE]).astype(int)
    places = sorted({(int(x), int(y)) for x, y in starts})
    return np.stack([image[y : y + SIZE, x : x + SIZE] for x, y in places])
