"""Fingerprints of generators: the faint pattern that a decoder's upsampling leaves on a lattice (Marra et al. 2019)."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from models.cards import card
from models.predictor import Predictor
from models.weights import path

PERIOD = 64
LEAST_SIDE, MOST_SIDE = 512, 2048
"""Smaller pictures hold too few repetitions of the lattice; of larger ones this much is enough."""
_CLIPPED = 8


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The generator whose fingerprint fits best.

    Attributes:
        generator: its name.
        likeness: normalised cross-correlation with its fingerprint at the best of all shifts, 0..1.
        threshold: what pictures of cameras do not reach, compressed or not.
    """

    generator: str
    likeness: float
    threshold: float

    @property
    def found(self) -> bool:
        """Whether it is beyond what pictures of cameras reach."""
        return self.likeness >= self.threshold


class FingerprintBank(Predictor[np.ndarray, "Fingerprint | None"]):
    """Compares the lattice pattern of a picture with those of known generators.

    Input: (H, W, 3) uint8 RGB exactly as decoded: scaling moves the lattice, and nothing is found then. Output: None
    for pictures too small.
    """

    card = card("deepfake/fingerprint")

    def load(self) -> None:
        with np.load(path("generator_fingerprints")) as stored:
            self._bank = {name: np.conj(spectrum(stored[name])) for name in stored.files}

    def predict(self, images: Sequence[np.ndarray]) -> list[Fingerprint | None]:
        return [self._compare(image) for image in images]

    def _compare(self, image: np.ndarray) -> Fingerprint | None:
        if min(image.shape[:2]) < LEAST_SIDE:
            return None
        seen = spectrum(folded(image))
        thresholds = self.card.parameters["thresholds"]
        likenesses = {
            name: float(np.fft.ifft2(seen * known).real.max() * PERIOD**2) for name, known in self._bank.items()
        }
        best = max(likenesses, key=lambda name: likenesses[name] / float(thresholds[name]))
        return Fingerprint(best, max(0.0, likenesses[best]), float(thresholds[best]))


def folded(image: np.ndarray) -> np.ndarray:
    """(64, 64) mean noise residual over all repetitions of the lattice, without rows and columns that stand out."""
    height, width = (min(side, MOST_SIDE) // PERIOD * PERIOD for side in image.shape[:2])
    grey = image[:height, :width].astype(np.float32).mean(2)
    residual = np.clip(grey - cv2.medianBlur(grey, 3), -_CLIPPED, _CLIPPED)
    residual -= residual.mean()
    mean = residual.reshape(height // PERIOD, PERIOD, width // PERIOD, PERIOD).mean((0, 2))
    return mean - mean.mean(0, keepdims=True) - mean.mean(1, keepdims=True) + mean.mean()


def spectrum(pattern: np.ndarray) -> np.ndarray:
    """(64, 64) complex of unit length: correlations at all shifts are one inverse transform away."""
    found = np.fft.fft2(pattern)
    return found / (np.linalg.norm(found) + 1e-9)
