"""Invisible watermarks that the scripts of image generators embed with the package `invisible-watermark` 0.2.0.

Its two methods that these scripts use are read here, each from pixels alone: `dwtDct` (a bit for each block of 8 x 8
pixels, in the phase of the largest Haar coefficient of the chroma) in numpy, and RivaGAN (Zhang et al. 2019) by its own
decoder network. The package itself is not installed: it brings an OpenCV that clashes with ours.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from models.cards import card
from models.onnx import open_session
from models.predictor import Predictor
from models.weights import path

_SCALE, _BLOCK = 36, 4
LEAST_PIXELS = 256 * 256
"""Smaller pictures are never marked by these scripts."""
RIVAGAN_SIDE = 256
"""The decoder averages over the picture: a window in the middle reads the same bits at a tenth of the cost."""


def _bits(text: str) -> np.ndarray:
    return np.unpackbits(np.frombuffer(text.encode(), np.uint8))


def _number(value: int) -> np.ndarray:
    return np.array([int(digit) for digit in bin(value)[2:]], np.uint8)  # as the scripts do: leading zeros are lost


SDXL = _number(0b101100111110110010010000011110111011000110011110)
DWT_DCT: Mapping[str, np.ndarray] = {
    "StableDiffusionV1": _bits("StableDiffusionV1"),
    "StableDiffusionV1-Inpainting": _bits("StableDiffusionV1-Inpainting"),
    "SDV2": _bits("SDV2"),
    "SDXL": SDXL,
    "FLUX": _number(0b001010101111111010000111100111001111010100101110),
    "InvokeAI": _bits("InvokeAI"),
}
"""Name -> message: Stable Diffusion 1 and 2 by their authors' scripts, SDXL by its authors' and diffusers, FLUX.1, and
InvokeAI."""
RIVAGAN: Mapping[str, np.ndarray] = {"SDV2": _bits("SDV2"), "SDXL": SDXL[:32]}
"""The same messages that fit its 32 bits."""


@dataclass(frozen=True, slots=True)
class Watermark:
    """The message that fits best.

    Attributes:
        method: `dwtDct` or `rivaGan`.
        message: its name.
        agreement: share of the message's bits that were read as they should be, 0..1.
        strength: how surely the message is there. dwtDct: standard deviations between the blocks that should hold 1
            and those that should hold 0; rivaGan: agreement.
        found: whether that is beyond what pictures without a watermark reach (the card's `parameters`).
    """

    method: str
    message: str
    agreement: float
    strength: float
    found: bool


class WatermarkReader(Predictor[np.ndarray, tuple[Watermark, ...]]):
    """Looks for the known messages.

    Input: (H, W, 3) uint8 RGB exactly as decoded: the grid of dwtDct is lost by scaling, turning and cropping. Output:
    the best message of each method; none for pictures too small to be marked.
    """

    card = card("deepfake/watermark")

    def load(self) -> None:
        self._rivagan = open_session(path("rivagan_decoder"), threads=self.threads)

    def predict(self, images: Sequence[np.ndarray]) -> list[tuple[Watermark, ...]]:
        return [self._read(image) for image in images]

    def _read(self, image: np.ndarray) -> tuple[Watermark, ...]:
        height, width = image.shape[:2]
        if height * width < LEAST_PIXELS:
            return ()
        wide = min(height, width) >= RIVAGAN_SIDE
        return (self.dwt_dct(image), self.rivagan(image)) if wide else (self.dwt_dct(image),)

    def dwt_dct(self, image: np.ndarray) -> Watermark:
        """The best message of that method; needs no weights."""
        z_from, least = (float(self.card.parameters[name]) for name in ("dwt_dct_from", "dwt_dct_agreement"))
        message, z, agreement = max(
            (fit for votes in block_votes(image) for fit in fits(votes)), key=lambda fit: fit[1]
        )
        return Watermark("dwtDct", message, agreement, z, z >= z_from and agreement >= least)

    def rivagan(self, image: np.ndarray) -> Watermark:
        """The best message of that method in the middle of the picture."""
        bits = self._rivagan_bits(image)
        shares = {name: float((bits == known).mean()) for name, known in RIVAGAN.items()}
        best = max(shares, key=lambda name: shares[name])
        return Watermark(
            "rivaGan", best, shares[best], shares[best], shares[best] >= self.card.parameters["rivagan_from"]
        )

    def _rivagan_bits(self, image: np.ndarray) -> np.ndarray:
        """(32,) uint8."""
        top, left = ((side - RIVAGAN_SIDE) // 2 for side in image.shape[:2])
        window = image[top : top + RIVAGAN_SIDE, left : left + RIVAGAN_SIDE, ::-1].astype(np.float32) / 127.5 - 1
        (shares,) = self._rivagan.run(None, {"frame": np.ascontiguousarray(window.transpose(2, 0, 1))[None, :, None]})
        return (shares[0] > 0.52).astype(np.uint8)  # the package's own threshold


def block_votes(image: np.ndarray) -> list[np.ndarray]:
    """(blocks,) bool: the bit in each block, row by row; for both orders of colours, since some scripts swap them."""
    height, width = (side // 4 * 4 for side in image.shape[:2])
    votes = []
    for pixels in (image, image[..., ::-1]):
        chroma = cv2.cvtColor(np.ascontiguousarray(pixels[:height, :width]), cv2.COLOR_RGB2YUV)[..., 1]
        pairs = chroma.astype(np.float32).reshape(height // 2, 2, width // 2, 2)
        coarse = pairs.sum((1, 3)) / 2  # Haar, level 1
        rows, columns = (side // _BLOCK for side in coarse.shape)
        blocks = coarse[: rows * _BLOCK, : columns * _BLOCK].reshape(rows, _BLOCK, columns, _BLOCK)
        rest = blocks.transpose(0, 2, 1, 3).reshape(rows * columns, _BLOCK * _BLOCK)[:, 1:]
        largest = np.take_along_axis(rest, np.abs(rest).argmax(1)[:, None], 1)[:, 0]
        votes.append(np.abs(largest) % _SCALE > _SCALE / 2)
    return votes


def fits(votes: np.ndarray) -> list[tuple[str, float, float]]:
    """(message, standard deviations, agreement) for each known message."""
    found = []
    for name, message in DWT_DCT.items():
        expected = np.resize(message, len(votes)).astype(bool)
        ones, zeros = votes[expected], votes[~expected]
        share = votes.mean()
        noise = np.sqrt(max(share * (1 - share), 1e-9) * (1 / len(ones) + 1 / len(zeros)))
        # Against the mean of all blocks: chroma that clips reads as mostly zeros.
        read = np.array([votes[bit :: len(message)].mean() > share for bit in range(len(message))])
        found.append((name, float((ones.mean() - zeros.mean()) / noise), float((read == message).mean())))
    return found
