"""Was this face blended in, warped or drawn again? Our own network, trained on self-made manipulations."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from models import weights
from models.cards import card
from models.face.detector import FaceBox
from models.face.landmarks import crop_square
from models.onnx import Session
from models.predictor import Predictor

SIZE = 192
"""Side of the view, in pixels."""
KINDS = ("faceswap", "face_reenactment", "lipsync")
"""Kinds of manipulation that the network tells apart, in the order of its outputs."""


_TIGHT = 0.85
"""Side of the view, in sides of the square that the mesh is placed in."""


@dataclass(frozen=True, slots=True, eq=False)
class FaceArtifacts:
    """What the network says of one view.

    Attributes:
        log_odds: natural log odds that the face was manipulated, calibrated at equal priors.
        kinds: how likely each of `KINDS` is, given that it was; they add up to 1.
        activation: (6, 6) float32, the class activation map: each cell's part in the raw logit, whose mean (and the
            bias) is the logit itself; higher = more manipulated.
    """

    log_odds: float
    kinds: dict[str, float]
    activation: np.ndarray


class FaceArtifactDetector(Predictor[np.ndarray, FaceArtifacts]):
    """Scores how much a face looks manipulated (blending borders, warps, resampling, foreign colour or grain).

    Input: (192, 192, 3) uint8 RGB views of `face_view`. Output: one `FaceArtifacts` a view. Judges one frame.
    """

    card = card("deepfake/face-artifacts")

    def load(self) -> None:
        file = weights.path("face_artifacts")
        self._net = Session(file, {"views": ("batch", SIZE, SIZE, 3)}, threads=self.threads)

    def predict(self, batch: Sequence[np.ndarray]) -> list[FaceArtifacts]:
        return [self._read(*outputs) for view in batch for outputs in zip(*self._net(view[None]), strict=True)]

    def _read(self, logit: np.ndarray, activation: np.ndarray, kinds: np.ndarray) -> FaceArtifacts:
        scale, offset = float(self.card.parameters["scale"]), float(self.card.parameters["offset"])
        powers = np.exp(kinds - kinds.max())
        shares = (powers / powers.sum()).tolist()
        return FaceArtifacts(scale * float(logit) + offset, dict(zip(KINDS, shares, strict=True)), activation)


def face_view(image: np.ndarray, face: FaceBox) -> np.ndarray:
    """Cuts what `FaceArtifactDetector` looks at: the face and a little of what surrounds it, without aliasing.

    Args:
        image: (H, W, 3) uint8 RGB, upright.
        face: a detected face in pixels of `image`; its eyes give the roll that the view undoes.

    Returns:
        (192, 192, 3) uint8 RGB, mirrored beyond the image border.
    """
    return cut(image, view_square(face))


def view_square(face: FaceBox) -> np.ndarray:
    """The (2, 3) map from view to image pixels: the square of `models.face.landmarks.mesh_crop`, a little tighter."""
    wide = crop_square(face, SIZE)
    axes = _TIGHT * wide[:, :2]
    return np.column_stack([axes, wide[:, 2] + (wide[:, :2] - axes) @ (SIZE / 2, SIZE / 2)])


def cut(image: np.ndarray, square: np.ndarray) -> np.ndarray:
    """The view under the (2, 3) map from view to image pixels. A large face is halved by averages before it is cut:
    plain sampling would fold fine texture into patterns that look like traces."""
    scale = float(np.hypot(*square[:, 0]))
    x0, y0, x1, y1 = _around(square, image.shape)
    if x0 >= x1 or y0 >= y1:
        return np.zeros((SIZE, SIZE, 3), np.uint8)
    part, square = image[y0:y1, x0:x1], square - [[0, 0, x0], [0, 0, y0]]
    while scale > 2:
        part = cv2.resize(part, (max(1, part.shape[1] // 2), max(1, part.shape[0] // 2)), interpolation=cv2.INTER_AREA)
        square, scale = square / 2, scale / 2
    if scale > 1.2:
        part = cv2.GaussianBlur(part, (0, 0), 0.4 * scale)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(part, square, (SIZE, SIZE), flags=flags, borderMode=cv2.BORDER_REFLECT_101)


def _around(square: np.ndarray, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of the image part that holds the square's corners."""
    corners = np.array([[0, 0], [SIZE, 0], [SIZE, SIZE], [0, SIZE]]) @ square[:, :2].T + square[:, 2]
    low, high = np.floor(corners.min(0)).astype(int) - 4, np.ceil(corners.max(0)).astype(int) + 4
    return max(0, low[0]), max(0, low[1]), min(shape[1], high[0]), min(shape[0], high[1])
