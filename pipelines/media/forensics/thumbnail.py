"""Does the preview that a camera stored show the picture that is there now?"""

import io

import cv2
import numpy as np
from PIL import ExifTags, Image

_SIDE = 96
_CORRELATION_LEAST = 0.8
_LOCAL_MOST = 38.0
"""Grey levels by which an eighth of the picture differs after brightness and contrast were matched."""
_BYTES_MOST = 1 << 20


def thumbnail(exif: Image.Exif, exif_bytes: bytes) -> np.ndarray | None:
    """The EXIF preview as (h, w) uint8 grey; None where there is none that can be read."""
    try:
        second = exif.get_ifd(ExifTags.IFD.IFD1)
        at, size = int(second[0x0201]), int(second[0x0202])
        start = 6 if exif_bytes.startswith(b"Exif\0\0") else 0
        coded = exif_bytes[start + at : start + at + size]
        if not 0 < size <= _BYTES_MOST or not coded.startswith(b"\xff\xd8"):
            return None
        with Image.open(io.BytesIO(coded), formats=("JPEG",)) as image:
            if image.width * image.height > 1 << 20 or min(image.size) < 16:
                return None
            return np.asarray(image.convert("L"))
    except Exception:  # a preview that cannot be read is no preview
        return None


def compare(preview: np.ndarray, picture: np.ndarray) -> dict[str, float] | None:
    """How a preview differs from its picture, both grey and as stored; None where they show the same.

    Turned pictures whose preview was left as it was are forgiven, and so are black bars round a preview of 4:3.
    """
    best = max((_alike(np.rot90(preview, turns), picture) for turns in range(4)), key=lambda found: found[0])
    correlation, local = best
    if correlation >= _CORRELATION_LEAST and local <= _LOCAL_MOST:
        return None
    return {"correlation": round(correlation, 3), "difference": round(local, 1)}


def _alike(preview: np.ndarray, picture: np.ndarray) -> tuple[float, float]:
    """Correlation, and the largest mean difference over an eighth by an eighth of the picture."""
    preview = _without_bars(preview, picture.shape[1] / picture.shape[0])
    a, b = (_small(np.ascontiguousarray(image)) for image in (preview, picture))
    aspects = (preview.shape[1] / preview.shape[0]) / (picture.shape[1] / picture.shape[0])
    if not 0.85 < aspects < 1.18:
        return 0.0, 255.0
    spread = float(a.std() * b.std())
    if spread < 4.0:
        return (1.0, 0.0) if abs(a.mean() - b.mean()) < 64 else (0.0, 255.0)
    correlation = float(((a - a.mean()) * (b - b.mean())).mean() / spread)
    matched = (a - a.mean()) * (b.std() / max(float(a.std()), 1e-3)) + b.mean()
    step = _SIDE // 8
    local = np.abs(cv2.GaussianBlur(matched, (0, 0), 2) - cv2.GaussianBlur(b, (0, 0), 2))
    return correlation, float(local.reshape(8, step, 8, step).mean((1, 3)).max())


def _small(image: np.ndarray) -> np.ndarray:
    return cv2.resize(image, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)


def _without_bars(preview: np.ndarray, aspect: float) -> np.ndarray:
    """Cuts bars of black at two opposite sides away, where that brings the preview to its picture's shape."""
    height, width = preview.shape
    if width / height > aspect * 1.03:
        return _without_bars(preview.T, 1 / aspect).T
    bar = round((height - width / aspect) / 2)
    if width / height > aspect * 0.97 or bar < 2:
        return preview
    black = max(preview[: bar - 1].mean(), preview[height - bar + 1 :].mean()) < 24
    return preview[bar : height - bar] if black else preview
