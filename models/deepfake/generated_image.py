"""Traces of a decoder in the noise of a picture, place by place, by our own linear detector.

What decoders of generators leave is not in what a picture shows but in its finest detail: the spectrum and distribution
of the noise residual, and how the residuals of the three colours go together (models/training/ai_generated_image).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from models.cards import card
from models.predictor import Predictor

PATCH, _BLOCK = 128, 8
_MOST_ROWS = 3
_LARGE = 512
"""Pixels of the shorter side from which a picture is judged at half its size: generators draw large pictures softly."""
_FLAT = 2.5
"""Standard deviation of brightness below which a patch holds nothing to judge, such as a clear sky or a border."""
_RINGS, _BINS, _RANGE = 24, 11, 8
_SCALES = (1, 2, 4)
_GREEN_DETAIL = 45
"""Where in the measures the spread of the finest detail in green stands, as a logarithm."""
_CLIPPED = 5.0
_QUALITY = 90
"""Of the compression that every patch goes through before it is measured."""


@dataclass(frozen=True, slots=True, eq=False)
class GeneratedScore:
    """What the detector says of one picture.

    Attributes:
        fake_log_odds: calibrated, natural; positive where traces of a decoder are likelier than none. Bounded below:
            many generators leave no more traces than cameras do, so a picture without them is hardly likelier real.
        heat: (rows, columns) float32 0..1 over the whole picture: how strong the traces are; 0 where nothing could be
            judged.
        patches: how many patches were judged.
    """

    fake_log_odds: float
    heat: np.ndarray
    patches: int


class GeneratedImageDetector(Predictor[np.ndarray, "GeneratedScore | None"]):
    """Judges up to nine patches of a picture in its own resolution, or of half of it where the picture is large.

    Input: (H, W, 3) uint8 RGB, not scaled. Output: None where the picture is smaller than a patch, or plain all over.
    """

    card = card("deepfake/generated-image")

    def load(self) -> None:
        """Nothing to read: the weights are few enough for the card."""
        names = ("mean", "spread", "weights")
        self._mean, self._spread, self._weights = (np.array(self.card.parameters[name], np.float64) for name in names)

    def predict(self, images: Sequence[np.ndarray]) -> list[GeneratedScore | None]:
        return [self._judge(image) for image in images]

    def _judge(self, image: np.ndarray) -> GeneratedScore | None:
        if min(image.shape[:2]) < PATCH:
            return None
        patches, rows = cut_patches(judged(image))
        textured = [number for number, patch in enumerate(patches) if has_texture(patch)]
        if not textured:
            return None
        seen = np.stack([traces(patches[number]) for number in textured])
        standard = np.clip((seen - self._mean) / self._spread, -_CLIPPED, _CLIPPED)
        scores = standard @ self._weights + float(self.card.parameters["bias"])
        names = ("slope", "offset", "silent_share")
        slope, offset, silent = (float(self.card.parameters[name]) for name in names)
        heat = np.zeros(len(patches), np.float32)
        heat[textured] = 1 / (1 + np.exp(-(slope * scores + offset)))
        odds = np.exp(min(slope * float(np.average(scores, weights=detail(seen))) + offset, 50.0))
        return GeneratedScore(float(np.log(silent + (1 - silent) * odds)), heat.reshape(rows, -1), len(textured))


def judged(image: np.ndarray) -> np.ndarray:
    """(H, W, 3) as it is, or half of it where its shorter side has 512 pixels or more."""
    if min(image.shape[:2]) < _LARGE:
        return image
    return cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)


def cut_patches(image: np.ndarray) -> tuple[np.ndarray, int]:
    """(N, 128, 128, 3) patches, row by row and evenly spread, and the number of rows; N is at most 9."""
    height, width = image.shape[:2]
    rows, columns = (min(_MOST_ROWS, side // PATCH) for side in (height, width))
    tops, lefts = (_starts(side, count) for side, count in ((height, rows), (width, columns)))
    places = [(top, left) for top in tops for left in lefts]
    return np.stack([image[top : top + PATCH, left : left + PATCH] for top, left in places]), rows


def _starts(side: int, count: int) -> list[int]:
    """Where patches begin: on the lattice of JPEG's blocks, so that compressing a patch again changes little."""
    free = side - PATCH
    return [round(free * (n / (count - 1) if count > 1 else 0.5)) // _BLOCK * _BLOCK for n in range(count)]


def has_texture(patch: np.ndarray) -> bool:
    """Whether a patch holds anything to judge."""
    return float(cv2.cvtColor(np.ascontiguousarray(patch), cv2.COLOR_RGB2GRAY).std()) > _FLAT


def traces(patch: np.ndarray) -> np.ndarray:
    """(80,) what is measured in a patch (S, S, 3) uint8 RGB, once it has been compressed as JPEG.

    That brings what was never compressed, and what was by another codec, onto common ground. In turn: 24 rings of the
    noise residual's log spectrum, how far nine lattices stand out of it, 11 shares of the residual's distribution, and
    for each of three scales the spread of the finest detail in each colour, its correlation between colours, its
    kurtosis and its spread against green.
    """
    patch = compressed(patch)
    pixels = patch.astype(np.float32)
    grey = (pixels - cv2.medianBlur(patch, 3).astype(np.float32)).mean(2)
    power = np.log(np.abs(np.fft.fftshift(np.fft.fft2(grey - grey.mean()))) ** 2 + 1)
    rings, counts = _rings(len(power))
    radial = np.bincount(rings.ravel(), power.ravel(), _RINGS + 1)[:_RINGS] / counts
    shares = np.histogram(grey, _BINS, (-_RANGE, _RANGE))[0] / grey.size
    peaks = [stand_out for period in (2, 4, 8) for stand_out in _lattice(power, len(power) // period)]
    return np.concatenate([radial - radial.mean(), peaks, shares, *(_colours(pixels, scale) for scale in _SCALES)])


def detail(seen: np.ndarray) -> np.ndarray:
    """How much each patch counts: the spread of its finest detail, since what is out of focus shows next to nothing.

    Args: seen: (N, 80) of `traces`.
    """
    return np.exp(seen[:, _GREEN_DETAIL])


def compressed(patch: np.ndarray) -> np.ndarray:
    """A patch (S, S, 3) uint8 RGB after JPEG: what was never compressed, and what was otherwise, on common ground."""
    _, data = cv2.imencode(".jpg", np.ascontiguousarray(patch[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    again = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert again is not None
    return np.ascontiguousarray(again[..., ::-1])


@cache
def _rings(side: int) -> tuple[np.ndarray, np.ndarray]:
    y, x = np.indices((side, side)) - side // 2
    rings = np.minimum((np.hypot(x, y) / (side / 2) * _RINGS).astype(int), _RINGS)
    return rings, np.bincount(rings.ravel(), minlength=_RINGS + 1)[:_RINGS]


def _lattice(power: np.ndarray, step: int) -> list[float]:
    """How far the frequencies of a lattice stand out of their surroundings: along both axes and across."""
    side = len(power)
    found = []
    for x, y in ((step, 0), (0, step), (step, step)):
        row, column = (side // 2 + y) % side, (side // 2 + x) % side
        rows, columns = (np.arange(at - 3, at + 4) % side for at in (row, column))
        found.append(float(power[row, column] - np.median(power[np.ix_(rows, columns)])))
    return found


def _colours(pixels: np.ndarray, scale: int) -> np.ndarray:
    small = pixels
    if scale > 1:
        small = cv2.resize(pixels, None, fx=1 / scale, fy=1 / scale, interpolation=cv2.INTER_AREA)
    flat = (small - cv2.GaussianBlur(small, (0, 0), 1.0)).reshape(-1, 3).astype(np.float64)
    flat = flat - flat.mean(0)
    spread = flat.std(0) + 1e-3
    together = (flat.T @ flat) / len(flat) / np.outer(spread, spread)
    kurtosis = ((flat / spread) ** 4).mean(0) + 1e-3
    return np.concatenate(
        [np.log(spread), together[np.triu_indices(3, 1)], np.log(kurtosis), np.log(spread / spread[1])]
    )
