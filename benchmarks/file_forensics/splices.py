"""Spliced and copied pictures and recordings with known histories, and the controls that share one history."""

import io
from collections.abc import Iterator, Mapping

import cv2
import numpy as np
from PIL import Image

QUALITIES = (60, 66, 70, 75, 80)
LAST = (85, 90, 95)
_TELEPHONE = (300.0, 3400.0)


def compressed(pixels: np.ndarray, quality: int) -> np.ndarray:
    """(H, W, 3) uint8 RGB after one JPEG compression with 4:2:0 chroma."""
    return decoded(encoded(pixels, quality))


def encoded(pixels: np.ndarray, quality: int) -> bytes:
    target = io.BytesIO()
    Image.fromarray(pixels).save(target, "JPEG", quality=quality, subsampling=2)
    return target.getvalue()


def decoded(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def without_history(pixels: np.ndarray) -> np.ndarray:
    """Reduced to 0.83: the grid and steps of earlier compressions are gone."""
    return cv2.resize(pixels, None, fx=0.83, fy=0.83, interpolation=cv2.INTER_AREA)


def spliced(base: np.ndarray, other: np.ndarray, rng: np.random.Generator) -> Iterator[tuple[str, np.ndarray, int]]:
    """(kind, pixels, last quality): a square of another picture put in, under different histories.

    `untouched` and `control` were compressed once; `compressed twice` as a whole; the others are forgeries.
    """
    height, width = base.shape[:2]
    side = int(rng.choice((64, 96, 128)))
    side = min(side, height // 3, width // 3, *other.shape[:2]) // 8 * 8
    top, left = (int(rng.integers(0, (edge - side) // 8)) * 8 for edge in (height, width))
    first, last = int(rng.choice(QUALITIES)), int(rng.choice(LAST))
    aside = int(rng.integers(1, 7))

    def pasted(ground: np.ndarray, part: np.ndarray, shift: int = 0) -> np.ndarray:
        picture = ground.copy()
        picture[top + shift : top + shift + side, left + shift : left + shift + side] = part[:side, :side]
        return picture

    yield "untouched", compressed(base, last), last
    yield "control", compressed(pasted(base, other), last), last
    yield "compressed twice", compressed(compressed(base, first), last), last
    yield "part compressed before, on the grid", compressed(pasted(base, compressed(other, first)), last), last
    yield "part compressed before, off the grid", compressed(pasted(base, compressed(other, first), aside), last), last
    yield "part put into a compressed picture", compressed(pasted(compressed(base, first), other, aside), last), last
    both = pasted(compressed(base, first), compressed(other, 90), aside)
    yield "compressed part put into a compressed picture", compressed(both, last), last


def copied(base: np.ndarray, other: np.ndarray, rng: np.random.Generator) -> Iterator[tuple[str, np.ndarray]]:
    """(kind, pixels): an oval copied within the picture; `control` puts in the same oval of another picture."""
    base = compressed(base, 92)
    height, width = base.shape[:2]
    side = min(int(rng.choice((64, 96, 128))), height // 3, width // 3, *other.shape[:2])
    spots = [(int(rng.integers(0, height - side)), int(rng.integers(0, width - side))) for _ in range(200)]
    source = spots[0]
    target = next((s for s in spots if max(abs(s[0] - source[0]), abs(s[1] - source[1])) > side), spots[-1])
    part = base[source[0] : source[0] + side, source[1] : source[1] + side]
    yield "untouched", compressed(base, 90)
    yield "control", compressed(_put(base, other[:side, :side], target, 0, 1), 90)
    yield "moved, saved at 90", compressed(_put(base, part, target, 0, 1), 90)
    yield "moved, saved at 75", compressed(_put(base, part, target, 0, 1), 75)
    yield "turned by 12 degrees, saved at 90", compressed(_put(base, part, target, 12, 1), 90)
    yield "reduced to 85 %, saved at 90", compressed(_put(base, part, target, 0, 0.85), 90)


def _put(base: np.ndarray, part: np.ndarray, at: tuple[int, int], degrees: float, scale: float) -> np.ndarray:
    side = part.shape[0]
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), degrees, scale)
    part = cv2.warpAffine(part, turn, (side, side), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    radius = int(side * 0.45 * scale)
    oval = cv2.ellipse(np.zeros((side, side), np.float32), (side // 2, side // 2), (radius, radius), 0, 0, 360, 1, -1)
    soft = cv2.GaussianBlur(oval, (0, 0), 1.5)[..., None]
    picture = base.copy()
    place = picture[at[0] : at[0] + side, at[1] : at[1] + side]
    picture[at[0] : at[0] + side, at[1] : at[1] + side] = (place * (1 - soft) + part * soft).astype(np.uint8)
    return picture


def joined(samples: np.ndarray, other: np.ndarray, rate: int, rng: np.random.Generator) -> Mapping[str, np.ndarray]:
    """Recordings by kind: cut, or with a piece of another speaker put in at equal loudness."""
    at = int(rng.integers(2 * rate, len(samples) - 2 * rate))
    piece = other[rate : int(3.5 * rate)].astype(np.float64)
    piece *= samples.std() / max(piece.std(), 1.0)
    spectrum = np.fft.rfft(piece)
    frequencies = np.fft.rfftfreq(len(piece), 1 / rate)
    spectrum[(frequencies < _TELEPHONE[0]) | (frequencies > _TELEPHONE[1])] = 0

    def put(part: np.ndarray) -> np.ndarray:
        return np.concatenate([samples[:at], np.clip(part, -32768, 32767).astype(np.int16), samples[at:]])

    return {
        "untouched": samples,
        "a second cut out": np.concatenate([samples[:at], samples[at + rate :]]),
        "another speaker put in": put(piece),
        "another speaker by telephone put in": put(np.fft.irfft(spectrum, len(piece))),
        "a quarter of a second of silence put in": put(np.zeros(rate // 4)),
    }
