"""Draws things over aligned faces, deformed to them by their landmarks, with the mask of what they hide.

Kinds that the occlusion network is trained on; those it never sees stand in `unseen_occluders`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from models.face.alignment import SIZE

Drawn = tuple[np.ndarray, np.ndarray]
"""Colour (112, 112, 3) float 0..255 and opacity (112, 112) float32 0..1 of an object in front of a face."""

RIGHT_EYE, LEFT_EYE = (33, 133, 159, 145), (263, 362, 386, 374)
BRIDGE, TIP, UNDER_NOSE, LIPS, CHIN = 197, 4, 2, (13, 14), 152
JAW = [234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323, 454]
"""From the person's right ear under the chin to the left one."""
SKIN = np.array([(246, 214, 190), (232, 190, 160), (205, 155, 120), (165, 115, 82), (115, 76, 54), (70, 46, 36)], float)


@dataclass(frozen=True, slots=True, eq=False)
class Portrait:
    """An aligned face, (112, 112, 3) uint8 RGB, and its (478, 2) mesh in pixels of it."""

    pixels: np.ndarray
    points: np.ndarray

    def at(self, *landmarks: int) -> np.ndarray:
        """Mean place of landmarks."""
        return np.asarray(self.points[list(landmarks)].mean(0), np.float64)

    @property
    def span(self) -> float:
        """Pixels between the eyes, at least 15; 63 mm in an adult."""
        return max(float(np.linalg.norm(self.at(*LEFT_EYE) - self.at(*RIGHT_EYE))), 15.0)

    def mirrored(self) -> "Portrait":
        """Flipped; landmarks of both sides exchange names where the drawing tells them apart."""
        points = self.points * (-1, 1) + (SIZE - 1, 0)
        order = np.arange(len(points))
        pairs = [*zip(RIGHT_EYE, LEFT_EYE, strict=True), *zip(JAW[:10], JAW[:10:-1], strict=True)]
        for right, left in pairs:
            order[[right, left]] = left, right
        return Portrait(np.ascontiguousarray(self.pixels[:, ::-1]), points[order])


def sunglasses(face: Portrait, others: Sequence[np.ndarray], rng: np.random.Generator) -> Drawn:
    """Dark, tinted or mirrored lenses of several outlines, or a shield over both eyes, with bridge and temples."""
    opacity = np.zeros((SIZE, SIZE), np.float32)
    half = face.span * np.array([rng.uniform(0.36, 0.52), rng.uniform(0.24, 0.44)])
    power, drop = rng.uniform(1.8, 5), np.array([0, rng.uniform(-0.05, 0.16) * face.span])
    centres = [face.at(*eye) + drop + rng.normal(0, 1, 2) for eye in (RIGHT_EYE, LEFT_EYE)]
    tilt = np.degrees(np.arctan2(*(centres[1] - centres[0])[::-1]))
    for eye, centre in zip((RIGHT_EYE, LEFT_EYE), centres, strict=True):
        seen = np.linalg.norm(face.points[eye[0]] - face.points[eye[1]]) / face.span / 0.46
        blob(opacity, centre, (half[0] * np.clip(seen, 0.6, 1.2), half[1]), tilt + rng.normal(0, 2), power)
    if rng.random() < 0.12:
        blob(opacity, np.mean(centres, 0), (face.span * 0.95, half[1]), tilt, rng.uniform(3, 6))
    tone = rng.uniform(0, 75) + rng.normal(0, 12, 3)
    lens = tone + ramp(rng) * rng.uniform(0, 110) * (rng.random() < 0.6)
    if rng.random() < 0.45:
        scene = texture(others, rng).astype(float) if rng.random() < 0.5 else clouds(rng, 14)[..., None] * 255
        lens = lens + scene * rng.uniform(0.1, 0.7) * rng.uniform(0.4, 1.2, 3)
    lens, opacity = np.broadcast_to(lens, face.pixels.shape).copy(), opacity * rng.uniform(0.82, 1.0)
    rim = rng.uniform(0, 60) + rng.uniform(0, 60, 3) * (rng.random() < 0.4)
    ends = ((centres[0], centres[1]), (centres[0], face.at(234)), (centres[1], face.at(454)))
    bars = np.zeros_like(opacity)
    for start, end in ends:
        cv2.line(bars, pixel(start), pixel(end), 1.0, int(rng.integers(1, 4)), cv2.LINE_AA)
    bars *= opacity < 0.5
    return np.where(bars[..., None] > 0, rim, lens), np.maximum(opacity, bars)


def mask(face: Portrait, others: Sequence[np.ndarray], rng: np.random.Generator) -> Drawn:
    """A medical, cloth or moulded mask along the jaw, up to the bridge of the nose, at times only below it."""
    high = rng.random() < 0.8
    top = (
        lerp(face.at(BRIDGE), face.at(TIP), rng.uniform(-0.1, 0.9))
        if high
        else lerp(face.at(UNDER_NOSE), face.at(*LIPS), rng.uniform(0, 0.7))
    )
    jaw = face.at(CHIN) + (face.points[JAW] - face.at(CHIN)) * rng.uniform(0.98, 1.08)
    jaw[8:13, 1] += rng.uniform(0, 0.35) * face.span
    begin = int(rng.integers(1, 4))
    edge = jaw[begin : len(jaw) - begin]
    sides = [lerp(end, top, 0.5) - (0, rng.uniform(-0.02, 0.14) * face.span) for end in (edge[-1], edge[0])]
    opacity = polygon(np.concatenate([edge, [sides[0]], [top], [sides[1]]]), rng)
    plain = ((150, 190, 215), (235, 235, 235), (25, 25, 28), (200, 170, 180), (120, 170, 160))
    base = np.array(plain[rng.integers(5)], float) if rng.random() < 0.6 else rng.uniform(0, 255, 3)
    cloth = base + stripes(rng, 2, 7, rng.normal(0, 0.2)) * rng.uniform(0, 16) + (clouds(rng, 20)[..., None] - 0.5) * 60
    if rng.random() < 0.25:
        cloth = texture(others, rng).astype(float)
    loops = np.zeros_like(opacity)
    for end, ear in ((edge[0], face.at(234)), (edge[-1], face.at(454))):
        cv2.line(loops, pixel(end), pixel(ear - np.array([0, 8])), 0.9, 1, cv2.LINE_AA)
    return cloth, np.maximum(opacity, loops)


def scarf(face: Portrait, others: Sequence[np.ndarray], rng: np.random.Generator) -> Drawn:
    """Knitted, checked or printed cloth from somewhere between chin and eyes down to the edge, with a wavy border."""
    height = lerp(face.at(CHIN), face.at(BRIDGE), rng.uniform(0.0, 1.05))[1]
    x = np.linspace(-5, SIZE + 5, 12)
    border = height + rng.normal(0, 2.5, 12) + rng.uniform(-0.35, 0.35) * (x - SIZE / 2) * (rng.random() < 0.6)
    border += rng.uniform(-8, 14) * ((x - face.at(TIP)[0]) / 50) ** 2
    opacity = polygon(np.concatenate([np.stack([x, border], 1), [[SIZE + 5, SIZE + 5], [-5, SIZE + 5]]]), rng)
    if rng.random() < 0.3:
        cloth = texture(others, rng).astype(float)
    else:
        cloth = rng.uniform(0, 255, 3) + stripes(rng, 1, 5, rng.uniform(0, np.pi)) * rng.uniform(5, 50)
        if rng.random() < 0.5:
            cloth = cloth + stripes(rng, 1, 9, rng.uniform(0, np.pi)) * rng.normal(0, 30, 3)
    folds = (clouds(rng, 18)[..., None] - 0.5) * rng.uniform(30, 120)
    return cloth + folds, opacity


def hand(face: Portrait, others: Sequence[np.ndarray], rng: np.random.Generator) -> Drawn:
    """One to four fingers and at times the palm, of the face's own skin or another, over a random place of it."""
    aim = lerp(face.at(*LIPS), face.at(UNDER_NOSE), rng.random())
    if rng.random() < 0.55:
        aim = face.at(int(rng.integers(468)))
    elif rng.random() < 0.3:
        aim = face.at(*(RIGHT_EYE, LEFT_EYE)[rng.integers(2)])
    heading, width = rng.uniform(-np.pi, 0) if rng.random() < 0.8 else rng.uniform(0, np.pi), face.span * 0.25
    along = np.array([np.cos(heading), np.sin(heading)])
    across = np.array([-along[1], along[0]])
    count, length = int(rng.integers(1, 5)), face.span * rng.uniform(0.8, 1.3)
    opacity, relief = np.zeros((SIZE, SIZE), np.float32), np.zeros((SIZE, SIZE), np.float32)
    root = aim - along * length * rng.uniform(0.2, 0.9)
    parts = [(root - along * face.span * 0.5, root - along * face.span * 1.5, face.span * rng.uniform(1.0, 1.35))]
    for finger in range(count):
        start = root + across * (finger - (count - 1) / 2) * width * rng.uniform(0.95, 1.25)
        bend = along + across * rng.normal(0, 0.12)
        parts.append((start - along * width * 2, start + bend * length * rng.uniform(0.75, 1.05), width))
    for start, end, thick in parts:
        one = np.zeros_like(opacity)
        cv2.line(one, pixel(start), pixel(end), 1.0, max(2, round(thick * rng.uniform(0.85, 1.15))), cv2.LINE_AA)
        depth = cv2.distanceTransform((one > 0.5).astype(np.uint8), cv2.DIST_L2, 3) / (thick / 2 + 1e-3)
        relief = np.where(one > 0.5, np.sqrt(depth.clip(0, 1)), relief).astype(np.float32)
        opacity = np.maximum(opacity, one)
    own = np.median(face.pixels[52:80, 20:92].reshape(-1, 3), 0)
    tone = own * rng.uniform(0.75, 1.15) if rng.random() < 0.65 else SKIN[rng.integers(6)] * rng.uniform(0.6, 1.1)
    shade = rng.uniform(0.35, 0.8)
    skin = tone * (shade + (1 - shade) * relief[..., None]) * (0.85 + 0.3 * clouds(rng, 10)[..., None])
    skin = skin - stripes(rng, 4, 12, heading) * rng.uniform(0, 6) + rng.normal(0, 3, (SIZE, SIZE, 1))
    return skin, opacity


def phone(face: Portrait, others: Sequence[np.ndarray], rng: np.random.Generator) -> Drawn:
    """A telephone's back or edge, dark, white or coloured, with lenses and gloss, beside or over the face."""
    opacity = np.zeros((SIZE, SIZE), np.float32)
    half = face.span * np.array([rng.uniform(0.45, 0.65), rng.uniform(0.8, 1.2)])
    centre, turn = face.at(int(rng.integers(468))) + rng.normal(0, 12, 2), rng.normal(0, 35)
    blob(opacity, centre, (half[0], half[1]), turn, rng.uniform(6, 14))
    tone = rng.uniform(5, 60) if rng.random() < 0.6 else rng.uniform(0, 255, 3)
    back = tone + ramp(rng) * rng.uniform(0, 90)
    if rng.random() < 0.2:
        back = texture(others, rng).astype(float)
    back = np.broadcast_to(back, face.pixels.shape).copy()
    corner = centre + rotated(-half * 0.6, turn)
    for lens in range(int(rng.integers(0, 4))):
        cv2.circle(back, pixel(corner + rotated(np.array([0, 8.0 * lens]), turn)), 3, (15, 15, 20), -1, cv2.LINE_AA)
    return back, opacity


def patch(face: Portrait, others: Sequence[np.ndarray], rng: np.random.Generator) -> Drawn:
    """One or two blobs or bars of another picture."""
    opacity = np.zeros((SIZE, SIZE), np.float32)
    for _ in range(rng.integers(1, 3)):
        half = rng.uniform(7, 30, 2)
        blob(opacity, rng.uniform(15, 97, 2), (half[0], half[1]), rng.uniform(0, 180), rng.uniform(1.5, 8))
    return texture(others, rng).astype(float), opacity


def clear_glasses(face: Portrait, others: Sequence[np.ndarray], rng: np.random.Generator) -> Drawn:
    """Frames, temples and at times a glare: they hide nothing."""
    opacity = np.zeros((SIZE, SIZE), np.float32)
    axes = pixel(face.span * np.array([rng.uniform(0.36, 0.5), rng.uniform(0.24, 0.38)]))
    thick = int(rng.integers(1, 4))
    for eye, ear in ((RIGHT_EYE, 234), (LEFT_EYE, 454)):
        centre = face.at(*eye) + np.array([0, rng.uniform(0, 3)])
        cv2.ellipse(opacity, pixel(centre), axes, rng.normal(0, 2), 0, 360, 1.0, thick, cv2.LINE_AA)
        cv2.line(opacity, pixel(lerp(centre, face.at(ear), 0.6)), pixel(face.at(ear)), 1.0, thick, cv2.LINE_AA)
    colour = np.broadcast_to(rng.uniform(0, 150, 3), face.pixels.shape).copy()
    if rng.random() < 0.3:
        glare = np.zeros_like(opacity)
        blob(glare, face.at(*(RIGHT_EYE, LEFT_EYE)[rng.integers(2)]) + rng.normal(0, 4, 2), (3, 2), 0, 2)
        colour[glare > opacity] = 255
        opacity = np.maximum(opacity, glare * 0.7)
    return colour, opacity


Kind = Callable[[Portrait, Sequence[np.ndarray], np.random.Generator], Drawn]
TRAINED: dict[str, Kind] = {
    "sunglasses": sunglasses, "mask": mask, "scarf": scarf, "hand": hand, "phone": phone, "patch": patch
}  # fmt: skip


def wear(face: Portrait, kind: Kind, others: Sequence[np.ndarray], rng: np.random.Generator) -> Drawn:
    """The (112, 112, 3) uint8 face with the object before it, lit like it and casting a shadow, and what it hides.

    Args:
        others: images whose patches serve as textures and reflections.
    """
    colour, opacity = kind(face, others, rng)
    light = cv2.GaussianBlur(face.pixels.mean(2).astype(np.float32), (0, 0), 18)
    lit = colour * (1 + rng.uniform(0, 0.8) * (light / max(float(light.mean()), 1.0) - 1))[..., None]
    cast = cv2.GaussianBlur(np.roll(opacity, rng.integers(-4, 5, 2), (0, 1)), (0, 0), rng.uniform(1, 5))
    shaded = face.pixels * (1 - rng.uniform(0, 0.6) * cast * (rng.random() < 0.7))[..., None]
    soft = cv2.GaussianBlur(opacity, (0, 0), rng.uniform(0.3, 1.2))[..., None]
    out = (shaded * (1 - soft) + lit * soft).clip(0, 255).astype(np.uint8)
    hides = np.zeros_like(opacity) if kind is clear_glasses else (opacity > 0.5).astype(np.float32)
    return out, hides


def photograph(face: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """What cameras and networks do to it: light, colour cast or none, shadow, blur, noise and JPEG."""
    pixels = np.asarray(face, np.float64) * rng.uniform(0.55, 1.3) + rng.uniform(-15, 15)
    if rng.random() < 0.5:
        pixels *= 1 - rng.uniform(0, 0.6) * clouds(rng, 40)[..., None]
    if rng.random() < 0.15:
        pixels = np.repeat(pixels.mean(2, keepdims=True), 3, 2)
    else:
        pixels *= rng.uniform(0.9, 1.1, 3)
    if rng.random() < 0.4:
        pixels = np.asarray(cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.3, 1.6)), np.float64)
    pixels += rng.normal(0, rng.uniform(0, 6), pixels.shape)
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(40, 98))]
    _, data = cv2.imencode(".jpg", pixels.clip(0, 255).astype(np.uint8), quality)
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))


def pixel(point: np.ndarray) -> tuple[int, int]:
    """Nearest whole pixel."""
    return round(float(point[0])), round(float(point[1]))


def lerp(first: np.ndarray, second: np.ndarray, share: float) -> np.ndarray:
    """The point that lies a share of the way from first to second."""
    return np.asarray(first + (second - first) * share)


def rotated(vector: np.ndarray, degrees: float) -> np.ndarray:
    """Turned clockwise in the image."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([c * vector[0] - s * vector[1], s * vector[0] + c * vector[1]])


def polygon(corners: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Opacity of a filled outline whose corners are a little off."""
    opacity = np.zeros((SIZE, SIZE), np.float32)
    cv2.fillPoly(opacity, [np.rint(corners + rng.normal(0, 0.7, corners.shape)).astype(np.int32)], 1.0, cv2.LINE_AA)
    return opacity


def blob(canvas: np.ndarray, centre: np.ndarray, half: tuple[float, float], degrees: float, power: float) -> None:
    """Adds a super-ellipse: power 2 is an ellipse, larger ones tend to a rectangle."""
    y, x = np.mgrid[:SIZE, :SIZE]
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    u, v = (x - centre[0]) * c + (y - centre[1]) * s, (y - centre[1]) * c - (x - centre[0]) * s
    inside = (np.abs(u) / half[0]) ** power + (np.abs(v) / half[1]) ** power
    np.maximum(canvas, np.clip((1.1 - inside) * 5, 0, 1), out=canvas)


def ramp(rng: np.random.Generator) -> np.ndarray:
    """(112, 112, 1) brightness that runs off from a random line, 0..1."""
    y, x = np.mgrid[:SIZE, :SIZE] / SIZE
    turn = rng.uniform(0, 2 * np.pi)
    return np.abs(x * np.cos(turn) + y * np.sin(turn) - rng.uniform(-0.3, 1.0)).clip(0, 1)[..., None]


def stripes(rng: np.random.Generator, least: float, most: float, turn: float) -> np.ndarray:
    """(112, 112, 1) waves -1..1 whose period in radians per pixel lies between 1 / most and 1 / least."""
    y, x = np.mgrid[:SIZE, :SIZE]
    return np.sin((x * np.sin(turn) + y * np.cos(turn)) / rng.uniform(least, most))[..., None]


def clouds(rng: np.random.Generator, scale: float) -> np.ndarray:
    """(112, 112) cloudy noise 0..1 with structures of about `scale` pixels."""
    coarse = rng.random((max(2, round(SIZE / scale)),) * 2).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC).clip(0, 1))


def texture(others: Sequence[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """A (112, 112, 3) patch of another image, flipped and scaled."""
    image = others[int(rng.integers(len(others)))]
    side = int(rng.uniform(0.2, 0.7) * min(image.shape[:2]))
    top, left = rng.integers(image.shape[0] - side + 1), rng.integers(image.shape[1] - side + 1)
    piece = cv2.resize(image[top : top + side, left : left + side], (SIZE, SIZE), interpolation=cv2.INTER_AREA)
    return piece[:, ::-1] if rng.random() < 0.5 else piece
