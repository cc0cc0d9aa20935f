"""What lies around a document: tables, cloth, papers, receipts, other cards, hands."""

import cv2
import numpy as np
from PIL import Image, ImageDraw

from models.training.recapture.scene import colour, grain, grating, soften
from models.training.specimens.fonts import font

TRAIN_GROUNDS = ("plain", "wood", "cloth", "clutter", "photo")
UNSEEN_GROUNDS = ("marble", "checks", "keyboard")
RESERVED_GROUNDS = ("granite", "planks", "leather")
_WORDS = [
    "invoice",
    "total",
    "amount",
    "due",
    "date",
    "account",
    "note",
    "tax",
    "item",
    "order",
    "paid",
    "service",
    "reference",
    "balance",
    "number",
]


def ground(rng: np.random.Generator, height: int, width: int, kind: str, photo: np.ndarray | None) -> np.ndarray:
    """A surface, (H, W, 3) uint8 RGB, `kind` being one of the three sets of grounds, or `scanner`."""
    if kind == "photo" and photo is not None:
        k = max(width / photo.shape[1], height / photo.shape[0]) * rng.uniform(1, 2.5)
        big = cv2.resize(photo, None, fx=k, fy=k, interpolation=cv2.INTER_LINEAR)
        y, x = int(rng.integers(0, big.shape[0] - height + 1)), int(rng.integers(0, big.shape[1] - width + 1))
        return soften(big[y : y + height, x : x + width], width * rng.uniform(0.001, 0.01))
    if kind == "scanner":
        return np.full((height, width, 3), int(rng.integers(225, 256)), np.uint8)
    base = colour(rng)
    yy, xx = np.mgrid[0:height, 0:width].astype(np.float32)
    angle = rng.uniform(0, np.pi)
    u = xx * np.float32(np.cos(angle)) + yy * np.float32(np.sin(angle))
    v = yy * np.float32(np.cos(angle)) - xx * np.float32(np.sin(angle))
    shade = np.zeros((height, width), np.float32)
    if kind == "wood":
        base = np.array([150, 105, 65]) * rng.uniform(0.35, 1.4) + rng.normal(0, 12, 3)
        rings = u / width * np.float32(rng.uniform(12, 50)) + 2 * np.sin(v / width * np.float32(rng.uniform(1, 4)))
        shade = 22 * np.sin(rings + 6 * cv2.resize(rng.random((6, 9)).astype(np.float32), (width, height)))
        board = width * rng.uniform(0.1, 0.4)
        shade = shade - 45 * ((v % np.float32(board)) < width * 0.003)
    elif kind == "cloth":
        shade = grating(rng, (height, width)) * np.float32(rng.uniform(8, 45))
    elif kind == "marble":
        vein = cv2.resize(rng.normal(0, 1, (9, 12)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
        shade = 60 * np.exp(-np.abs(np.sin(3 * vein + u / width * 8)) * 8) * np.float32(rng.choice([-1, 1]))
    elif kind == "checks":
        cell = np.float32(width * rng.uniform(0.02, 0.12))
        shade = 50 * (np.sign(np.sin(np.pi * u / cell)) + np.sign(np.sin(np.pi * v / cell))) / 2
    elif kind == "keyboard":
        cell = np.float32(width * rng.uniform(0.03, 0.08))
        inside = ((u % cell) / cell < 0.86) & ((v % cell) / cell < 0.86)
        base, shade = np.array([40.0, 40, 44]) * rng.uniform(0.6, 4), 30 * inside.astype(np.float32)
    elif kind == "granite":
        speckles = cv2.GaussianBlur(rng.normal(0, 1, (height, width)).astype(np.float32), (0, 0), rng.uniform(1, 3))
        shade = speckles / speckles.std() * np.float32(rng.uniform(10, 30))
    elif kind == "planks":
        cell = np.float32(width * rng.uniform(0.06, 0.2))
        shade = 18 * np.sin(7 * np.floor(u / cell)) + 8 * np.sin(v / np.float32(rng.uniform(4, 20)))
    elif kind == "leather":
        base = np.array([110, 70, 50]) * rng.uniform(0.3, 1.6)
        folds = cv2.resize(rng.normal(0, 1, (height // 9, width // 9)).astype(np.float32), (width, height))
        shade = 14 * np.abs(folds)
    image = base + shade[..., None] + grain(rng, (height, width), rng.uniform(2, 22))[..., None]
    image = np.clip(image, 0, 255).astype(np.uint8)
    return _scattered(image, rng) if kind == "clutter" else image


def _scattered(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    height, width = image.shape[:2]
    for _ in range(int(rng.integers(2, 7))):
        paint = [float(c) for c in colour(rng)]
        centre = float(rng.uniform(0, width)), float(rng.uniform(0, height))
        size = float(rng.uniform(0.03, 0.5) * width), float(rng.uniform(0.02, 0.4) * width)
        if rng.random() < 0.7:
            corners = cv2.boxPoints((centre, size, float(rng.uniform(0, 90)))).astype(np.int32)
            cv2.fillPoly(image, [corners], paint, cv2.LINE_AA)
        else:
            cv2.circle(image, (int(centre[0]), int(centre[1])), int(size[1] / 3), paint, -1, cv2.LINE_AA)
    return image


def paper(rng: np.random.Generator, kind: str) -> np.ndarray:
    """A page that is no identity document: `page` (A4), `receipt` or `card` (a business card), (H, W, 3) uint8 RGB."""
    width, height = {"page": (620, 877), "receipt": (300, int(rng.integers(500, 900))), "card": (510, 330)}[kind]
    tone = int(rng.integers(225, 256))
    sheet = Image.new("RGB", (width, height), (tone, tone, tone - int(rng.integers(0, 12))))
    draw = ImageDraw.Draw(sheet)
    family = str(rng.choice(["sans", "serif", "mono"]))
    size = float(rng.uniform(11, 17))
    margin, y = int(width * 0.08), int(height * rng.uniform(0.04, 0.12))
    while y < height * rng.uniform(0.85, 0.98):
        if rng.random() < 0.15:
            y += int(size * 2)
            continue
        words = [_WORDS[int(i)] for i in rng.integers(0, len(_WORDS), int(rng.integers(1, 10)))]
        line = " ".join(words) + (f"  {rng.integers(1, 9999) / 100:.2f}" if rng.random() < 0.4 else "")
        face = font(family, round(size * (1.6 if rng.random() < 0.06 else 1), 1))
        draw.text((margin, y), line, (25, 25, 30), face)
        y += int(size * 1.35)
        if kind == "card" and rng.random() < 0.3:
            y += int(size * 3)
    image = np.asarray(sheet).copy()
    image[:, width - margin // 2 :] = tone
    return image


def fingers(scene: np.ndarray, quad: np.ndarray, rng: np.random.Generator) -> None:
    """Draws one to three fingers over an edge of the document, in place; (H, W, 3) uint8."""
    skin = np.array([224, 172, 140]) * rng.uniform(0.35, 1.08)
    side = int(rng.integers(4))
    a, b = quad[side], quad[(side + 1) % 4]
    middle = quad.mean(0)
    length = float(np.linalg.norm(b - a))
    for _ in range(int(rng.integers(1, 4))):
        at = a + (b - a) * rng.uniform(0.1, 0.9)
        outward = (at - middle) / max(float(np.linalg.norm(at - middle)), 1.0)
        tip = at - outward * length * rng.uniform(0.0, 0.06)
        root = at + outward * length * rng.uniform(0.3, 0.8)
        thick = max(3, int(length * rng.uniform(0.05, 0.1)))
        tone = [float(c) for c in np.clip(skin * rng.uniform(0.9, 1.1), 0, 255)]
        cv2.line(scene, tuple(tip.astype(int).tolist()), tuple(root.astype(int).tolist()), tone, thick, cv2.LINE_AA)
        nail = [float(c) for c in np.clip(skin * 1.12 + 8, 0, 255)]
        cv2.circle(scene, tuple((tip + outward * thick * 0.2).astype(int).tolist()), max(1, thick // 4), nail, -1)
