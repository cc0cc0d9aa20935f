"""A telephone's front camera: perspective, a shaking hand, drifting exposure, noise and H.264."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import av
import cv2
import numpy as np

from models.training.clips.head import LASHES, Head, Posture

_SHIFT = 4  # binary digits of sub-pixel corners in cv2.fillConvexPoly
_NEARLY_SHUT = 0.6
_GRAIN = 64
"""Pixels by which the field of noise is larger than a frame."""


@dataclass(frozen=True, slots=True)
class Camera:
    """Attributes: width, height: pixels. focal: pixels. fps: frames a second. noise: of the sensor, in grey levels."""

    width: int = 480
    height: int = 640
    focal: float = 640.0
    fps: int = 10
    noise: float = 2.0
    quality: int = 23  # H.264 rate factor

    def project(self, points: np.ndarray) -> np.ndarray:
        """(N, 3) points before the camera to (N, 2) pixels."""
        return points[:, :2] / points[:, 2:] * self.focal + (self.width / 2, self.height / 2)


def photograph(head: Head, posture: Posture, camera: Camera) -> np.ndarray:
    """One frame without the camera's faults: (height, width, 3) uint8 RGB."""
    points = head.pose(posture)
    seen = camera.project(points)
    owner = _paint(seen, points[:, 2], head.triangles, camera)
    forms = _affine(seen[head.triangles], head.texture(posture)[head.triangles])
    forms = np.append(forms, np.array([[0, 0, -9, 0, 0, -9]], np.float32), axis=0)  # of no triangle: beyond the picture
    yy, xx = np.mgrid[0 : camera.height, 0 : camera.width].astype(np.float32)
    # One plane at a time: six values a pixel together would be copied through memory.
    xx_x, yy_x, one_x, xx_y, yy_y, one_y = (np.take(form, owner, mode="wrap") for form in forms.T.copy())
    x = xx_x * xx + yy_x * yy + one_x
    y = xx_y * xx + yy_y * yy + one_y
    behind = cv2.resize(head.backdrop, (camera.width, camera.height))
    skin = head.lidded if posture.shut >= _NEARLY_SHUT else head.image
    picture = cv2.remap(skin, x, y, cv2.INTER_LINEAR, behind, cv2.BORDER_TRANSPARENT)
    return _lashes(picture, seen, posture)


def _lashes(picture: np.ndarray, seen: np.ndarray, posture: Posture) -> np.ndarray:
    """Draws the dark line where shut lids meet; without it the mesh imagines an open eye under the skin."""
    if posture.shut < _NEARLY_SHUT:
        return picture
    thick = max(1, round(0.016 * float(np.linalg.norm(seen[454] - seen[234]))))
    for eye in LASHES:
        line = np.round(seen[list(eye)] * 2**_SHIFT).astype(np.int32)
        shade = np.median(picture[tuple(np.clip(seen[list(eye)].astype(int), 0, 479)[:, ::-1].T)], axis=0) * 0.3
        cv2.polylines(picture, [line], False, shade.tolist(), thick, cv2.LINE_AA, _SHIFT)
    return picture


def _paint(seen: np.ndarray, depth: np.ndarray, triangles: np.ndarray, camera: Camera) -> np.ndarray:
    """Which triangle each pixel shows, -1 where none: near ones painted over far ones."""
    owner = np.full((camera.height, camera.width), -1, np.int32)
    corners = np.round(seen[triangles] * 2**_SHIFT).astype(np.int32)
    for index in np.argsort(-depth[triangles].mean(1)):
        cv2.fillConvexPoly(owner, corners[index], int(index), cv2.LINE_8, _SHIFT)
    return owner


def _affine(target: np.ndarray, source: np.ndarray) -> np.ndarray:
    """(T, 6) maps from target to source triangles, each (T, 3, 2)."""
    square = np.concatenate([target, np.ones((*target.shape[:2], 1))], 2)
    flat = np.abs(np.linalg.det(square)) < 1e-6
    square[flat] = np.eye(3)
    return np.linalg.solve(square, source).transpose(0, 2, 1).reshape(-1, 6).astype(np.float32)


def film(pictures: Sequence[np.ndarray], camera: Camera, rng: np.random.Generator) -> list[np.ndarray]:
    """Adds what a hand-held camera does: small shifts and turns, exposure that drifts, noise."""
    count = len(pictures)
    grain = np.round(rng.standard_normal((camera.height + _GRAIN, camera.width + _GRAIN, 3), np.float32) * camera.noise)
    grain = grain.astype(np.int16)
    shake = np.stack([_wander(rng, count, pixels) for pixels in (1.5, 1.5, 0.4)], 1)
    light = 1 + _wander(rng, count, 0.02)
    out = []
    for picture, (x, y, degrees), gain in zip(pictures, shake, light, strict=True):
        turn = cv2.getRotationMatrix2D((camera.width / 2, camera.height / 2), float(degrees), 1.0)
        turn[:, 2] += x, y
        size = (camera.width, camera.height)
        moved = cv2.warpAffine(picture, turn, size, borderMode=cv2.BORDER_REFLECT_101)
        lit = cv2.LUT(moved, np.clip(np.arange(256) * gain, 0, 255).astype(np.uint8))
        # Every frame shows another part of one field of noise.
        top, left = rng.integers(_GRAIN, size=2)
        out.append(cv2.add(lit, grain[top : top + camera.height, left : left + camera.width], dtype=cv2.CV_8U))
    return out


def _wander(rng: np.random.Generator, count: int, spread: float) -> np.ndarray:
    """A random walk that is drawn back to 0: (count,) with about that standard deviation."""
    values, value = np.empty(count), 0.0
    for index in range(count):
        value = 0.85 * value + rng.normal(0, spread * 0.53)
        values[index] = value
    return values


def encode(pictures: Sequence[np.ndarray], camera: Camera) -> bytes:
    """The frames as an MP4 with H.264."""
    target = io.BytesIO()
    with av.open(target, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=camera.fps)
        stream.width, stream.height, stream.pix_fmt = camera.width, camera.height, "yuv420p"
        stream.thread_count = 1
        stream.time_base = Fraction(1, camera.fps)
        # With these two on, the same frames give other bytes each time.
        steady = "threads=1:mbtree=0:rc-lookahead=0"
        stream.options = {"crf": str(camera.quality), "preset": "ultrafast", "x264-params": steady}
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return target.getvalue()
