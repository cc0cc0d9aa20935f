"""Documents that nobody issues, small and quick to draw: more designs than the specimens have layouts."""

import cv2
import numpy as np

_WIDTH = 220
_ASPECTS = (1.586, 1.586, 1.42, 1.5, 0.63, 0.72)
_LETTERS = "ABCDEFGHIJKLMNOPRSTUVWXYZ0123456789 "


def noise(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """(H, W) float64 about 0 with a deviation of 1: noise of a random slope, stripes now and then."""
    spectrum = np.fft.rfft2(rng.normal(0, 1, (height, width)))
    far = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None]) + 1 / 256
    field = np.fft.irfft2(spectrum / far ** rng.uniform(0.2, 1.8), (height, width))
    field = (field - field.mean()) / (field.std() + 1e-6)
    if rng.random() < 0.4:
        yy, xx = np.mgrid[0:height, 0:width]
        angle, period = rng.uniform(0, np.pi), rng.uniform(4, 60)
        field += rng.uniform(0.5, 2) * np.sin((xx * np.cos(angle) + yy * np.sin(angle)) * 2 * np.pi / period)
    return np.asarray(field)


def surface(rng: np.random.Generator, height: int, width: int, least: float = 0.0) -> np.ndarray:
    """(H, W, 3) uint8 of two colours, each channel at least `least`, 0..255."""
    one, two = rng.uniform(least, 255, 3), rng.uniform(least, 255, 3)
    share = np.clip(0.5 + rng.uniform(0.05, 0.3) * noise(rng, height, width), 0, 1)[..., None]
    return np.asarray((one * share + two * (1 - share)).astype(np.uint8))


def invented(rng: np.random.Generator, photos: list[np.ndarray]) -> np.ndarray:
    """A document: paper, a portrait, lines of text, now and then a zone, a band, stripes, an emblem, a frame."""
    aspect = float(rng.choice(_ASPECTS))
    height = round(_WIDTH / aspect) if aspect > 1 else _WIDTH
    width = _WIDTH if aspect > 1 else round(_WIDTH * aspect)
    sheet = surface(rng, height, width, least=150 if rng.random() < 0.75 else 40)
    if rng.random() < 0.4:
        white = np.uint8(rng.integers(215, 256))
        sheet = cv2.addWeighted(sheet, rng.uniform(0, 0.5), np.full_like(sheet, white), 0.6, 0.0)
    ink = [float(c) for c in rng.uniform(0, 90, 3)]
    if rng.random() < 0.5:
        band = [float(c) for c in rng.uniform(0, 255, 3)]
        cv2.rectangle(sheet, (0, 0), (width, int(height * rng.uniform(0.06, 0.2))), band, -1)
    if rng.random() < 0.4:
        centre = int(rng.uniform(0.1, 0.9) * width), int(rng.uniform(0.1, 0.9) * height)
        cv2.circle(sheet, centre, int(rng.uniform(0.05, 0.2) * height), [float(c) for c in rng.uniform(0, 255, 3)], -1)
    _write(rng, sheet, ink)
    if rng.random() < 0.85:
        _stick(rng, sheet, photos[int(rng.integers(len(photos)))], rng.uniform(0.35, 0.65))
    if rng.random() < 0.35:
        _stick(rng, sheet, photos[int(rng.integers(len(photos)))], rng.uniform(0.15, 0.3))
    if rng.random() < 0.5:
        _zone(rng, sheet)
    if rng.random() < 0.2:
        _stripes(rng, sheet)
    if rng.random() < 0.3:
        gap = int(rng.integers(1, 9))
        cv2.rectangle(sheet, (gap, gap), (width - gap, height - gap), ink, int(rng.integers(1, 3)))
    return sheet


def _write(rng: np.random.Generator, sheet: np.ndarray, ink: list[float]) -> None:
    height, width = sheet.shape[:2]
    x = int(rng.uniform(0.03, 0.5) * width)
    y, step = int(rng.uniform(0.08, 0.25) * height), int(rng.uniform(7, 18))
    while y < height * rng.uniform(0.7, 1.0):
        words = "".join(rng.choice(list(_LETTERS), int(rng.integers(3, 22))))
        cv2.putText(sheet, words, (x, y), cv2.FONT_HERSHEY_SIMPLEX, step / 45, ink, 1, cv2.LINE_AA)
        y += step


def _stick(rng: np.random.Generator, sheet: np.ndarray, photo: np.ndarray, share: float) -> None:
    height, width = sheet.shape[:2]
    down = int(height * share)
    across = min(width - 2, max(8, int(down * photo.shape[1] / photo.shape[0])))
    x, y = int(rng.integers(0, width - across)), int(rng.integers(0, height - down))
    small = cv2.resize(photo, (across, down), interpolation=cv2.INTER_AREA)
    if rng.random() < 0.3:
        small = np.repeat(small.mean(-1, keepdims=True), 3, -1).astype(np.uint8)
    opaque = 1.0 if rng.random() < 0.75 else rng.uniform(0.4, 1)
    place = sheet[y : y + down, x : x + across]
    sheet[y : y + down, x : x + across] = cv2.addWeighted(small, opaque, place, 1 - opaque, 0.0)


def _zone(rng: np.random.Generator, sheet: np.ndarray) -> None:
    height, width = sheet.shape[:2]
    size, y = width / rng.uniform(420, 560), height - int(rng.uniform(0.03, 0.08) * height)
    for _ in range(int(rng.integers(2, 4))):
        text = "".join(rng.choice(list(_LETTERS.strip() + "<<<<<<<<<"), 34))
        cv2.putText(
            sheet, text, (int(width * 0.03), y), cv2.FONT_HERSHEY_PLAIN, 2 * size, (20.0, 20, 20), 1, cv2.LINE_AA
        )
        y -= int(height * rng.uniform(0.06, 0.1))


def _stripes(rng: np.random.Generator, sheet: np.ndarray) -> None:
    height, width = sheet.shape[:2]
    down, across = int(height * rng.uniform(0.1, 0.4)), int(width * rng.uniform(0.3, 0.9))
    x, y = int(rng.integers(0, width - across)), int(rng.integers(0, height - down))
    bars = np.repeat(rng.integers(0, 2, -(-across // 2)), 2)[:across]
    sheet[y : y + down, x : x + across] = (255 * bars[None, :, None]).astype(np.uint8)
