"""A passive liveness signal from one still frame."""

from collections.abc import Sequence

import cv2
import numpy as np

from models import weights
from models.cards import card
from models.face.detector import FaceBox
from models.onnx import Session
from models.predictor import Predictor

SIZE = 128
CONTEXT = 2.7
"""The crop spans this many face boxes: screen bezels and paper edges lie around the face."""


def liveness_crop(image: np.ndarray, box: FaceBox) -> np.ndarray:
    """Cuts the surroundings of a face as the network saw them in training.

    The crop keeps the box's shape, is `CONTEXT` times its size, shrinks and shifts to stay inside the image, and is
    resized to (128, 128, 3) uint8 RGB without keeping its aspect (Silent-Face-Anti-Spoofing's CropImage).
    """
    height, width = image.shape[:2]
    face_width, face_height = max(box.width, 1.0), max(box.height, 1.0)
    scale = min((height - 1) / face_height, (width - 1) / face_width, CONTEXT)
    half_width, half_height = face_width * scale / 2, face_height * scale / 2
    centre_x = np.clip((box.left + box.right) / 2, half_width, max(width - 1 - half_width, half_width))
    centre_y = np.clip((box.top + box.bottom) / 2, half_height, max(height - 1 - half_height, half_height))
    left, right = int(centre_x - half_width), int(centre_x + half_width)
    top, bottom = int(centre_y - half_height), int(centre_y + half_height)
    return cv2.resize(image[top : bottom + 1, left : right + 1], (SIZE, SIZE))


class FrLiveness(Predictor[np.ndarray, float]):
    """Scores how much a face looks taken from life rather than from a screen or a print.

    Input: (128, 128, 3) uint8 RGB crops of `liveness_crop`. Output: 0..1, higher = more bona fide. Its training data is
    undocumented and it misses most prints: one signal among several, never the decision (see the card).
    """

    card = card("face/liveness")

    def load(self) -> None:
        self._net = Session(weights.path("fr_liveness"), {"input": ("batch", 3, SIZE, SIZE)}, threads=self.threads)

    def predict(self, batch: Sequence[np.ndarray]) -> list[float]:
        if not batch:
            return []
        (logits,) = self._net(np.stack(batch)[..., ::-1].transpose(0, 3, 1, 2))
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return [float(live) for live in odds[:, 0] / odds.sum(axis=1)]
