"""Ten-line models for tests of the identity pipelines, and observations made by hand."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from models.face.detector import FaceBox
from models.face.eyes import EyeOpenness
from models.face.landmarks import FaceMeshResult
from models.face.occlusion import Occlusion
from models.face.pose import Pose
from models.face.quality import FaceQuality
from pipelines.identity.observation import Face, Observation, Seen
from pipelines.media.frames import Decoded, Frame

QUALITY = FaceQuality(
    brightness=0.5,
    contrast=0.5,
    sharpness=0.8,
    acuity=0.9,
    overexposed=0.0,
    underexposed=0.0,
    illumination=0.9,
    dynamic_range=0.85,
    noise=0.01,
    eye_distance=0.25,
    background=0.9,
)
VISIBLE = Occlusion(left_eye=1, right_eye=1, nose=1, mouth=1, total=1)


def box(left: float, top: float, side: float) -> FaceBox:
    """A detected face; its points stand as in an upright one."""
    places = [(0.3, 0.4), (0.7, 0.4), (0.5, 0.6), (0.35, 0.8), (0.65, 0.8)]
    points = np.array([(left + x * side, top + y * side) for x, y in places], np.float32)
    return FaceBox(left, top, left + side, top + side, 0.95, points)


class MarkedFaces:
    """Finds as many faces as the first pixel's red says, of 100 px and less; upright where its green is 255."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []

    async def predict(self, name: str, batch: Sequence[Any]) -> list[Any]:
        self.asked.append((name, len(batch)))
        return [getattr(self, name.removeprefix("face/"))(item) for item in batch]

    def detector(self, image: np.ndarray) -> list[FaceBox]:
        self.upright = image[0, 0, 1] == 255
        return [box(50, 50, 100 - 10 * number) for number in range(int(image[0, 0, 0]))]

    def landmarks(self, crop: np.ndarray) -> FaceMeshResult:
        circle = np.linspace(0, 2 * np.pi, 478)
        points = np.stack([128 + 80 * np.cos(circle), 128 + 80 * np.sin(circle), np.zeros(478)], axis=1)
        return FaceMeshResult(points.astype(np.float32), 0.95 if self.upright else 0.05, np.zeros(52, np.float32))

    def occlusion(self, crop: np.ndarray) -> Occlusion:
        return VISIBLE

    def embedder(self, crop: np.ndarray) -> np.ndarray:
        return np.eye(128, dtype=np.float32)[0]

    def liveness(self, crop: np.ndarray) -> float:
        return 0.8

    def recapture(self, views: np.ndarray) -> float:
        return 0.9


def picture(faces: int, *, upright: bool = True, turned: int = 0) -> np.ndarray:
    """(240, 320, 3) with that many marked faces, turned clockwise by quarters."""
    image = np.full((240, 320, 3), (0, 128, 128), np.uint8)
    image[0, 0] = (faces, 255 if upright else 0, 0)
    return np.ascontiguousarray(np.rot90(image, -turned))


def decoded(*pictures: np.ndarray, scale: float = 1.0) -> Decoded:
    """An image of one picture, or a video of several at one frame a second."""
    height, width = pictures[0].shape[:2]
    frames = tuple(Frame(pixels, index, float(index)) for index, pixels in enumerate(pictures))
    video = len(frames) > 1
    return Decoded(
        kind="video" if video else "image",
        mime="video/mp4" if video else "image/jpeg",
        width=round(width * scale),
        height=round(height * scale),
        duration=float(len(frames)) if video else None,
        fps=1.0 if video else None,
        has_audio=False,
        scale=scale,
        frames=frames,
    )


def face(**changes: Any) -> Face:
    """A good face of 200 px in the middle of a 640 x 480 picture."""
    values: dict[str, Any] = {
        "box": (220.0, 140.0, 420.0, 340.0),
        "score": 0.95,
        "presence": 0.98,
        "pose": Pose(yaw=2.0, pitch=-3.0, roll=1.0),
        "eyes": EyeOpenness(0.9, 0.85),
        "mouth": 0.05,
        "quality": QUALITY,
        "occlusion": VISIBLE,
        "liveness": 0.95,
        "recapture": 0.99,
        "embedding": np.eye(128, dtype=np.float32)[0],
    }
    return Face(**(values | changes))


def observation(*faces: Face | None, in_frame: int = 1) -> Observation:
    """One frame a second, each with that face (None: nobody)."""
    frames = tuple(
        Seen(timestamp=float(index), faces=in_frame if main else 0, main=main) for index, main in enumerate(faces)
    )
    kind = "video" if len(frames) > 1 else "image"
    return Observation(kind=kind, width=640, height=480, duration=None, rotation=0, frames=frames)
