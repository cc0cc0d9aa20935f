"""How a photograph of a document was taken: everything that can go wrong, as numbers."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from models.training.recapture.camera import Optics, white_noise


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """One way of taking a photograph. Lengths are shares of the photograph's shorter side where not said otherwise.

    Attributes:
        width, height: of the photograph, pixels, at most 1,700 (the stored noise field reaches so far).
        cover: share of the area that the document takes.
        tilt: how far the perspective pulls its corners.
        turn: degrees; `quarter` further quarter turns.
        blur: sigma of the lens, pixels; `motion` length of the shake, pixels.
        noise: read noise, share of white; `exposure` stops; `cast` colour cast.
        glare: strength of a reflection on the document; `shadow` depth of a shadow.
        quality: of the JPEG, `resave` of a second one, None for none.
        hand: whether fingers hold it.
    """

    width: int = 1600
    height: int = 1200
    cover: float = 0.45
    tilt: float = 0.02
    turn: float = 0.0
    quarter: int = 0
    blur: float = 0.5
    motion: float = 0.0
    noise: float = 0.004
    exposure: float = 0.0
    cast: float = 0.02
    glare: float = 0.0
    shadow: float = 0.1
    quality: int = 92
    resave: int | None = None
    hand: bool = False

    @classmethod
    def clean(cls, rng: np.random.Generator, long_side: int = 1600) -> "Conditions":
        """A careful photograph: sharp, well lit, nearly level."""
        return cls(
            width=long_side,
            height=round(long_side * 0.75),
            cover=rng.uniform(0.35, 0.62),
            tilt=rng.uniform(0, 0.03),
            turn=rng.normal(0, 2.5),
            blur=rng.uniform(0.3, 0.7),
            noise=rng.uniform(0.002, 0.008),
            exposure=rng.normal(0, 0.15),
            shadow=rng.uniform(0, 0.25),
            quality=int(rng.integers(85, 97)),
            hand=rng.random() < 0.15,
        )

    @classmethod
    def degraded(cls, rng: np.random.Generator, long_side: int = 1600) -> "Conditions":
        """A careless photograph that a person can still read."""
        return replace(
            cls.clean(rng, long_side),
            cover=rng.uniform(0.2, 0.6),
            tilt=rng.uniform(0.02, 0.09),
            turn=rng.normal(0, 9),
            blur=rng.uniform(0.6, 1.5),
            motion=rng.uniform(2, 5) if rng.random() < 0.3 else 0.0,
            noise=rng.uniform(0.006, 0.03),
            exposure=float(np.clip(rng.normal(0, 0.4), -0.9, 0.45)),
            cast=rng.uniform(0, 0.1),
            glare=rng.uniform(0.1, 0.5) if rng.random() < 0.5 else 0.0,
            shadow=rng.uniform(0.1, 0.6),
            quality=int(rng.integers(45, 85)),
            resave=int(rng.integers(50, 90)) if rng.random() < 0.4 else None,
            hand=rng.random() < 0.35,
        )


def light_up(scene: np.ndarray, inside: np.ndarray, rng: np.random.Generator, how: Conditions) -> np.ndarray:
    """Shadow on everything and a reflection on the document: linear light, (H, W, 3) float32.

    Args:
        scene: (H, W, 3) float32 linear reflectance.
        inside: (H, W) float32, 1 where a document is.
    """
    height, width = scene.shape[:2]
    corners = 1 - how.shadow * rng.random((2, 2)).astype(np.float32) * np.float32(0.6)
    lit = scene * cv2.resize(corners, (width, height))[..., None]
    if how.shadow > 0.15:
        lit = lit * (1 - np.float32(how.shadow * 0.7) * _edge_of_shadow(rng, height, width))[..., None]
    if how.glare:
        lit = lit + (inside * _reflection(rng, inside) * np.float32(how.glare))[..., None]
    return lit


def _edge_of_shadow(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """1 in the shadow of a phone or an arm, soft at its edge."""
    angle, reach = rng.uniform(0, 2 * np.pi), rng.uniform(-0.3, 0.4)
    yy, xx = np.mgrid[0:height, 0:width].astype(np.float32)
    along = ((xx / width - 0.5) * np.float32(np.cos(angle)) + (yy / height - 0.5) * np.float32(np.sin(angle))) - reach
    return np.clip(along / np.float32(rng.uniform(0.02, 0.3)), 0, 1)


def _reflection(rng: np.random.Generator, inside: np.ndarray) -> np.ndarray:
    """A lamp or window mirrored somewhere on the document."""
    ys, xs = np.nonzero(inside[::8, ::8] > 0.5)
    spot = np.zeros(inside.shape, np.float32)
    if not len(ys):
        return spot
    at = int(rng.integers(len(ys)))
    centre = int(xs[at]) * 8, int(ys[at]) * 8
    axes = tuple(int(inside.shape[1] * rng.uniform(0.03, 0.14)) + 1 for _ in range(2))
    cv2.ellipse(spot, centre, axes, float(rng.uniform(0, 180)), 0, 360, 1.0, -1)
    small = cv2.resize(spot, None, fx=0.125, fy=0.125, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), max(0.5, inside.shape[1] * rng.uniform(0.004, 0.03) / 8))
    return cv2.resize(small, spot.shape[::-1])


def photograph(light: np.ndarray, rng: np.random.Generator, how: Conditions) -> np.ndarray:
    """Lens, sensor and tone: (H, W, 3) uint8 RGB before any compression."""
    lens = Optics(how.blur, how.motion, float(rng.uniform(0, np.pi)))
    image = lens.apply(light)
    gain = np.float32(2**how.exposure) * rng.normal(1, how.cast, 3).astype(np.float32)
    image = np.clip(image * gain, 0, 1)
    if how.noise:
        height, width = image.shape[:2]
        spread = np.sqrt(image * np.float32(how.noise * 0.3) + np.float32(how.noise**2))
        grain = np.dstack([white_noise(rng, height, width) for _ in range(3)])
        image = np.clip(image + cv2.GaussianBlur(grain, (0, 0), 0.6) * spread * np.float32(0.6), 0, 1)
    return (np.power(image, np.float32(1 / 2.2)) * 255 + 0.5).astype(np.uint8)


def compressed(image: np.ndarray, quality: int) -> np.ndarray:
    """The picture after a JPEG round trip."""
    _, data = cv2.imencode(".jpg", np.ascontiguousarray(image[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert decoded is not None
    return np.ascontiguousarray(decoded[..., ::-1])
