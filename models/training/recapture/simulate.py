"""Simulated presentation attacks on face recognition, and bona fide pictures with the same history.

A bona fide capture is: person in surroundings -> lens -> camera. An attack is: person in surroundings -> picture file
-> screen or print, at an angle, in other surroundings -> lens -> the same camera.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from models.training.recapture.camera import KERNELS, Optics, develop, encode
from models.training.recapture.instruments import print_ink, screen_pattern
from models.training.recapture.scene import Box, Portrait, backdrop, grain, soften, surround, texture_cloth
from models.training.recapture.settings import SPECIES, Settings

_LONGEST = 900  # camera pixels; a wide crop of the largest simulated face fits
_FACE = (70, 400)  # width in camera pixels; `cut_views` reduces larger ones


@dataclass(frozen=True, slots=True)
class View:
    """Where each camera pixel looks: coordinates (H, W) float32 on the shown picture, and the scale of the mapping."""

    x: np.ndarray
    y: np.ndarray
    scale: float  # camera pixels per picture pixel


def capture(
    portrait: Portrait, species: str, rng: np.random.Generator, settings: Settings, other: np.ndarray
) -> Portrait:
    """Takes one picture of a person or of an attack instrument that shows the person: `stage`, then `shoot`."""
    return shoot(stage(portrait, species, rng, settings, other), rng, settings)


def stage(
    portrait: Portrait, species: str, rng: np.random.Generator, settings: Settings, other: np.ndarray
) -> Portrait:
    """What falls on the sensor: linear light, (H, W, 3) float32 RGB, with the face box in its pixels.

    Args:
        portrait: the person, with the face box.
        species: `bona_fide` or one of `settings.ATTACKS`.
        rng: source of every choice; the same state gives the same picture.
        settings: device families to draw from.
        other: (H, W, 3) uint8 RGB, another person's picture, for backgrounds and reflections.
    """
    if species not in SPECIES:
        raise ValueError(f"unknown species {species!r}")
    face = _FACE[0] * (_FACE[1] / _FACE[0]) ** rng.random()
    scene = surround(_reduced(portrait, face * rng.uniform(1.0, 1.6)), rng, other)
    if rng.random() < 0.25:
        scene = Portrait(texture_cloth(scene.image, scene.box, rng), scene.box)
    scene = _as_file(scene, rng, settings, heavy=species == "screen_replay")
    optics = Optics.draw(rng, settings.hard)
    view, box = _aim(scene, face, rng, attack=species != "bona_fide")
    if species == "bona_fide":
        light = optics.apply(look(linear(scene.image, rng), view))
    elif species.startswith("screen"):
        light = screen_light(scene, view, optics, rng, settings, other)
    else:
        light = print_light(scene, view, optics, rng, settings, other, halftone=species == "print_halftone")
    return Portrait(illuminate(light, rng, settings.hard), box)


def shoot(staged: Portrait, rng: np.random.Generator, settings: Settings) -> Portrait:
    """Takes a picture of what `stage` returned: uint8 RGB with the face box. Another call is another camera."""
    image = develop(staged.image, rng, settings)
    k = image.shape[1] / staged.image.shape[1]
    left, top, right, bottom = (side * k for side in staged.box)
    return Portrait(image, (left, top, right, bottom))


def _reduced(portrait: Portrait, face: float) -> Portrait:
    """The portrait with a face of at most `face` pixels: no detail is drawn that the camera cannot see."""
    k = face / portrait.face_width
    if k >= 1:
        return portrait
    size = round(portrait.image.shape[1] * k), round(portrait.image.shape[0] * k)
    left, top, right, bottom = (side * k for side in portrait.box)
    return Portrait(cv2.resize(portrait.image, size, interpolation=cv2.INTER_AREA), (left, top, right, bottom))


def _as_file(scene: Portrait, rng: np.random.Generator, settings: Settings, heavy: bool) -> Portrait:
    """The history before this capture: detail, another resampling, another compression. Same for both classes."""
    image, k = scene.image, 1.0
    if rng.random() < 0.5:
        image = np.clip(image * (1 + grain(rng, image.shape[:2], rng.uniform(0, 0.05))[..., None]), 0, 255)
        image = image.astype(np.uint8)
    if rng.random() < 0.5:
        k = rng.uniform(1 - 0.6 * settings.hard, 1.0)
        size = max(48, round(image.shape[1] * k)), max(48, round(image.shape[0] * k))
        k = size[0] / image.shape[1]
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    if heavy or rng.random() < 0.4:
        image = encode(image, rng, settings)
    box = scene.box
    return Portrait(image, (box[0] * k, box[1] * k, box[2] * k, box[3] * k))


def _aim(scene: Portrait, face: float, rng: np.random.Generator, attack: bool) -> tuple[View, Box]:
    """Points the camera so that the face is `face` camera pixels wide: coordinates, and the face box in the camera."""
    left, top, right, bottom = scene.box
    k = face / scene.face_width
    # Attacks get the frame that a bona fide picture of this scene would have had: its size and the place of the
    # face in it must not tell the classes apart.
    frame = face * rng.uniform(1.3, 3.2)
    width, height, centre = _inside(scene, k, frame, frame * rng.uniform(0.75, 1.5), rng)
    turn = rng.normal(0, 0.12)
    width, height = int(width), int(height)
    tilt = np.clip(rng.normal(0, 0.18, 2), -0.35, 0.35) / max(width, height) if attack else np.zeros(2)
    yy, xx = np.mgrid[0:height, 0:width].astype(np.float32)
    middle = (left + right) / 2, (top + bottom) / 2
    to_picture = homography(centre, turn, tilt, 1 / k, middle)
    weight = to_picture[2, 0] * xx + to_picture[2, 1] * yy + to_picture[2, 2]
    x = (to_picture[0, 0] * xx + to_picture[0, 1] * yy + to_picture[0, 2]) / weight
    y = (to_picture[1, 0] * xx + to_picture[1, 1] * yy + to_picture[1, 2]) / weight
    corners = np.array([[[left, top], [right, top], [right, bottom], [left, bottom]]], np.float64)
    seen = cv2.perspectiveTransform(corners, np.linalg.inv(to_picture))[0]
    (left, top), (right, bottom) = seen.min(0).tolist(), seen.max(0).tolist()
    return View(x.astype(np.float32), y.astype(np.float32), k), (left, top, right, bottom)


def _inside(
    scene: Portrait, k: float, width: float, height: float, rng: np.random.Generator
) -> tuple[float, float, np.ndarray]:
    """A frame within the scene around the face: its size and the place of the face centre in it, in camera pixels."""
    full = np.array([scene.image.shape[1], scene.image.shape[0]]) * k
    size = np.minimum(np.minimum([width, height], full), _LONGEST)
    face = np.array([scene.box[0] + scene.box[2], scene.box[1] + scene.box[3]]) / 2 * k
    lowest = np.clip(face + (face - np.array(scene.box[:2]) * k) * 1.05 - size, 0, full - size)
    highest = np.clip(np.array(scene.box[:2]) * k * 0.98, lowest, full - size)
    return float(size[0]), float(size[1]), face - rng.uniform(lowest, highest)


def homography(
    centre: np.ndarray, turn: float, tilt: np.ndarray, scale: float, middle: tuple[float, float]
) -> np.ndarray:
    """Camera pixels to picture pixels: `centre` of the face in the camera looks at `middle` of it in the picture."""
    to_origin = np.array([[1, 0, -centre[0]], [0, 1, -centre[1]], [0, 0, 1]])
    lean = np.array([[1, 0, 0], [0, 1, 0], [tilt[0], tilt[1], 1]])
    cos, sin = np.cos(turn) * scale, np.sin(turn) * scale
    return np.array([[cos, -sin, middle[0]], [sin, cos, middle[1]], [0, 0, 1]]) @ lean @ to_origin


def look(picture: np.ndarray, view: View, outside: int = cv2.BORDER_REFLECT_101) -> np.ndarray:
    """Samples a picture where the camera looks, without aliasing of its own: the picture is reduced first."""
    x, y = view.x, view.y
    if view.scale < 0.7:
        size = max(8, round(picture.shape[1] * view.scale)), max(8, round(picture.shape[0] * view.scale))
        x, y = x * (size[0] / picture.shape[1]), y * (size[1] / picture.shape[0])
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return cv2.remap(picture, x, y, cv2.INTER_CUBIC, borderMode=outside)


def linear(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.power(image.astype(np.float32) / 255, rng.uniform(1.9, 2.5))


def _window(scene: Portrait, rng: np.random.Generator) -> Box:
    """The part of the scene that the instrument shows: at least the face with a margin, at most all of it."""
    face = scene.face_width
    margins = face * rng.uniform(0.1, 1.6, 4)
    left, top = max(0.0, scene.box[0] - margins[0]), max(0.0, scene.box[1] - margins[1])
    right = min(scene.image.shape[1], scene.box[2] + margins[2])
    return left, top, right, min(scene.image.shape[0], scene.box[3] + margins[3])


def _cover(view: View, window: Box, grow: float = 0.0) -> np.ndarray:
    """How much of each camera pixel looks at the window, 0..1, (H, W, 1), edges anti-aliased."""
    left, top, right, bottom = window[0] - grow, window[1] - grow, window[2] + grow, window[3] + grow
    reach = np.minimum(np.minimum(view.x - left, right - view.x), np.minimum(view.y - top, bottom - view.y))
    return np.clip(reach * np.float32(view.scale) + 0.5, 0, 1)[..., None]


def screen_light(
    scene: Portrait, view: View, optics: Optics, rng: np.random.Generator, settings: Settings, other: np.ndarray
) -> np.ndarray:
    """Linear light of a screen that shows the scene, with bezel, pulse bands and reflections."""
    pitch = 0.5 * (4.5 / 0.5) ** rng.random()  # camera pixels per screen pixel
    picture = scene.image
    shown = min(1.0, view.scale / pitch)  # the screen's own resolution limits what it shows
    if shown < 1:
        size = max(32, round(picture.shape[1] * shown)), max(32, round(picture.shape[0] * shown))
        picture = cv2.resize(picture, size, interpolation=KERNELS[str(rng.choice(settings.kernels))])
        picture = cv2.resize(picture, scene.image.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    light = linear(picture, rng) * rng.normal(1, 0.07, 3).astype(np.float32)
    light = optics.apply(look(light, view, cv2.BORDER_REPLICATE))
    to_screen = np.float32(view.scale / pitch)
    strength = float(rng.uniform(0.3, 1.0))
    pattern = screen_pattern(
        str(rng.choice(settings.layouts)), view.x * to_screen, view.y * to_screen, optics, strength
    )
    light = (light + np.float32(rng.uniform(0, 0.03))) * pattern
    if rng.random() < 0.35:
        light = light * _pulse(light.shape[0], rng)
    window = _window(scene, rng)
    frame = scene.face_width * rng.uniform(0.02, 0.3) if rng.random() < 0.75 else 0.0
    bezel = np.array(rng.uniform(0, 0.06) if rng.random() < 0.7 else rng.uniform(0.3, 0.9), np.float32)
    around = linear(backdrop(rng, light.shape[:2], other), rng) * np.float32(rng.uniform(0.2, 1.2))
    around = optics.apply(around)
    body = around + (bezel - around) * _cover(view, window, frame)
    light = body + (light - body) * _cover(view, window)
    return _reflect(light, rng, settings, other) if rng.random() < 0.6 else light


def _pulse(height: int, rng: np.random.Generator) -> np.ndarray:
    """Bands of a dimmed backlight under a rolling shutter, (H, 1, 1) about 1."""
    rows = np.arange(height, dtype=np.float32) / height
    wave = np.sin(2 * np.pi * (rows * np.float32(rng.uniform(0.7, 12)) + np.float32(rng.random())))
    wave = np.clip(wave * np.float32(rng.uniform(1, 4)), -1, 1)
    return (1 + np.float32(rng.uniform(0.02, 0.3)) * wave)[:, None, None]


def _reflect(light: np.ndarray, rng: np.random.Generator, settings: Settings, other: np.ndarray) -> np.ndarray:
    """Adds what a glossy surface mirrors."""
    height, width = light.shape[:2]
    shape = str(rng.choice(settings.glare))
    if shape == "scene":
        mirrored = soften(backdrop(rng, (height, width), other), width * rng.uniform(0.002, 0.03))
        return light + linear(mirrored, rng) * np.float32(rng.uniform(0.01, 0.15))
    spot = np.zeros((height, width), np.float32)
    x, y = int(rng.integers(0, width)), int(rng.integers(0, height))
    w, h = int(width * rng.uniform(0.05, 0.3)), int(height * rng.uniform(0.05, 0.3))
    if shape == "window":
        for pane in range(2):
            cv2.rectangle(spot, (x + pane * (w + w // 6), y), (x + pane * (w + w // 6) + w, y + h), 1.0, -1)
    else:
        cv2.ellipse(spot, (x, y), (w, h), float(rng.uniform(0, 180)), 0, 360, 1.0, -1)
    spot = soften(spot, width * rng.uniform(0.003, 0.08))
    return light + spot[..., None] * np.float32(rng.uniform(0.05, 0.9))


def print_light(
    scene: Portrait,
    view: View,
    optics: Optics,
    rng: np.random.Generator,
    settings: Settings,
    other: np.ndarray,
    halftone: bool,
) -> np.ndarray:
    """Linear light of a print: ink on paper with edges, curl, texture and gloss."""
    bend = np.float32(rng.uniform(0, 0.03) * scene.face_width)
    wave = np.sin(view.y * np.float32(rng.uniform(0.5, 3) / scene.face_width) + np.float32(rng.uniform(0, 6)))
    view = View(view.x + bend * wave, view.y, view.scale)
    tones = look(_faded(scene.image, rng), view, cv2.BORDER_REPLICATE)
    tones = np.clip(optics.apply(tones), 0, 1)
    if halftone:
        period = 0.8 * (9 / 0.8) ** rng.random()
        kind = str(rng.choice(settings.halftones))
        if kind in ("fm_blue", "ordered"):
            period = 0.4 * (3.5 / 0.4) ** rng.random()
        k = np.float32(view.scale)
        offset = np.float32(4096)  # keeps the tile indices positive
        ink = print_ink(kind, tones, view.x * k + offset, view.y * k + offset, optics, period, rng.uniform(0, 0.35))
    else:
        ink = np.power(tones, rng.uniform(1.8, 2.6))
    paper = rng.uniform(0.65, 1) * rng.normal(1, 0.04, 3)
    light = (np.float32(rng.uniform(0.01, 0.08)) + ink * np.float32(0.92)) * paper.astype(np.float32)
    light = light * (1 + grain(rng, light.shape[:2], rng.uniform(0, 0.035))[..., None])
    light = light * (1 + wave * np.float32(rng.uniform(0, 0.35)))[..., None]
    window = _window(scene, rng)
    margin = scene.face_width * rng.uniform(0.01, 0.2) if rng.random() < 0.5 else 0.0
    around = linear(backdrop(rng, light.shape[:2], other), rng) * np.float32(rng.uniform(0.2, 1.2))
    body = optics.apply(around)
    body = body * (1 - np.float32(rng.uniform(0, 0.7)) * _cover(view, window, margin + scene.face_width * 0.03))
    body = body + (paper.astype(np.float32) * np.float32(0.95) - body) * _cover(view, window, margin)
    light = body + (light - body) * _cover(view, window)
    return _reflect(light, rng, settings, other) if rng.random() < 0.35 else light


def _faded(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Tones 0..1 within the gamut of a printer: less saturated, less contrast."""
    tones = image.astype(np.float32) / 255
    grey = tones.mean(-1, keepdims=True)
    tones = grey + (tones - grey) * np.float32(0.0 if rng.random() < 0.1 else rng.uniform(0.6, 1.6))
    low, high = rng.uniform(0, 0.15), rng.uniform(0.85, 1)
    return np.clip(low + tones * np.float32(high - low), 0, 1)


def illuminate(light: np.ndarray, rng: np.random.Generator, hard: float) -> np.ndarray:
    """Uneven light on the whole scene, vignetting, and rarely the flicker of lamps: both classes."""
    height, width = light.shape[:2]
    corners = rng.uniform(1 - rng.uniform(0, 0.6) * hard, 1, (2, 2)).astype(np.float32)
    light = light * cv2.resize(corners, (width, height))[..., None]
    if rng.random() < 0.05 * hard:
        light = light * (1 + (_pulse(height, rng) - 1) * np.float32(0.3))
    if rng.random() < 0.1 * hard:
        light = light + np.float32(rng.uniform(0.01, 0.1))  # haze and stray light
    return light.astype(np.float32)
