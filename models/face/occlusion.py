"""Which parts of a face are hidden, by sunglasses, masks, hands or objects: our own head on layers of the embedder."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models import weights
from models.cards import card
from models.face.alignment import SIZE
from models.onnx import Session
from models.predictor import Predictor

GRID = 14
_CELL = SIZE / GRID

REGIONS = {
    "left_eye": (62, 42, 86, 60),
    "right_eye": (26, 42, 50, 60),
    "nose": (44, 58, 68, 80),
    "mouth": (38, 82, 74, 102),
}
"""Left, top, right, bottom of each region in the aligned crop; left and right are the person's own."""

FACE = (20, 34, 92, 106)
"""The part of the aligned crop that is face."""

_FULL = 0.95
_TOGETHER = 2
"""Crops in one run: more gain nothing, and their activations leave the processor's caches."""


@dataclass(frozen=True, slots=True)
class Occlusion:
    """Share of each region that is NOT hidden, 0..1, and of the whole face (`total`)."""

    left_eye: float
    right_eye: float
    nose: float
    mouth: float
    total: float


class OcclusionDetector(Predictor[np.ndarray, Occlusion]):
    """Tells how much of eyes, nose and mouth can be seen.

    Input: (112, 112, 3) uint8 RGB crops of `models.face.alignment.align`, as for the embedder. Clear spectacles, beards
    and shadows count as visible skin.
    """

    card = card("face/occlusion")

    def load(self) -> None:
        inputs = {"faces": ("batch", SIZE, SIZE, 3)}
        self._net = Session(weights.path("face_occlusion"), inputs, threads=self.threads)

    def predict(self, batch: Sequence[np.ndarray]) -> list[Occlusion]:
        if not batch:
            return []
        few = (batch[n : n + _TOGETHER] for n in range(0, len(batch), _TOGETHER))
        return [Occlusion(**shares(grid)) for crops in few for grid in self._net(np.stack(crops))[0]]


def shares(hidden: np.ndarray) -> dict[str, float]:
    """Visible share by region, and `total`, of a (14, 14) grid of hidden shares 0..1.

    The card's limits, set on people the network was not trained on, put half visible where hidden begins.
    """
    limits = OcclusionDetector.card.parameters["half_visible"]
    return {
        name: float(np.interp(region_share(hidden, box), (limits[name] / 3, limits[name], _FULL), (0, 0.5, 1)))
        for name, box in (*REGIONS.items(), ("total", FACE))
    }


def region_share(hidden: np.ndarray, box: tuple[int, int, int, int]) -> float:
    """Mean of 1 - hidden of a (14, 14) grid over a box of the crop, cells weighted by how much of them lies inside."""
    left, top, right, bottom = box
    edges = np.arange(GRID + 1) * _CELL
    across = np.clip(np.minimum(edges[1:], right) - np.maximum(edges[:-1], left), 0, None)
    down = np.clip(np.minimum(edges[1:], bottom) - np.maximum(edges[:-1], top), 0, None)
    return float(1 - np.average(hidden, weights=np.outer(down, across)))
