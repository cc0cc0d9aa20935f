"""The camera chain that bona fide pictures and attacks share: optics, sensor, tone, resampling, codec.

Whatever happens here happens to both classes with the same probabilities, so that no step of it can serve the
network as a sign of an attack.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import av
import cv2
import numpy as np

from models.training.recapture.settings import Settings

KERNELS = {
    "area": cv2.INTER_AREA,
    "linear": cv2.INTER_LINEAR,
    "cubic": cv2.INTER_CUBIC,
    "lanczos": cv2.INTER_LANCZOS4,
}
# cv2 names a Bayer pattern after the second row: these read an RGGB mosaic and return RGB.
DEMOSAIC = {"bilinear": cv2.COLOR_BayerRGGB2RGB, "edge_aware": cv2.COLOR_BayerRGGB2RGB_EA}


@dataclass(frozen=True, slots=True)
class Optics:
    """Blur of the lens, in sensor pixels: Gaussian sigma, and length and angle (radians) of hand motion."""

    sigma: float
    motion: float
    angle: float

    @classmethod
    def draw(cls, rng: np.random.Generator, hard: float = 1.0) -> "Optics":
        """A sharp lens most of the time; one hard picture in five is clearly out of focus, one in eight shaken."""
        sigma = rng.uniform(0.9, 0.9 + 1.3 * hard) if rng.random() < 0.2 * hard else rng.uniform(0.2, 0.9)
        motion = rng.uniform(2, 7) if rng.random() < 0.12 * hard else 0.0
        return cls(float(sigma), float(motion), float(rng.uniform(0, np.pi)))

    def apply(self, image: np.ndarray) -> np.ndarray:
        """Blurs a float32 image."""
        if self.sigma > 0.3:
            image = cv2.GaussianBlur(image, (0, 0), self.sigma)
        if self.motion:
            image = cv2.filter2D(image, -1, _line_kernel(self.motion, self.angle))
        return image

    def transfer(self, fx: float, fy: float) -> float:
        """What is left of a grating of (fx, fy) cycles per pixel after lens and photosite (fill factor 0.9)."""
        lens = np.exp(-2 * (np.pi * self.sigma) ** 2 * (fx * fx + fy * fy))
        along = fx * np.cos(self.angle) + fy * np.sin(self.angle)
        return float(lens * np.sinc(0.9 * fx) * np.sinc(0.9 * fy) * np.sinc(self.motion * along))


def _line_kernel(length: float, angle: float) -> np.ndarray:
    size = int(np.ceil(length)) | 1
    kernel = np.zeros((size, size), np.float32)
    middle = size // 2
    step = np.array([np.cos(angle), np.sin(angle)]) * length / 2
    start, end = (middle - step).round().astype(int), (middle + step).round().astype(int)
    cv2.line(kernel, tuple(map(int, start)), tuple(map(int, end)), 1.0)
    return kernel / kernel.sum()


def develop(radiance: np.ndarray, rng: np.random.Generator, settings: Settings) -> np.ndarray:
    """Turns linear light at the sensor into the picture that an application receives.

    Args:
        radiance: (H, W, 3) float32 RGB, linear, 0..1 (may exceed 1), optical blur already applied.

    Returns:
        (H', W', 3) uint8 RGB; H'/H = W'/W is drawn at random.
    """
    hard = settings.hard
    linear = _expose(radiance, rng)
    linear = _sense(linear, rng, str(rng.choice(settings.demosaics)), 10 ** rng.uniform(-4.0, -3.0 + 0.8 * hard))
    image = _tone(linear, rng, hard)
    image = _finish(image, rng)
    image = _rescale(image, rng, settings)
    for _ in range(1 + (rng.random() < 0.45)):
        image = encode(image, rng, settings)
        if rng.random() < 0.25:
            image = _rescale(image, rng, settings, mild=True)
    return image


def _expose(radiance: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Automatic exposure to a random target, white balance error."""
    level = float(np.mean(radiance[::4, ::4])) + 1e-4
    gain = np.clip(rng.uniform(0.12, 0.34) / level, 0.4, 4.0)
    balance = rng.normal(1.0, 0.06, 3).astype(np.float32)
    return np.clip(radiance * (gain * balance).astype(np.float32), 0, 1)


def _sense(linear: np.ndarray, rng: np.random.Generator, demosaic: str, noise: float) -> np.ndarray:
    """Colour filter array, shot and read noise, demosaicing."""
    height, width = linear.shape[0] & ~1, linear.shape[1] & ~1
    linear = linear[:height, :width]
    if demosaic == "none":
        return _noisy(linear, rng, noise)
    mosaic = np.empty((height, width), np.float32)
    mosaic[0::2, 0::2] = linear[0::2, 0::2, 0]
    mosaic[0::2, 1::2] = linear[0::2, 1::2, 1]
    mosaic[1::2, 0::2] = linear[1::2, 0::2, 1]
    mosaic[1::2, 1::2] = linear[1::2, 1::2, 2]
    raw = (_noisy(mosaic, rng, noise) * 65535).astype(np.uint16)
    return cv2.cvtColor(raw, DEMOSAIC[demosaic]).astype(np.float32) / 65535


def _noisy(light: np.ndarray, rng: np.random.Generator, noise: float) -> np.ndarray:
    deviation = np.sqrt(light * np.float32(noise * 0.5) + np.float32(noise * noise * 4))
    if light.ndim == 2:
        return np.clip(light + white_noise(rng, *light.shape) * deviation, 0, 1)
    grain = np.dstack([white_noise(rng, *light.shape[:2]) for _ in range(3)])
    return np.clip(light + grain * deviation, 0, 1)


@cache
def _noise_bank() -> np.ndarray:
    return np.random.default_rng(11).standard_normal((1800, 1800), np.float32)


def white_noise(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """(H, W) float32 standard normal noise, at most 1,700 pixels wide and high: a random cut of one stored field."""
    bank = _noise_bank()
    y, x = int(rng.integers(0, len(bank) - height)), int(rng.integers(0, len(bank) - width))
    return bank[y : y + height, x : x + width]


def _tone(linear: np.ndarray, rng: np.random.Generator, hard: float) -> np.ndarray:
    """Gamma, contrast curve, saturation, black level: float32 0..1. Web photos carry strong edits: so do these."""
    image = np.power(linear, 1 / rng.uniform(1.9, 2.5))
    if rng.random() < 0.3 + 0.2 * hard:  # automatic levels: a recapture need not look washed out
        low, high = np.percentile(image[::4, ::4], [rng.uniform(0, 4), rng.uniform(96, 100)])
        image = np.clip((image - np.float32(low)) / np.float32(max(high - low, 0.1)), 0, 1)
    bend = rng.uniform(-0.15, 0.5) * hard
    image = image + bend * (image * image * (3 - 2 * image) - image)
    grey = image @ np.array([0.299, 0.587, 0.114], np.float32)
    saturation = 0.0 if rng.random() < 0.04 * hard else 1 + hard * rng.uniform(-0.4, 0.45)
    image = grey[..., None] + np.float32(saturation) * (image - grey[..., None])
    lift, top = (rng.uniform(0, 0.2), rng.uniform(0.75, 1.05)) if rng.random() < 0.4 * hard else (0.0, 1.0)
    return np.clip(lift + (top - lift) * image, 0, 1).astype(np.float32)


def _finish(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """What phones do: noise reduction (luma, or chroma only) and sharpening."""
    draw = rng.random()
    if draw < 0.2:
        image = cv2.bilateralFilter(image, 5, rng.uniform(0.03, 0.12), 2.0)
    elif draw < 0.45:
        ycc = cv2.cvtColor(image, cv2.COLOR_RGB2YCrCb)
        ycc[..., 1:] = cv2.GaussianBlur(ycc[..., 1:], (0, 0), rng.uniform(0.7, 2.5))
        image = cv2.cvtColor(ycc, cv2.COLOR_YCrCb2RGB)
    if rng.random() < 0.6:
        soft = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.6, 2.0))
        image = image + np.float32(rng.uniform(0.2, 1.5)) * (image - soft)
    return (np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8)


def _rescale(image: np.ndarray, rng: np.random.Generator, settings: Settings, mild: bool = False) -> np.ndarray:
    """Resampling of the stored picture: mostly down, sometimes up, in one picture in three not at all."""
    draw = rng.random()
    if mild:
        factor = rng.uniform(0.75, 1.15)
    elif draw < 0.33:
        return image
    else:
        factor = rng.uniform(1.0, 1 + 0.7 * settings.hard) if draw > 0.85 else rng.uniform(1 - 0.55 * settings.hard, 1)
    size = max(32, round(image.shape[1] * factor)), max(32, round(image.shape[0] * factor))
    return cv2.resize(image, size, interpolation=KERNELS[str(rng.choice(settings.kernels))])


def encode(image: np.ndarray, rng: np.random.Generator, settings: Settings) -> np.ndarray:
    """One generation of lossy compression."""
    codec = str(rng.choice(settings.codecs))
    quality = int(rng.integers(settings.quality[0], settings.quality[1] + 1))
    if codec == "none":
        return image
    if codec == "h264":
        return _filmed(image, 50 - quality // 3)
    bgr = image[..., ::-1]
    if codec == "webp":
        return _round_trip(bgr, ".webp", [cv2.IMWRITE_WEBP_QUALITY, quality])
    factor = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444 if codec == "jpeg444" else cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, factor]
    image = _round_trip(bgr, ".jpg", options)
    if codec == "jpeg_twice":  # a crop between the two, so that the block grids do not match
        image = _round_trip(image[3:, 5:, ::-1], ".jpg", options)
    return image


def _filmed(image: np.ndarray, rate_factor: int) -> np.ndarray:
    """One intra frame of H.264; sides become even."""
    image = np.ascontiguousarray(image[: image.shape[0] & ~1, : image.shape[1] & ~1])
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.height, encoder.width = image.shape[:2]
    encoder.pix_fmt, encoder.time_base, encoder.thread_count = "yuv420p", Fraction(1, 25), 1
    encoder.options = {"crf": str(rate_factor), "preset": "superfast"}
    packets = encoder.encode(av.VideoFrame.from_ndarray(image, format="rgb24")) + encoder.encode(None)
    decoder = av.CodecContext.create("h264", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    frames = [frame for packet in [*packets, None] for frame in decoder.decode(packet)]
    return frames[0].to_ndarray(format="rgb24")


def _round_trip(bgr: np.ndarray, suffix: str, options: list[int]) -> np.ndarray:
    _, data = cv2.imencode(suffix, np.ascontiguousarray(bgr), options)
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert decoded is not None
    return decoded[..., ::-1]
