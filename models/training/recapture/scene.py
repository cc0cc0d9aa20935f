"""What stands before the camera when nothing is attacked: a person, a background, and light.

The portraits fill their frame, so the surroundings that a wide crop needs are made here. Both classes get them from
the same functions: an attack shows such a scene on its instrument, and stands in another one.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from models.training.recapture.camera import white_noise

Box = tuple[float, float, float, float]
_KINDS = ("plain", "clutter", "clutter", "photo")


@dataclass(frozen=True, slots=True)
class Portrait:
    """A picture of a person. image: (H, W, 3) uint8 RGB; box: the face (left, top, right, bottom) in its pixels."""

    image: np.ndarray
    box: Box

    @property
    def face_width(self) -> float:
        """Width of the face box in pixels."""
        return self.box[2] - self.box[0]


def surround(portrait: Portrait, rng: np.random.Generator, other: np.ndarray) -> Portrait:
    """Puts a portrait into wider surroundings, without a visible edge; one in five stays as it is.

    Args:
        portrait: the person.
        rng: source of every choice.
        other: (H, W, 3) uint8 RGB, a picture of another person, whose colours may serve as background.
    """
    if rng.random() < 0.2:
        return portrait
    image, face = portrait.image, portrait.face_width
    left, top, right = (int(face * rng.uniform(0.0, 1.2)) for _ in range(3))
    bottom = int(face * rng.uniform(0.0, 0.8)) if rng.random() < 0.4 else 0
    height, width = image.shape[0] + top + bottom, image.shape[1] + left + right
    # The portrait's own borders go on as mirrored and blurred colour, so that no seam marks the pasted part.
    wide = cv2.copyMakeBorder(image, top, bottom, left, right, cv2.BORDER_REFLECT_101)
    wide = soften(wide, face * rng.uniform(0.08, 0.4))
    if rng.random() < 0.75:
        drawn = backdrop(rng, (height, width), other)
        weight = rng.uniform(0.3, 1.0)
        wide = cv2.addWeighted(drawn, weight, wide, 1 - weight, 0)
    mask = np.zeros((height, width), np.float32)
    feather = face * rng.uniform(0.05, 0.3)
    inset = int(feather * 0.8)
    mask[
        top + (inset if top else 0) : top + image.shape[0] - (inset if bottom else 0),
        left + (inset if left else 0) : left + image.shape[1] - (inset if right else 0),
    ] = 1
    mask = soften(mask, feather / 2)[..., None]
    placed = cv2.copyMakeBorder(image, top, bottom, left, right, cv2.BORDER_REPLICATE)
    mixed = wide + (placed.astype(np.float32) - wide) * mask
    box = portrait.box
    return Portrait(mixed.astype(np.uint8), (box[0] + left, box[1] + top, box[2] + left, box[3] + top))


def backdrop(rng: np.random.Generator, shape: tuple[int, int], other: np.ndarray) -> np.ndarray:
    """Draws a background: (H, W, 3) uint8 RGB of a plain wall, of clutter with straight edges, or of a photo."""
    height, width = shape
    kind = str(rng.choice(_KINDS))
    if kind == "photo":
        image = cv2.resize(other, (width, height), interpolation=cv2.INTER_LINEAR)
        image = soften(image, width * rng.uniform(0.002, 0.05))
        return image[:, ::-1] if rng.random() < 0.5 else image
    corners = np.stack([[colour(rng) for _ in range(2)] for _ in range(2)])
    base = corners.mean((0, 1))
    image = cv2.resize(base + (corners - base) * rng.uniform(0, 0.6), (width, height))
    if kind == "clutter":
        image = _clutter(image, rng)
        if rng.random() < 0.6:
            image = soften(image, width * rng.uniform(0.001, 0.02))
    image = image + grain(rng, shape, rng.uniform(0, 14))[..., None]
    return np.clip(image, 0, 255).astype(np.uint8)


def colour(rng: np.random.Generator) -> np.ndarray:
    """RGB 0..255 of something in a room: mostly near grey, seldom bright."""
    vivid = 1.0 if rng.random() < 0.15 else 0.25
    grey = rng.uniform(10, 245)
    return np.clip(grey + rng.uniform(-128, 128, 3) * vivid, 0, 255).astype(np.float32)


def _clutter(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Posters, frames, blinds, shelves, lettering: rectangles and gratings that are no sign of an attack."""
    image = np.clip(image, 0, 255).astype(np.uint8)
    height, width = image.shape[:2]
    for _ in range(int(rng.integers(2, 9))):
        paint = [float(c) for c in colour(rng)]
        x, y = int(rng.integers(-width // 4, width)), int(rng.integers(-height // 4, height))
        w, h = int(rng.integers(width // 16, width)), int(rng.integers(height // 16, height))
        thick = -1 if rng.random() < 0.6 else int(rng.integers(1, 12))
        draw = rng.random()
        if draw < 0.5:
            cv2.rectangle(image, (x, y), (x + w, y + h), paint, thick, cv2.LINE_AA)
        elif draw < 0.65:
            cv2.line(image, (x, y), (x + w, y + h - height // 2), paint, int(rng.integers(1, 20)), cv2.LINE_AA)
        elif draw < 0.8:
            word = "".join(chr(c) for c in rng.integers(65, 91, int(rng.integers(2, 9))))
            size = float(rng.uniform(0.5, 4))
            cv2.putText(image, word, (x, y), cv2.FONT_HERSHEY_DUPLEX, size, paint, int(rng.integers(1, 8)), cv2.LINE_AA)
        else:
            top, left = max(y, 0), max(x, 0)
            patch = image[top : top + h, left : left + w]
            if patch.size:
                wave = grating(rng, patch.shape[:2])[..., None] * np.float32(rng.uniform(10, 90))
                patch[:] = np.clip(patch + wave, 0, 255)
    return image


def soften(image: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussian blur whose cost does not grow with sigma: wide ones run on a reduced picture."""
    step = int(sigma / 3)
    if step < 2:
        return cv2.GaussianBlur(image, (0, 0), max(sigma, 0.3), borderType=cv2.BORDER_REPLICATE)
    height, width = image.shape[:2]
    small = cv2.resize(image, (max(2, width // step), max(2, height // step)), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / step, borderType=cv2.BORDER_REPLICATE)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)


def grating(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Stripes or a weave, (H, W) float32 in -1..1, with a period between 2 and 40 pixels: cloth, blinds, grilles."""
    yy, xx = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    angle, period = rng.uniform(0, np.pi), 2 * 20 ** rng.random()
    k = 2 * np.pi / period
    wave = np.sin(k * (xx * np.float32(np.cos(angle)) + yy * np.float32(np.sin(angle))))
    if rng.random() < 0.4:
        wave = wave * np.sin(k * (yy * np.float32(np.cos(angle)) - xx * np.float32(np.sin(angle))))
    return np.clip(wave * np.float32(rng.uniform(1, 4)), -1, 1)


def grain(rng: np.random.Generator, shape: tuple[int, int], strength: float) -> np.ndarray:
    """Fractal texture, (H, W) float32 of mean 0: skin, plaster, paper."""
    height, width = shape
    total = np.zeros(shape, np.float32)
    for octave in (1, 3, 12):
        field = white_noise(rng, max(2, height // octave), max(2, width // octave))
        if octave > 1:
            field = cv2.resize(field, (width, height), interpolation=cv2.INTER_LINEAR)
        total += field * np.float32(strength * rng.uniform(0.1, 0.6))
    return total


def texture_cloth(image: np.ndarray, box: Box, rng: np.random.Generator) -> np.ndarray:
    """Lays a fine pattern over what is below the face: striped shirts alias in honest photographs too."""
    top = min(int(box[3] + 0.05 * (box[3] - box[1])), image.shape[0])
    if image.shape[0] - top < 8:
        return image
    image = image.copy()
    below = image[top:].astype(np.float32)
    fade = np.clip(np.arange(below.shape[0], dtype=np.float32) / 12, 0, 1)[:, None, None]
    below *= 1 + fade * grating(rng, below.shape[:2])[..., None] * np.float32(rng.uniform(0.05, 0.4))
    image[top:] = np.clip(below, 0, 255)
    return image
