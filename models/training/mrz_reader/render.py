"""Draws lines of OCR-B as a camera would see them: ink, paper, light, lens, sensor, codec, and a crop a bit off.

Every line comes with where its characters stand, so that training need not search for the alignment.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from models.document.mrz_lattice import ALPHABET
from models.document.mrz_reader import HEIGHT, PITCH, prepare_line
from models.document.text_recognition import cut_line
from models.training.mrz_reader.texts import draw_text

FONTS = Path("/usr/share/fonts/opentype/ocr-b")
"""Debian package fonts-ocr-b."""
_FACES = ("OCRB.otf", "OCRBS.otf", "OCRBL.otf")  # plain, with rounder ends, slanted
_PITCH = 24
"""Pixels between characters of the drawing: 2.54 mm, ten characters an inch (ICAO 9303-3)."""
_LEADING = 40
"""Pixels between lines: 4.23 mm, six lines an inch."""
_MARGIN = 48


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One training line: (28, 14 N) uint8 grey crop, its text, and the x of each character's middle in pixels."""

    line: npt.NDArray[np.uint8]
    text: str
    middles: npt.NDArray[np.float32]


@cache
def glyphs(face: str) -> dict[str, npt.NDArray[np.float32]]:
    """Coverage 0..1 of each character in a cell of `_LEADING` by `_PITCH` pixels, baseline at three quarters."""
    # The font's own advance is set to the pitch: its em is as wide for every letter.
    size = next(s for s in range(60, 10, -1) if ImageFont.truetype(str(FONTS / face), s).getlength("M") <= _PITCH)
    font = ImageFont.truetype(str(FONTS / face), size)
    drawn = {}
    for character in ALPHABET:
        cell = Image.new("L", (_PITCH, _LEADING), 0)
        left = (_PITCH - font.getlength(character)) / 2
        ImageDraw.Draw(cell).text((left, _LEADING * 0.75), character, fill=255, font=font, anchor="ls")
        drawn[character] = np.asarray(np.asarray(cell, np.float32) / 255, np.float32)
    return drawn


def draw_sample(rng: np.random.Generator, length: int, hardness: float = 1.0) -> Sample:
    """Draws one line of `length` characters; hardness 0..1 scales blur, noise, and coarseness of the capture."""
    text = draw_text(rng, length)
    ink = _drawing(rng, text, length)
    paper = _paper(rng, ink, hardness)
    scale = float(np.exp(rng.uniform(np.log(1.1 - 0.7 * hardness), np.log(1.25))))
    captured = _capture(rng, paper, scale, hardness)
    crop, to_crop = _crop(rng, captured, scale, length)
    middles = np.stack([_MARGIN + (np.arange(length) + 0.5) * _PITCH, np.full(length, 1.5 * _LEADING)], axis=1)
    points = cv2.perspectiveTransform((middles * scale)[None].astype(np.float32), to_crop)[0]
    return Sample(crop, text, points[:, 0])


def _drawing(rng: np.random.Generator, text: str, length: int) -> npt.NDArray[np.float32]:
    """Coverage of the line and its neighbours, (3 leadings, W) 0..1; the line itself in the middle."""
    cells = glyphs(str(rng.choice(_FACES, p=[0.75, 0.2, 0.05])))
    rows = []
    for row in range(3):
        if row == 1:
            words = text
        elif rng.random() < 0.55:
            words = draw_text(rng, length)
        else:
            rows.append(np.zeros((_LEADING, _PITCH * length), np.float32))
            continue
        rows.append(np.hstack([cells[c] for c in words]))
    ink = np.pad(np.vstack(rows), ((0, 0), (_MARGIN, _MARGIN)))
    # Spread or starved ink: the blurred edge moves with the threshold.
    spread = cv2.GaussianBlur(ink, (0, 0), float(rng.uniform(0.7, 1.6)))
    edge, steep = float(rng.uniform(0.25, 0.62)), float(rng.uniform(2, 8))
    inked = np.clip((spread - edge) * steep + 0.5, 0, 1)
    if rng.random() < 0.25:  # worn ink
        holes = cv2.GaussianBlur(rng.standard_normal(ink.shape, dtype=np.float32), (0, 0), float(rng.uniform(1, 3)))
        inked *= np.clip(1 - (holes / holes.std() - rng.uniform(0.8, 2.0)), 0, 1)
    return np.asarray(inked, np.float32)


def _paper(rng: np.random.Generator, ink: npt.NDArray[np.float32], hardness: float) -> npt.NDArray[np.float32]:
    """Grey levels of the inked paper: background print, uneven light, glare, shadow (drawn at half the resolution)."""
    height, width = ink.shape[0] // 2, ink.shape[1] // 2
    contrast = 1 - float(rng.uniform(0.08, 0.45 + 0.25 * hardness))
    y, x = np.arange(height, dtype=np.float32)[:, None], np.arange(width, dtype=np.float32)[None]
    surface = np.full((height, width), rng.uniform(120, 245), np.float32)
    for _ in range(int(rng.integers(0, 4))):  # guilloche: waves of thin lines
        wave = rng.uniform(1, 7) * np.sin(x * rng.uniform(0.02, 0.16) + rng.uniform(0, 6.3))
        phase = (y + (wave + x * rng.uniform(-0.6, 0.6))) * np.float32(rng.uniform(0.08, 0.38))
        surface *= 1 - rng.uniform(0.02, 0.16) * hardness * np.abs(phase % 2 - 1)
    mottle = cv2.resize(rng.standard_normal((4, 24), dtype=np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    slope = rng.uniform(-0.45, 0.45) * (x / width - 0.5) + rng.uniform(-0.2, 0.2) * (y / height - 0.5)
    surface *= (1 + 0.05 * mottle) * (1 + slope)
    if rng.random() < 0.2 * hardness:  # the edge of a shadow
        surface *= np.where(x * rng.uniform(-1, 1) + y > rng.uniform(-100, 150), 1.0, rng.uniform(0.45, 0.9))
    grey = _full_size(surface, ink) * (1 - contrast * ink)
    if rng.random() < 0.2 * hardness:  # glare
        across, along = rng.uniform(0, height), rng.uniform(0, width)
        spot = np.exp(-(((x - along) / rng.uniform(15, 110)) ** 2) - ((y - across) / 30) ** 2)
        grey += (250 - grey) * _full_size(spot * rng.uniform(0.2, 0.8), ink)
    return np.asarray(grey, np.float32)


def _full_size(field: npt.NDArray[np.float32], ink: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.asarray(cv2.resize(field.astype(np.float32), ink.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def _capture(
    rng: np.random.Generator, paper: npt.NDArray[np.float32], scale: float, hardness: float
) -> npt.NDArray[np.uint8]:
    """Lens, sensor and codec at `scale` times the drawing's resolution."""
    size = round(paper.shape[1] * scale), round(paper.shape[0] * scale)
    seen = cv2.resize(paper, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    sigma = float(rng.uniform(0, 0.3 + 1.5 * hardness)) * max(0.55, min(scale, 1.2))
    if sigma > 0.15:
        seen = cv2.GaussianBlur(seen, (0, 0), sigma)
    if rng.random() < 0.3 * hardness:  # motion
        reach = int(rng.integers(2, max(3, round(7 * scale)) + 1))
        kernel = np.zeros((reach, reach), np.float32)
        end = rng.integers(0, reach, 2)
        cv2.line(kernel, (0, int(end[0])), (reach - 1, int(end[1])), 1)
        seen = cv2.filter2D(seen, -1, kernel / kernel.sum())
    if rng.random() < 0.3:  # sharpening in the camera
        seen = seen + float(rng.uniform(0.3, 1.2)) * (seen - cv2.GaussianBlur(seen, (0, 0), 1.2))
    seen = seen + rng.standard_normal(seen.shape, dtype=np.float32) * float(rng.uniform(0, 3 + 11 * hardness))
    pixels = np.clip(seen, 0, 255).astype(np.uint8)
    for _ in range(int(rng.integers(0, 3))):
        quality = int(rng.uniform(90 - 70 * hardness, 97))
        pixels = cv2.imdecode(
            cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_GRAYSCALE
        )
    if rng.random() < 0.06:  # scanners that keep two levels only
        pixels = np.where(pixels > pixels.mean() * rng.uniform(0.75, 0.95), 255, 0).astype(np.uint8)
    return np.asarray(pixels, np.uint8)


def _crop(
    rng: np.random.Generator, captured: npt.NDArray[np.uint8], scale: float, length: int
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float64]]:
    """Cuts the middle line as a finder would, not quite: shifted, tilted, too tight or too wide, stretched."""
    letter, middle = 0.45 * _LEADING * scale, (1.5 + 0.02) * _LEADING * scale
    high = letter * float(rng.uniform(1.3, 2.3))
    left = (_MARGIN - rng.uniform(-0.1, 1.2) * _PITCH) * scale
    right = captured.shape[1] - (_MARGIN - rng.uniform(-0.1, 1.2) * _PITCH) * scale
    shifts = middle + rng.uniform(-0.5, 0.5) * (high - letter) * 0.5 + rng.uniform(-0.12, 0.12, 2) * letter
    tops = shifts - high / 2
    lean = rng.uniform(-0.14, 0.14) * high
    corners = np.array(
        [
            [left + lean, tops[0]],
            [right + lean, tops[1]],
            [right - lean, tops[1] + high],
            [left - lean, tops[0] + high],
        ],
        np.float32,
    )
    target = np.array([[0, 0], [length * PITCH, 0], [length * PITCH, HEIGHT], [0, HEIGHT]], np.float32)
    to_crop = np.asarray(cv2.getPerspectiveTransform(corners, target), np.float64)
    return prepare_line(cut_line(captured, corners), length), to_crop
