"""Is this face a photograph of a screen or of a print? Our own small network, trained on simulated recaptures."""

from collections.abc import Sequence

import cv2
import numpy as np

from models import weights
from models.cards import card
from models.onnx import Session
from models.predictor import Predictor

SIZE = 128
"""Side of both views, in pixels."""
_CONTEXT = 2.7
_LARGEST_FACE = 480.0
_PADDING = (127, 127, 127)


class RecaptureDetector(Predictor[np.ndarray, float]):
    """Scores how little a face looks like a photograph of a screen or of a print.

    Input: (2, 128, 128, 3) uint8 RGB views of `cut_views`. Output: 0..1, higher = more bona fide, calibrated on
    simulated captures of held-out people, half of them attacks. Judges one frame; knows nothing of masks or injection.
    """

    card = card("face/recapture")

    def load(self) -> None:
        self._net = Session(weights.path("recapture"), {"views": ("batch", 2, SIZE, SIZE, 3)}, threads=self.threads)

    def predict(self, batch: Sequence[np.ndarray]) -> list[float]:
        if not batch:
            return []
        (logits,) = self._net(np.stack(batch))
        scale, offset = float(self.card.parameters["scale"]), float(self.card.parameters["offset"])
        return [float(score) for score in 1 / (1 + np.exp(-(scale * logits.astype(np.float64) + offset)))]


def cut_views(image: np.ndarray, box: tuple[float, float, float, float]) -> np.ndarray:
    """Cuts what `RecaptureDetector` looks at out of an image.

    Args:
        image: (H, W, 3) uint8 RGB, upright (after EXIF rotation).
        box: left, top, right, bottom of the face, in pixels of `image`.

    Returns:
        (2, 128, 128, 3) uint8 RGB. [0] is the wide view: a square of 2.7 times the longer side of the box (bezels,
        paper edges, hands), shifted and shrunk to hold as much of the image as it can, resized. [1] is the close view:
        128 x 128 pixels around the centre at the image's own resolution, where moire and halftone dots are; only where
        the face is wider than 480 pixels is the image reduced to that width first. Outside the image is mid grey.
    """
    left, top, right, bottom = box
    centre = ((left + right) / 2, (top + bottom) / 2)
    height, width = image.shape[:2]
    side = min(_CONTEXT * max(right - left, bottom - top, 1.0), max(height, width))
    wide = _square(image, (_within(centre[0], side, width), _within(centre[1], side, height)), side)
    close = _square(image, centre, SIZE * max(1.0, (right - left) / _LARGEST_FACE))
    return np.stack([wide, close])


def _within(centre: float, side: float, length: int) -> float:
    """Moves an interval of `side` around `centre` into 0..`length`, or to its middle where it does not fit."""
    if side >= length:
        return length / 2
    return min(max(centre, side / 2), length - side / 2)


def _square(image: np.ndarray, centre: tuple[float, float], side: float) -> np.ndarray:
    """Cuts a square at whole pixels and resizes it to 128 x 128, averaging where it shrinks."""
    side = max(8, round(side))
    x, y = round(centre[0] - side / 2), round(centre[1] - side / 2)
    x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + side, image.shape[1]), min(y + side, image.shape[0])
    if x0 >= x1 or y0 >= y1:
        raise ValueError(f"face box around {centre} lies outside of the {image.shape[1]}x{image.shape[0]} image")
    patch = image[y0:y1, x0:x1]
    if patch.shape[:2] != (side, side):
        around = (y0 - y, y + side - y1, x0 - x, x + side - x1)
        patch = cv2.copyMakeBorder(patch, *around, cv2.BORDER_CONSTANT, value=_PADDING)
    while patch.shape[0] >= 4 * SIZE:  # halving first is the same average at a third of the time
        half = patch.shape[0] // 2
        patch = cv2.resize(patch[: 2 * half, : 2 * half], (half, half), interpolation=cv2.INTER_AREA)
    if side == SIZE:
        return np.ascontiguousarray(patch)
    return cv2.resize(patch, (SIZE, SIZE), interpolation=cv2.INTER_AREA if side > SIZE else cv2.INTER_LINEAR)
