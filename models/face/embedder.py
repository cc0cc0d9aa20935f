"""Turns an aligned face into a vector whose cosine tells how alike two faces are: SFace."""

from collections.abc import Sequence

import numpy as np

from models import weights
from models.cards import card
from models.face.alignment import SIZE
from models.onnx import Session
from models.predictor import Predictor

_TOGETHER = 2
"""Crops in one run: with more, their activations leave the processor's caches."""


class SFace(Predictor[np.ndarray, np.ndarray]):
    """Embeds faces with SFace (Zhong et al. 2021, MobileFaceNet).

    Input: (112, 112, 3) uint8 RGB crops of `models.face.alignment.align`. Output: (128,) float32, unit length; the dot
    product of two is their cosine, -1..1, which `models.face.calibration` turns into a score.
    """

    card = card("face/embedder")

    def load(self) -> None:
        self._net = Session(weights.path("sface"), {"data": ("batch", 3, SIZE, SIZE)}, threads=self.threads)

    def predict(self, batch: Sequence[np.ndarray]) -> list[np.ndarray]:
        if not batch:
            return []
        few = (batch[n : n + _TOGETHER] for n in range(0, len(batch), _TOGETHER))
        features = np.concatenate([self._net(np.stack(crops).transpose(0, 3, 1, 2))[0] for crops in few])
        return list(features / np.linalg.norm(features, axis=1, keepdims=True))
