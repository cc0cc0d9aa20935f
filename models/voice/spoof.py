"""Was a voice made by a machine? Our own small network on the spectrogram of a window."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from models import weights
from models.cards import card
from models.onnx import Session
from models.predictor import Predictor
from models.voice.activity import RATE

LENGTH = 3 * RATE
"""Samples of one window: the card's `window_s` at 16 kHz."""

_SILENT = 1e-4
"""Root mean square below which a window holds nothing that could be judged."""


class SpoofDetector(Predictor[npt.NDArray[np.float32], float]):
    """Natural log odds that a window of speech is synthetic, calibrated for as many synthetic windows as real ones.

    Input: (48000,) float32 samples within -1..1, 16,000 a second; speech that is shorter is repeated until it fills the
    window. Level does not matter. Output: 0.0 for silence, of which nothing can be said.
    """

    card = card("voice/spoof")

    def load(self) -> None:
        """See `Predictor.load`."""
        inputs = {"windows": ("batch", LENGTH)}
        self._net = Session(weights.path("voice_spoof"), inputs, threads=self.threads)

    def predict(self, batch: Sequence[npt.NDArray[np.float32]]) -> list[float]:
        """See the class."""
        if not batch:
            return []
        windows = np.stack(batch)
        (logits,) = self._net(windows)
        loud = np.sqrt(np.square(windows).mean(1)) > _SILENT
        return [calibrated(float(logit)) if heard else 0.0 for logit, heard in zip(logits, loud, strict=True)]


def calibrated(logit: float) -> float:
    """Log odds of a logit of the network, by the scale and offset fitted on people and families it never heard."""
    parameters = SpoofDetector.card.parameters
    return float(parameters["scale"]) * logit + float(parameters["offset"])
