"""What happens to a picture after it was (or was not) manipulated, the same for both classes from the same seed."""

from fractions import Fraction

import av
import cv2
import numpy as np

from models.deepfake.face_artifacts import SIZE, cut, view_square
from models.face.detector import FaceBox

PRESETS = ("ultrafast", "veryfast", "medium")


def before(image: np.ndarray, head: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Light, optics and sensor: what the camera of both classes did.

    Args: head: (H, W) 0..1, what stays sharp where the background is blurred, as phones do.
    """
    out: np.ndarray = image.astype(np.float32)
    if rng.random() < 0.15:
        blurred = cv2.GaussianBlur(out, (0, 0), float(rng.uniform(1.5, 6)))
        share = cv2.GaussianBlur(head, (0, 0), 3.0)[..., None]
        out = out * share + blurred * (1 - share)
    if rng.random() < 0.6:
        out = 255 * np.power(np.clip(out / 255, 0, 1), float(np.exp(rng.normal(0, 0.22))))
        out = out * (1 + rng.normal(0, 0.06, 3)).astype(np.float32) + float(rng.normal(0, 6))
    if rng.random() < 0.3:
        gradient = np.linspace(
            float(rng.uniform(0.6, 1)), float(rng.uniform(0.9, 1.2)), image.shape[1], dtype=np.float32
        )
        out = out * gradient[None, :: int(rng.choice([-1, 1])), None]
    choice = rng.random()
    if choice < 0.2:
        out = cv2.GaussianBlur(out, (0, 0), float(rng.uniform(0.4, 1.3)))
    elif choice < 0.32:
        out = out + float(rng.uniform(0.3, 1.0)) * (out - cv2.GaussianBlur(out, (0, 0), 1.2))
    elif choice < 0.45:
        factor = float(rng.uniform(0.4, 0.9))
        small = cv2.resize(out, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        out = cv2.resize(small, (out.shape[1], out.shape[0]), interpolation=cv2.INTER_CUBIC)
    if rng.random() < 0.45:
        out = out + _grain(out.shape, rng) * float(rng.uniform(1, 8))
    return np.clip(out, 0, 255).astype(np.uint8)


def after(image: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, float]:
    """Resampling and codecs. Returns the picture and its size over that of the one given."""
    factor = float(rng.uniform(0.6, 1.15)) if rng.random() < 0.4 else 1.0
    if factor != 1:
        kernel = int(rng.choice([cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC]))
        size = round(image.shape[1] * factor), round(image.shape[0] * factor)
        image = cv2.resize(image, size, interpolation=kernel)
    how = rng.choice(["jpeg", "jpeg_twice", "h264", "webp", "none"], p=[0.35, 0.12, 0.38, 0.07, 0.08])
    if how in ("jpeg", "jpeg_twice"):
        for _ in range(1 + (how == "jpeg_twice")):
            image = jpeg(image, int(rng.integers(45, 99)), int(rng.choice([0x111111, 0x221111])))
    elif how == "h264":
        image = filmed(image, rng, int(rng.integers(17, 33)), str(rng.choice(PRESETS)))
    elif how == "webp":
        _, data = cv2.imencode(".webp", image, [cv2.IMWRITE_WEBP_QUALITY, int(rng.integers(50, 96))])
        image = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))
    return image, factor


def jpeg(image: np.ndarray, quality: int, sampling: int = 0x221111) -> np.ndarray:
    """Through a JPEG file."""
    settings = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
    _, data = cv2.imencode(".jpg", image[..., ::-1], settings)
    return np.ascontiguousarray(np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))[..., ::-1])


def filmed(image: np.ndarray, rng: np.random.Generator, crf: int, preset: str, frames: int = 3) -> np.ndarray:
    """The last frame of a short H.264 clip in which the still pans, zooms and carries grain of its own."""
    pan, zoom = rng.normal(0, 0.8, 2), float(rng.normal(0, 0.003))
    grain = float(rng.uniform(0, 3))
    pictures = []
    for number in range(frames):
        left = number - (frames - 1)
        turn = np.array([[1 + zoom * left, 0, pan[0] * left], [0, 1 + zoom * left, pan[1] * left]], np.float32)
        size = image.shape[1], image.shape[0]
        moved = image if left == 0 else cv2.warpAffine(image, turn, size, borderMode=cv2.BORDER_REFLECT)
        noisy = moved + _grain(moved.shape, rng) * grain if grain > 0.5 else moved
        pictures.append(np.clip(noisy, 0, 255).astype(np.uint8))
    return h264(pictures, crf, preset)[-1]


def h264(pictures: list[np.ndarray], crf: int, preset: str) -> list[np.ndarray]:
    """Encoded and decoded again; odd sides lose a pixel in the codec and get it back by repetition."""
    height, width = pictures[0].shape[:2]
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width & ~1, height & ~1, "yuv420p"
    encoder.options = {"crf": str(crf), "preset": preset, "tune": "zerolatency"}
    encoder.thread_count = 1
    encoder.framerate = Fraction(25)
    decoder = av.CodecContext.create("h264", "r")
    packets = []
    for picture in pictures:
        even = np.ascontiguousarray(picture[: height & ~1, : width & ~1])
        packets += encoder.encode(av.VideoFrame.from_ndarray(even, format="rgb24"))
    packets += encoder.encode(None)
    decoded = [frame for packet in packets for frame in decoder.decode(packet)] + list(decoder.decode(None))
    edge = (0, height & 1, 0, width & 1, cv2.BORDER_REPLICATE)
    return [cv2.copyMakeBorder(frame.to_ndarray(format="rgb24"), *edge) for frame in decoded]


def view(image: np.ndarray, box: FaceBox, rng: np.random.Generator | None = None) -> tuple[np.ndarray, np.ndarray]:
    """What the network sees of the face, framed as loosely as detectors do, and the map from view to image."""
    square = view_square(box)
    if rng is not None:
        turn = cv2.getRotationMatrix2D((SIZE / 2, SIZE / 2), rng.normal(0, 3), float(np.exp(rng.normal(0, 0.07))))
        turn[:, 2] = turn[:, 2] + rng.normal(0, 0.03 * SIZE, 2)
        square = np.column_stack([square[:, :2] @ turn[:, :2], square[:, :2] @ turn[:, 2] + square[:, 2]])
    return cut(image, square), square


def _grain(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Standard normal noise, at times coarser than a pixel."""
    if rng.random() < 0.4:
        half = rng.standard_normal((shape[0] // 2 + 1, shape[1] // 2 + 1, 3), np.float32)
        return cv2.resize(half, (shape[1], shape[0])) * np.float32(1.4)
    return rng.standard_normal(shape, np.float32)
