"""What spoils photos of faces, seeded and scaled to the face: for benchmarks, and, wider and more, for training.

Every function takes an (H, W, 3) uint8 RGB photo, its face and a generator, and returns the spoilt photo of the same
kind; only `low_resolution` and `rolled` change its size. A strength is drawn from the range given as the last argument;
the default ranges are set so that a person would still know the face.
"""

import zlib
from collections.abc import Callable, Mapping
from functools import partial

import cv2
import numpy as np

from models.face.alignment import REFERENCE, similarity
from models.face.detector import FaceBox

SEED = 20261124
Degradation = Callable[[np.ndarray, FaceBox, np.random.Generator], np.ndarray]
Range = tuple[float, float]


def spoilt(name: str, path: str, image: np.ndarray, face: FaceBox) -> np.ndarray:
    """The photo at `path` under the degradation of that name: always the same one."""
    place = list(DEGRADATIONS).index(name)
    return DEGRADATIONS[name](image, face, np.random.default_rng([SEED, place, zlib.crc32(path.encode())]))


def out_of_focus(image: np.ndarray, face: FaceBox, rng: np.random.Generator, sigma: Range = (0.03, 0.05)) -> np.ndarray:
    """Gaussian blur, sigma 3 to 5 % of the face's width."""
    return cv2.GaussianBlur(image, (0, 0), max(face.width * rng.uniform(*sigma), 0.3))


def shaken(image: np.ndarray, face: FaceBox, rng: np.random.Generator, way: Range = (0.12, 0.2)) -> np.ndarray:
    """Motion blur along a line of 12 to 20 % of the face's width, in any direction."""
    length, angle = face.width * rng.uniform(*way), rng.uniform(0, np.pi)
    side = 2 * int(length / 2) + 3
    kernel = np.zeros((side, side), np.float32)
    reach, middle = np.array([np.cos(angle), np.sin(angle)]) * length / 2, side // 2
    start, end = (tuple(int(v) for v in np.rint((middle + s * reach) * 16)) for s in (-1, 1))
    cv2.line(kernel, start, end, 1.0, 1, cv2.LINE_AA, 4)
    return cv2.filter2D(image, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE)


def compressed(
    image: np.ndarray, _face: FaceBox, rng: np.random.Generator, quality: tuple[int, int] = (10, 10)
) -> np.ndarray:
    """Compressed as JPEG of quality 10."""
    settings = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(quality[0], quality[1] + 1))]
    data = cv2.imencode(".jpg", image[..., ::-1], settings)[1]
    return cv2.cvtColor(np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR)), cv2.COLOR_BGR2RGB)


def low_resolution(image: np.ndarray, face: FaceBox, rng: np.random.Generator, width: Range = (32, 48)) -> np.ndarray:
    """Reduced until the face is 32 to 48 pixels wide."""
    scale = min(1.0, rng.uniform(*width) / face.width)
    size = max(8, round(image.shape[1] * scale)), max(8, round(image.shape[0] * scale))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def dark(image: np.ndarray, _face: FaceBox, rng: np.random.Generator, share: Range = (0.015, 0.03)) -> np.ndarray:
    """1.5 to 3 % of the light, in the sensor's shot and read noise, stored as 8 bits."""
    light = np.power(image / 255.0, 2.2) * rng.uniform(*share)
    light += rng.normal(0, 1, light.shape) * np.sqrt(light / 8000 + 0.0005**2)
    return _eight_bits(np.power(np.clip(light, 0, 1), 1 / 2.2))


def over_exposed(image: np.ndarray, _face: FaceBox, rng: np.random.Generator, times: Range = (3, 6)) -> np.ndarray:
    """Three to six times too much light: the brighter half of the face burns out."""
    return _eight_bits(np.power(np.clip(np.power(image / 255.0, 2.2) * rng.uniform(*times), 0, 1), 1 / 2.2))


def noisy(image: np.ndarray, _face: FaceBox, rng: np.random.Generator, deviation: Range = (30, 45)) -> np.ndarray:
    """White noise of standard deviation 30 to 45 (of 255) in each channel."""
    return _eight_bits(image / 255.0 + rng.normal(0, rng.uniform(*deviation) / 255, image.shape))


def masked(image: np.ndarray, face: FaceBox, rng: np.random.Generator) -> np.ndarray:
    """A plain cloth from the nose downwards, as a medical mask sits."""
    top, colour = rng.uniform(58, 66), np.array([(150, 190, 215), (235, 235, 235), (25, 25, 28)][rng.integers(3)])
    upper = [[14, top + 4], [34, top + 2], [56, top - 4], [78, top + 2], [98, top + 4]]
    outline = np.array([*upper, [92, 104], [74, 122], [38, 122], [20, 104]])
    to_image = similarity(REFERENCE, face.points)
    placed = outline @ to_image[:, :2].T + to_image[:, 2]
    cover = np.zeros(image.shape[:2], np.float32)
    cv2.fillPoly(cover, [np.rint(placed * 16).astype(np.int32)], 1.0, cv2.LINE_AA, 4)
    rows = np.linspace(0, rng.uniform(20, 40), image.shape[0])[:, None, None]
    cloth = colour * (1 + 0.08 * np.sin(rows)) + rng.normal(0, 3, image.shape)
    return _eight_bits((image + (cloth - image) * cover[..., None]) / 255)


def rolled(image: np.ndarray, _face: FaceBox, rng: np.random.Generator, angle: Range = (30, 30)) -> np.ndarray:
    """Turned by 30 degrees either way, on a canvas that holds all of it."""
    height, width = image.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), rng.choice((-1, 1)) * rng.uniform(*angle), 1.0)
    cos, sin = abs(turn[0, 0]), abs(turn[0, 1])
    size = round(height * sin + width * cos), round(height * cos + width * sin)
    turn[:, 2] += (size[0] - width) / 2, (size[1] - height) / 2
    return cv2.warpAffine(image, turn, size, flags=cv2.INTER_LINEAR, borderValue=(127, 127, 127))


def flat_and_tinted(
    image: np.ndarray, _face: FaceBox, rng: np.random.Generator, contrast: Range = (0.2, 0.33)
) -> np.ndarray:
    """A fifth to a third of the contrast, under a coloured lamp."""
    tint = np.array([(1.0, 0.75, 0.45), (0.5, 0.75, 1.0), (0.7, 1.0, 0.65)][rng.integers(3)])
    return _eight_bits((0.45 + (image / 255.0 - 0.45) * rng.uniform(*contrast)) * tint)


def side_lit(image: np.ndarray, face: FaceBox, rng: np.random.Generator, share: Range = (0.01, 0.3)) -> np.ndarray:
    """One side of the face gets that share of the other side's light, with a soft edge somewhere near the nose."""
    centre = (face.left + face.right) / 2 + rng.uniform(-0.2, 0.2) * face.width
    across = (np.arange(image.shape[1]) - centre) / (rng.uniform(0.05, 0.3) * face.width) * rng.choice((-1, 1))
    least = rng.uniform(*share)
    light = least + (1 - least) / (1 + np.exp(-np.clip(across, -30, 30)))
    return _eight_bits(np.power(np.power(image / 255.0, 2.2) * light[:, None], 1 / 2.2))


def glared(image: np.ndarray, face: FaceBox, rng: np.random.Generator, light: Range = (0.5, 4)) -> np.ndarray:
    """A lamp's reflection burns a soft spot into the face, a tenth to a third of its width."""
    x = face.left + face.width * rng.uniform(0.2, 0.8)
    y = face.top + face.height * rng.uniform(0.2, 0.8)
    rows, columns = np.ogrid[: image.shape[0], : image.shape[1]]
    away = ((columns - x) ** 2 + (rows - y) ** 2) / (face.width * rng.uniform(0.1, 0.33)) ** 2
    spot = rng.uniform(*light) * np.exp(-away)
    return _eight_bits(np.power(np.clip(np.power(image / 255.0, 2.2) + spot[..., None], 0, 1), 1 / 2.2))


def patched(image: np.ndarray, face: FaceBox, rng: np.random.Generator, side: Range = (0.15, 0.6)) -> np.ndarray:
    """Something flat of one colour before the face, with sides of that share of the face's width."""
    half = face.width * rng.uniform(*side, 2) / 2
    middle = [rng.uniform(face.left, face.right), rng.uniform(face.top, face.bottom)]
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * half
    angle = rng.uniform(0, np.pi)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    covered = image.copy()
    colour = [int(value) for value in rng.integers(0, 256, 3)]
    cv2.fillPoly(covered, [np.rint(corners @ turn.T + middle).astype(np.int32)], colour, cv2.LINE_AA)
    return covered


def dark_glasses(image: np.ndarray, face: FaceBox, rng: np.random.Generator, half: Range = (12, 18)) -> np.ndarray:
    """Two opaque dark lenses; `half` their half width, in pixels of an aligned face of 112."""
    size, tone = np.array([rng.uniform(*half), rng.uniform(8, 13)]), rng.uniform(0, 70)
    to_image = similarity(REFERENCE, face.points)
    angles = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    lens = np.column_stack([np.cos(angles), np.sin(angles)]) * size
    covered = image.copy()
    for eye in REFERENCE[:2]:
        outline = (eye + lens + np.array([0, 2])) @ to_image[:, :2].T + to_image[:, 2]
        cv2.fillPoly(covered, [np.rint(outline).astype(np.int32)], [int(tone)] * 3, cv2.LINE_AA)
    return covered


def _eight_bits(values: np.ndarray) -> np.ndarray:
    return (np.clip(values, 0, 1) * 255 + 0.5).astype(np.uint8)


DEGRADATIONS: Mapping[str, Degradation] = {
    "out of focus": out_of_focus,
    "motion blur": shaken,
    "JPEG 10": compressed,
    "face of 32 to 48 px": low_resolution,
    "dark": dark,
    "over-exposed": over_exposed,
    "noise": noisy,
    "mask over nose and mouth": masked,
    "rolled by 30°": rolled,
    "low contrast, tinted": flat_and_tinted,
}
"""Those that benchmarks measure under."""

WIDE: Mapping[str, Degradation] = {
    "out of focus": partial(out_of_focus, sigma=(0.005, 0.08)),
    "motion blur": partial(shaken, way=(0.03, 0.25)),
    "JPEG": partial(compressed, quality=(3, 30)),
    "small": partial(low_resolution, width=(16, 90)),
    "dark": partial(dark, share=(0.002, 0.1)),
    "over-exposed": partial(over_exposed, times=(1.5, 10)),
    "noise": partial(noisy, deviation=(8, 80)),
    "mask": masked,
    "rolled": partial(rolled, angle=(10, 45)),
    "low contrast": partial(flat_and_tinted, contrast=(0.06, 0.5)),
    "side light": side_lit,
    "glare": glared,
    "patch": patched,
    "dark glasses": dark_glasses,
}
"""Those that the quality model is fitted on, from hardly visible to hopeless."""
