"""Every picture differently each time: crops, turns, light, noise; and documents laid onto other grounds."""

from dataclasses import dataclass

import cv2
import numpy as np

from models.training.document_detector.inventions import invented, surface
from models.training.specimens.surroundings import fingers

MOST = 3
"""Documents in one picture."""
_LEAST = 9000.0  # square pixels of a document that is worth laying elsewhere


@dataclass(frozen=True, slots=True, eq=False)
class Rendered:
    """Letterboxed scenes (`scenes.write`): images (N, S, S, 3), quads (N, MOST, 4, 2) and kinds (N,); photographs
    (people, no documents) that may be grounds."""

    images: np.ndarray
    quads: np.ndarray
    kinds: np.ndarray
    photos: list[np.ndarray]
    none: int
    whole: tuple[int, ...]

    def picture(self, rng: np.random.Generator, row: int) -> tuple[np.ndarray, np.ndarray]:
        """That scene, or something else in its place, varied: (S, S, 3) uint8 and (MOST, 4, 2) corners in it."""
        luck = rng.random()
        if luck < 0.3:
            image, quads = self._composed(rng)
        elif luck < 0.36:
            image, quads = self._ground(rng), np.zeros((0, 4, 2))
        elif luck < 0.48:
            image, quads = self._scanned(rng)
        else:
            image, quads = unboxed(self.images[row], self.quads[row])
        keep = (luck < 0.48 or self.kinds[row] in self.whole) and luck >= 0.36 and rng.random() < 0.7
        image, quads = quarters(rng, image, quads)
        image, quads = framed(rng, image, quads, self.images.shape[1], keep)
        return relit(rng, image), quads

    def _ground(self, rng: np.random.Generator) -> np.ndarray:
        luck = rng.random()
        if luck < 0.45:
            empty = np.nonzero(self.kinds == self.none)[0]
            row = int(rng.choice(empty))
            return unboxed(self.images[row], self.quads[row])[0].copy()
        if luck < 0.75:
            photo = self.photos[int(rng.integers(len(self.photos)))]
            k = 232 / max(photo.shape[:2])
            return cv2.resize(photo, None, fx=k, fy=k, interpolation=cv2.INTER_AREA)
        return surface(rng, *(232, int(rng.integers(150, 233)))[:: int(rng.choice([-1, 1]))])

    def _composed(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """One to three documents of other scenes on a ground of its own."""
        image = self._ground(rng)
        height, width = image.shape[:2]
        taken, quads = np.zeros((height, width), np.uint8), []
        for _ in range(int(rng.choice([1, 2, 3], p=[0.5, 0.3, 0.2]))):
            document = self._document(rng)
            quad = _somewhere(rng, document.shape[1] / document.shape[0], width, height)
            mask = np.zeros_like(taken)
            cv2.fillConvexPoly(mask, np.round(quad).astype(np.int32), 1.0)
            if not mask.any() or (taken & mask).any():
                continue
            _laid(rng, image, document, quad)
            taken = np.maximum(taken, cv2.dilate(mask, np.ones((3, 3), np.uint8)))
            quads.append(quad)
            if rng.random() < 0.15:
                fingers(image, quad, rng)
        return image, np.array(quads).reshape(-1, 4, 2)

    def _scanned(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """A document that fills the picture but for a margin, as scanners and other applications cut it."""
        document = self._document(rng)
        height, width = document.shape[:2]
        most = 0.03 if rng.random() < 0.6 else 0.3
        left, top, right, bottom = (round(width * rng.uniform(0, most)) for _ in range(4))
        paint = rng.uniform(0, 255, 3) if rng.random() < 0.4 else np.full(3, rng.choice([0, 255, 245, 230]))
        image = np.empty((height + top + bottom, width + left + right, 3), np.uint8)
        image[:] = paint
        image[top : top + height, left : left + width] = document
        right, bottom = left + width, top + height
        return image, np.array([[[left, top], [right, top], [right, bottom], [left, bottom]]], np.float64)

    def _document(self, rng: np.random.Generator) -> np.ndarray:
        if rng.random() < 0.55:
            return invented(rng, self.photos)
        while True:
            row = int(rng.integers(len(self.images)))
            quad = self.quads[row, 0].astype(np.float32)
            size = self.images.shape[1]
            if not np.isfinite(quad).all() or quad.min() < 4 or quad.max() > size - 4:
                continue
            if cv2.contourArea(quad) < _LEAST:
                continue
            across = round(float(np.linalg.norm(quad[1] - quad[0]) + np.linalg.norm(quad[2] - quad[3])) / 2)
            down = round(float(np.linalg.norm(quad[3] - quad[0]) + np.linalg.norm(quad[2] - quad[1])) / 2)
            flat = np.array([[0, 0], [across, 0], [across, down], [0, down]], np.float32)
            matrix = cv2.getPerspectiveTransform(quad, flat)
            return cv2.warpPerspective(self.images[row], matrix, (across, down), flags=cv2.INTER_LINEAR)


def _somewhere(rng: np.random.Generator, aspect: float, width: int, height: int) -> np.ndarray:
    area = float(np.exp(rng.uniform(np.log(0.03), np.log(0.6)))) * width * height
    down = np.sqrt(area / aspect)
    flat = np.array([[-aspect, -1], [aspect, -1], [aspect, 1], [-aspect, 1]]) * down / 2
    flat = flat + rng.normal(0, 0.04, (4, 2)) * down
    turn = rng.uniform(0, 2 * np.pi) if rng.random() < 0.4 else rng.normal(0, 0.12) + np.pi / 2 * rng.integers(4)
    quad = flat @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    span = quad.max(0) - quad.min(0)
    room = np.array([width, height]) - span
    over = 0.15 * span * (rng.random() < 0.15)
    start = np.where(room > 0, rng.random(2) * np.maximum(room, 0), room / 2) + rng.uniform(-1, 1, 2) * over
    return np.asarray(quad - quad.min(0) + start)


def _laid(rng: np.random.Generator, image: np.ndarray, document: np.ndarray, quad: np.ndarray) -> None:
    down, across = document.shape[:2]
    k = min(1.0, float(np.sqrt(cv2.contourArea(quad.astype(np.float32)) / (down * across))))
    small = cv2.resize(document, None, fx=k, fy=k, interpolation=cv2.INTER_AREA)
    down, across = small.shape[:2]
    flat = np.array([[0, 0], [across, 0], [across, down], [0, down]], np.float32)
    matrix = cv2.getPerspectiveTransform(flat, quad.astype(np.float32))
    size = image.shape[1], image.shape[0]
    warped = cv2.warpPerspective(small, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    cover = cv2.warpPerspective(np.full((down, across), 255, np.uint8), matrix, size).astype(np.float32) / 255
    drop = np.array([[1, 0, rng.uniform(-2, 2)], [0, 1, rng.uniform(-1, 2)]], np.float32)
    below = cv2.GaussianBlur(cv2.warpAffine(cover, drop, size), (0, 0), rng.uniform(0.7, 3))
    lit = np.clip(warped * rng.normal(1, 0.15) + rng.normal(0, 8), 0, 255)
    dark = 1 - np.float32(rng.uniform(0, 0.5)) * below[..., None]
    image[:] = image * dark * (1 - cover[..., None]) + lit * cover[..., None]


def unboxed(image: np.ndarray, quads: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The picture without its grey surroundings, and the documents that are there."""
    some = (image != 127).any(-1)
    ys, xs = np.nonzero(some.any(1))[0], np.nonzero(some.any(0))[0]
    if not len(ys):
        return image, np.zeros((0, 4, 2))
    there = quads[np.isfinite(quads).all((1, 2))] - np.array([xs[0], ys[0]])
    return image[ys[0] : ys[-1] + 1, xs[0] : xs[-1] + 1], there.astype(np.float64)


def quarters(rng: np.random.Generator, image: np.ndarray, quads: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Turned by any number of quarters, mirrored or not."""
    for _ in range(int(rng.integers(4))):
        image = np.rot90(image)
        quads = np.stack([quads[..., 1], image.shape[0] - quads[..., 0]], -1)
    if rng.random() < 0.5:
        image = image[:, ::-1]
        quads = np.stack([image.shape[1] - quads[..., 0], quads[..., 1]], -1)
    return np.ascontiguousarray(image), quads


def framed(
    rng: np.random.Generator, image: np.ndarray, quads: np.ndarray, size: int, keep: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Taken from another place: zoomed, turned and pulled a little unless `keep`, then letterboxed again."""
    height, width = image.shape[:2]
    inside = size - 24
    stretch = 1.0 if keep else float(np.exp(rng.normal(0, 0.12)))
    k = inside / max(width * stretch, height)
    across, down = max(8, round(width * stretch * k)), max(8, round(height * k))
    source = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
    if not keep and rng.random() < 0.75:
        zoom = rng.uniform(1, 1.6) if rng.random() < 0.6 else rng.uniform(0.75, 1)
        turn = rng.normal(0, 0.12)
        spin = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        away = rng.uniform(-0.5, 0.5, 2) * abs(1 - 1 / zoom) * (width, height)
        source = (source - source.mean(0)) / zoom @ spin + source.mean(0) + away
        source = source + rng.normal(0, 0.02, (4, 2)) * min(width, height)
    target = np.array([[0, 0], [across, 0], [across, down], [0, down]], np.float64)
    matrix = cv2.getPerspectiveTransform(source.astype(np.float32), target.astype(np.float32))
    paint = image.reshape(-1, 3).mean(0) if rng.random() < 0.5 else rng.uniform(0, 255, 3)
    inner = cv2.warpPerspective(
        image, matrix, (across, down), flags=cv2.INTER_LINEAR, borderValue=[float(c) for c in paint]
    )
    canvas = np.full((size, size, 3), 127, np.uint8)
    left, top = (size - across) // 2, (size - down) // 2
    canvas[top : top + down, left : left + across] = inner
    moved = np.full((MOST, 4, 2), np.nan)
    if len(quads):
        there = cv2.perspectiveTransform(quads.reshape(-1, 1, 2), matrix.astype(np.float64)).reshape(-1, 4, 2)
        there = there + np.array([left, top])
        moved[: len(there)] = there[:MOST]
    return canvas, moved


def relit(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """Gain, tint, gamma, blur, noise, JPEG, grey; the grey surroundings stay."""
    frame = (image != 127).any(-1, keepdims=True)
    x: np.ndarray = image.astype(np.float32)
    if rng.random() < 0.25:
        x = x[..., rng.permutation(3)]
    x = 255 * (x / 255) ** np.float32(np.exp(rng.normal(0, 0.2)))
    x = x * (1 + rng.normal(0, 0.12) + rng.normal(0, 0.06, 3)).astype(np.float32) + np.float32(rng.normal(0, 8))
    if rng.random() < 0.3:
        x = cv2.GaussianBlur(x, (0, 0), rng.uniform(0.4, 1.3))
    if rng.random() < 0.4:
        x = x + rng.normal(0, rng.uniform(1, 10), x.shape[:2]).astype(np.float32)[..., None]
    if rng.random() < 0.1:
        x = np.repeat(x.mean(-1, keepdims=True), 3, -1)
    found: np.ndarray = np.clip(x, 0, 255).astype(np.uint8)
    if rng.random() < 0.25:
        _, data = cv2.imencode(".jpg", found, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 90))])
        decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
        assert decoded is not None
        found = decoded
    return np.where(frame, found, np.uint8(127))
