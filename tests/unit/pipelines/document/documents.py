"""Ten-line models for tests of the document pipelines: a cyan sheet is a document, a magenta square a face."""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from models.document.corners import ordered
from models.document.detector import DocumentQuad
from models.document.orientation import PageTurn
from models.document.recapture import RecaptureScores
from models.document.retouching import Retouching
from models.face.detector import FaceBox
from models.face.landmarks import FaceMeshResult
from pipelines.media.frames import Decoded, Frame
from tests.unit.pipelines.identity.faces import box

CYAN, MAGENTA, BLUE = (0, 180, 180), (200, 0, 200), (0, 0, 200)


class PaintedDocuments:
    """Faces are upright where a blue strip lies above the magenta."""

    def __init__(self, screen: float = 0.9, copy: float = 0.8) -> None:
        self.scores = RecaptureScores(screen, copy)
        self.page = PageTurn(0, 0.3)
        self.portrait: float | None = 0.9
        self.asked: list[str] = []

    async def predict(self, name: str, batch: Sequence[Any]) -> list[Any]:
        self.asked += [name] * bool(batch)
        answers = {
            "document/detector": self.detector,
            "document/orientation": lambda page: self.page,
            "document/recapture": lambda crops: self.scores,
            "document/retouching": lambda item: Retouching(self.portrait, (), np.zeros((1, 1), np.float32)),
            "face/detector": self.faces,
            "face/landmarks": self.mesh,
        }
        return [answers[name](item) for item in batch]

    def detector(self, image: np.ndarray) -> list[DocumentQuad]:
        painted = (image[..., 0] < 250).astype(np.uint8)
        contours, _ = cv2.findContours(painted, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        quads = [ordered(np.asarray(cv2.boxPoints(cv2.minAreaRect(contour)))) for contour in contours]
        return sorted((DocumentQuad(quad, 0.9) for quad in quads), key=lambda quad: -quad.area)

    def faces(self, image: np.ndarray) -> list[FaceBox]:
        ys, xs = np.nonzero((image[..., 0] > 150) & (image[..., 1] < 60) & (image[..., 2] > 150))
        return [box(float(xs.min()), float(ys.min()), float(xs.max() - xs.min()))] if len(xs) > 50 else []

    def mesh(self, crop: np.ndarray) -> FaceMeshResult:
        face, strip = (crop[..., 0] > 150) & (crop[..., 1] < 60), (crop[..., 2] > 150) & (crop[..., 0] < 60)
        strip &= crop[..., 1] < 60
        above = strip.any() and np.nonzero(strip)[0].mean() < np.nonzero(face)[0].mean() - 20
        points = np.full((478, 3), 128, np.float32)
        return FaceMeshResult(points, 0.97 if above else 0.05, np.zeros(52, np.float32))


def sheet(portrait: bool = True) -> np.ndarray:
    """A document of 317 x 200 pixels."""
    image = np.full((200, 317, 3), CYAN, np.uint8)
    if portrait:
        image[70:130, 30:90], image[50:70, 30:90] = MAGENTA, BLUE
    return image


def photo(*sheets: np.ndarray, width: int = 800, height: int = 600) -> Decoded:
    """A white picture with documents under each other, 60 pixels from the left."""
    image, top = np.full((height, width, 3), 255, np.uint8), 40
    for one in sheets:
        image[top : top + one.shape[0], 60 : 60 + one.shape[1]] = one
        top += one.shape[0] + 30
    return decoded(image)


def decoded(image: np.ndarray, scale: float = 1.0) -> Decoded:
    """A decoded picture."""
    height, width = image.shape[:2]
    size = {"width": round(width * scale), "height": round(height * scale)}
    frames = (Frame(np.ascontiguousarray(image), 0, 0.0),)
    nothing = {"duration": None, "fps": None, "has_audio": False}
    return Decoded(kind="image", mime="image/png", scale=scale, frames=frames, **size, **nothing)
