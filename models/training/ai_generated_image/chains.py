"""What happens to pictures on their way: the same random chain for both classes, so that it tells nothing."""

import io
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

PATCH = 128
_KERNELS = (cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4)


@dataclass(frozen=True, slots=True)
class Chain:
    """One way: reduction by `factor`, compressions `(format, quality)` in turn, then a crop and a flip."""

    factor: float
    kernel: int
    compressions: tuple[tuple[str, int], ...]
    crop: tuple[float, float]
    flip: bool

    def __call__(self, pixels: np.ndarray, side: int | None = PATCH) -> np.ndarray:
        """(S, S, 3) uint8 RGB to (side, side, 3), or to all that is left where no side is given."""
        if self.factor < 1:
            pixels = cv2.resize(pixels, None, fx=self.factor, fy=self.factor, interpolation=self.kernel)
        for kind, quality in self.compressions:
            pixels = compressed(pixels, kind, quality)
        side = min(pixels.shape[:2]) if side is None else side
        top, left = (round(share * (size - side)) for share, size in zip(self.crop, pixels.shape[:2], strict=True))
        found = pixels[top : top + side, left : left + side]
        return np.ascontiguousarray(found[:, ::-1] if self.flip else found)


def drawn(rng: np.random.Generator) -> Chain:
    """A random chain."""
    factor = float(rng.uniform(0.55, 1)) if rng.random() < 0.4 else 1.0
    count = int(rng.choice([0, 1, 2], p=[0.15, 0.7, 0.15]))
    compressions = tuple(
        ("JPEG", int(rng.integers(55, 98))) if rng.random() < 0.7 else ("WEBP", int(rng.integers(55, 96)))
        for _ in range(count)
    )
    crop = float(rng.random()), float(rng.random())
    return Chain(factor, int(rng.choice(_KERNELS)), compressions, crop, bool(rng.random() < 0.5))


def compressed(pixels: np.ndarray, kind: str, quality: int) -> np.ndarray:
    """The picture after that compression."""
    target = io.BytesIO()
    Image.fromarray(pixels).save(target, kind, quality=quality)
    with Image.open(target) as image:
        return np.asarray(image.convert("RGB"))
