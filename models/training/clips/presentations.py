"""Short recordings for a passive check: a person, a photo held or waved, a video on a screen.

Photos and screens are flat and carry what their making leaves behind: the subpixels of a screen, the grain and the
lost contrast of paper, the dots of a printer. All are drawn where the thing is held in each frame and move with it.
"""

from collections.abc import Callable, Mapping

import cv2
import numpy as np

from models.training.clips.camera import Camera, encode, film, photograph
from models.training.clips.head import Head, Posture
from models.training.clips.motion import Manner, answer
from models.training.clips.scenarios import plane
from models.training.recapture.camera import Optics
from models.training.recapture.instruments import print_ink, screen_pattern
from models.training.recapture.settings import Settings

MOVEMENTS = ("turn_left", "turn_right", "nod", "move_closer")
"""One of which every living person makes, a little, as people do who find their place before a camera."""
MANNER = Manner(start_s=(0.4, 1.0), turn=(6.0, 18.0), nod=(4.0, 12.0), near=(0.8, 0.95))
SECONDS = 3.0
_GRAIN = 0.02
"""Of paper, as a share of its light."""

Frames = list[np.ndarray]
Flat = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""What the camera sees of a flat thing, 0..1, from its (H, W, 3) uint8 picture and where on it each pixel looks."""


def present(kind: str, person: Head, rng: np.random.Generator, settings: Settings) -> bytes:
    """A recording of three seconds or a little more: MP4, 480 x 640 pixels, 10 frames a second.

    Args:
        kind: one of `PRESENTATIONS`.
        rng: source of every choice: the same state gives the same clip.
        settings: families of screens to draw from.
    """
    camera = Camera(
        focal=float(rng.uniform(560, 680)), noise=float(rng.uniform(1, 4)), quality=int(rng.integers(20, 29))
    )
    return encode(film(PRESENTATIONS[kind](person, rng, camera, settings), camera, rng), camera)


def _living(person: Head, rng: np.random.Generator, camera: Camera, settings: Settings) -> Frames:
    postures, _ = answer([str(rng.choice(MOVEMENTS))], rng, camera.fps, MANNER)
    return [photograph(person, posture, camera) for posture in postures]


def _held(person: Head, rng: np.random.Generator, camera: Camera, settings: Settings) -> Frames:
    return _photo(person, _hands(rng, camera, {}), rng, camera, settings)


def _waved(person: Head, rng: np.random.Generator, camera: Camera, settings: Settings) -> Frames:
    """Turned about its upright or level axis, by as much as people turn their heads, or more."""
    most = {
        str(rng.choice(["yaw", "pitch"])): rng.uniform(12, 35),
        "roll": rng.uniform(0, 8),
        "x": 0.1,
        "y": 0.05,
        "distance": 0.1,
    }
    return _photo(person, _hands(rng, camera, most), rng, camera, settings)


def _screen(person: Head, rng: np.random.Generator, camera: Camera, settings: Settings) -> Frames:
    """A recording of the living person on a screen that is held or stands before the camera."""
    frames = film(_living(person, rng, camera, settings), camera, rng)
    held = _hands(rng, camera, {}, len(frames))
    optics, pitch = Optics.draw(rng, settings.hard), 0.5 * (3.0 / 0.5) ** rng.random()
    layout, strength = str(rng.choice(settings.layouts)), float(rng.uniform(0.3, 1.0))
    tint, black = rng.normal(1, 0.05, 3).astype(np.float32), np.float32(rng.uniform(0, 0.03))
    bands, speed = rng.uniform(0, 0.15) * (rng.random() < 0.35), rng.uniform(0, 2)

    def lit(picture: np.ndarray, places: np.ndarray) -> np.ndarray:
        u, v = (np.ascontiguousarray(places[..., axis]) / np.float32(pitch) for axis in (0, 1))
        light = (np.power(picture / np.float32(255), 2.2) * tint + black) * screen_pattern(
            layout, u, v, optics, strength
        )
        return np.power(np.clip(optics.apply(light), 0, 1), 1 / 2.2)

    shown = [_flat(picture, posture, camera, lit) for picture, posture in zip(frames, held, strict=True)]
    rows = np.linspace(0, 2 * np.pi * rng.uniform(1, 6), camera.height, dtype=np.float32)[:, None, None]
    pulsed = (one * (1 + bands * np.sin(rows + speed * number)) for number, one in enumerate(shown))
    return [(np.clip(one, 0, 1) * 255).astype(np.uint8) for one in pulsed]


def _photo(person: Head, held: list[Posture], rng: np.random.Generator, camera: Camera, settings: Settings) -> Frames:
    """A print: less contrast and colour, a grain that stays where it is on the sheet, every other one of ink dots."""
    picture = photograph(person, Posture(distance=4.0), camera)
    low, high, colour = rng.uniform(0, 0.15), rng.uniform(0.8, 1), rng.uniform(0.6, 1.1)
    tones = picture.astype(np.float32) / 255
    tones = tones.mean(-1, keepdims=True) * (1 - colour) + tones * colour
    grain = 1 + _GRAIN * rng.standard_normal((camera.height, camera.width, 1), np.float32)
    paper = rng.normal(1, 0.03, 3).astype(np.float32)
    sheet = (np.clip((low + (high - low) * tones) * grain * paper, 0, 1) * 255).astype(np.uint8)
    dots = _dots(rng, settings) if rng.random() < 0.5 else lambda seen, _: np.asarray(seen / np.float32(255))
    shown = (_flat(sheet, posture, camera, dots) for posture in held)
    return [(np.clip(one, 0, 1) * 255).astype(np.uint8) for one in shown]


def _dots(rng: np.random.Generator, settings: Settings) -> Flat:
    """Four inks in the dots of one halftone."""
    halftone, optics = str(rng.choice(settings.halftones)), Optics.draw(rng, settings.hard)
    period, gain = _dot_period(halftone, rng), float(rng.uniform(0, 0.35))

    def printed(seen: np.ndarray, places: np.ndarray) -> np.ndarray:
        u, v = (np.ascontiguousarray(places[..., axis]) + np.float32(4096) for axis in (0, 1))
        reflected = print_ink(halftone, optics.apply(seen / np.float32(255)), u, v, optics, period, gain)
        return np.asarray(np.power(0.04 + 0.92 * reflected, 1 / 1.4))

    return printed


def _dot_period(halftone: str, rng: np.random.Generator) -> float:
    """Camera pixels from dot to dot."""
    least, most = (0.4, 2.0) if halftone in ("fm_blue", "ordered") else (0.8, 5.0)
    return float(least * (most / least) ** rng.random())


def _hands(
    rng: np.random.Generator, camera: Camera, most: Mapping[str, float], count: int | None = None
) -> list[Posture]:
    """How hands hold a flat thing at distance 1: they tremble, and move it as far as `most` says."""
    times = np.arange(count or round(SECONDS * camera.fps)) / camera.fps
    sway = {"yaw": 1.0, "pitch": 0.8, "roll": 0.6, "x": 0.01, "y": 0.01, "distance": 0.01}

    def wave(fastest: float) -> np.ndarray:
        return np.asarray(np.sin(2 * np.pi * (rng.uniform(0.25, fastest) * times + rng.uniform(0, 1))))

    values = {name: least * wave(0.7) + most.get(name, 0.0) * wave(0.5) for name, least in sway.items()}
    values["distance"] += 1.0
    return [Posture(**{name: float(series[n]) for name, series in values.items()}) for n in range(len(times))]


def _flat(picture: np.ndarray, posture: Posture, camera: Camera, lit: Flat) -> np.ndarray:
    """(H, W, 3) float32 RGB 0..1 of a picture that fills the frame at distance 1, held in that posture."""
    onto = plane(posture, camera)
    size = (camera.width, camera.height)
    seen = cv2.warpPerspective(picture, onto, size, borderMode=cv2.BORDER_REPLICATE)
    yy, xx = np.mgrid[0 : camera.height, 0 : camera.width].astype(np.float32)
    back = np.linalg.inv(onto).astype(np.float32)
    weight = back[2, 0] * xx + back[2, 1] * yy + back[2, 2]
    across = (back[0, 0] * xx + back[0, 1] * yy + back[0, 2]) / weight
    down = (back[1, 0] * xx + back[1, 1] * yy + back[1, 2]) / weight
    return lit(seen, np.stack([across, down], -1))


PRESENTATIONS: dict[str, Callable[[Head, np.random.Generator, Camera, Settings], Frames]] = {
    "bona_fide": _living,
    "photo_held": _held,
    "photo_waved": _waved,
    "screen_replay": _screen,
}
