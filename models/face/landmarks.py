"""478 face landmarks and 52 blendshapes from one crop: MediaPipe Face Landmarker on LiteRT."""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from ai_edge_litert.interpreter import Interpreter

from models import weights
from models.cards import card
from models.face.detector import FaceBox
from models.predictor import Predictor

SIZE = 256
LANDMARKS = 478

_INPUTS = """
0 1 4 5 6 7 8 10 13 14 17 21 33 37 39 40 46 52 53 54 55 58 61 63 65 66 67 70 78 80 81 82 84 87 88 91 93 95 103 105
107 109 127 132 133 136 144 145 146 148 149 150 152 153 154 155 157 158 159 160 161 162 163 168 172 173 176 178 181
185 191 195 197 234 246 249 251 263 267 269 270 276 282 283 284 285 288 291 293 295 296 297 300 308 310 311 312 314
317 318 321 323 324 332 334 336 338 356 361 362 365 373 374 375 377 378 379 380 381 382 384 385 386 387 388 389 390
397 398 400 402 405 409 415 454 466 468 469 470 471 472 473 474 475 476 477
"""
BLENDSHAPE_INPUTS = np.array(_INPUTS.split(), int)
"""Landmarks that the blendshape network reads (MediaPipe, face_blendshapes_graph.cc)."""

_NAMES = """
_neutral browDownLeft browDownRight browInnerUp browOuterUpLeft browOuterUpRight cheekPuff cheekSquintLeft
cheekSquintRight eyeBlinkLeft eyeBlinkRight eyeLookDownLeft eyeLookDownRight eyeLookInLeft eyeLookInRight
eyeLookOutLeft eyeLookOutRight eyeLookUpLeft eyeLookUpRight eyeSquintLeft eyeSquintRight eyeWideLeft eyeWideRight
jawForward jawLeft jawOpen jawRight mouthClose mouthDimpleLeft mouthDimpleRight mouthFrownLeft mouthFrownRight
mouthFunnel mouthLeft mouthLowerDownLeft mouthLowerDownRight mouthPressLeft mouthPressRight mouthPucker mouthRight
mouthRollLower mouthRollUpper mouthShrugLower mouthShrugUpper mouthSmileLeft mouthSmileRight mouthStretchLeft
mouthStretchRight mouthUpperUpLeft mouthUpperUpRight noseSneerLeft noseSneerRight
"""
BLENDSHAPES = tuple(_NAMES.split())
"""Names of the 52 blendshapes in output order; left and right are the person's own."""

# MediaPipe cuts 1.5 times the mesh's own extent. Seen from YuNet's box, the mesh spans 0.92 of the long side and its
# centre lies 0.05 of it lower (medians over portraits, see the card).
_SPAN = 1.5
_SIDE = _SPAN * 0.92
_DOWN = 0.05

_PASSES = 3
_WHOLE = np.eye(2, 3)
_SURE = 0.9
_PRESENT = 0.5
_DISAGREEMENT = 6.0
_RIGHT_CORNER, _LEFT_CORNER = 33, 263
_FIVE = [468, 473, 4, 61, 291]  # both irises, nose tip, mouth corners


@dataclass(frozen=True, slots=True, eq=False)
class FaceMeshResult:
    """The mesh of one crop.

    Attributes:
        landmarks: (478, 3) float32: x, y in crop pixels, z in the same scale, smaller = nearer, 0 = centre of the head.
        presence: 0..1, how surely the crop holds a face in this position.
        blendshapes: (52,) float32, 0..1, in the order of `BLENDSHAPES`.
    """

    landmarks: np.ndarray
    presence: float
    blendshapes: np.ndarray


def mesh_crop(image: np.ndarray, face: FaceBox) -> tuple[np.ndarray, np.ndarray]:
    """Cuts the upright square around a face that the mesh network expects.

    Args:
        image: (H, W, 3) uint8 RGB.
        face: a detected face; its eye points give the roll that the crop undoes.

    Returns:
        The crop, (256, 256, 3) uint8 RGB, black beyond the image border, and the (2, 3) float64 affine map from crop
        pixels to image pixels (see `to_image`).
    """
    to_image_map = crop_square(face, SIZE)
    crop = cv2.warpAffine(image, to_image_map, (SIZE, SIZE), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    return crop, to_image_map


def crop_square(face: FaceBox, size: int) -> np.ndarray:
    """The (2, 3) float64 map from a crop of `size` x `size` pixels, as `mesh_crop` frames it, to image pixels."""
    right_eye, left_eye = face.points[:2].astype(np.float64)
    angle = np.arctan2(left_eye[1] - right_eye[1], left_eye[0] - right_eye[0])
    across = np.array([np.cos(angle), np.sin(angle)])
    down = np.array([-across[1], across[0]])
    side = crop_side(face.width, face.height)
    extent = side / _SIDE
    centre = np.array([face.left + face.right, face.top + face.bottom]) / 2 + down * _DOWN * extent
    return np.column_stack([across * side / size, down * side / size, centre - (across + down) * side / 2])


def crop_side(width: float, height: float) -> float:
    """Side of the square that `mesh_crop` cuts around a face box of that width and height, in the box's pixels."""
    return _SIDE * max(width, height, 1.0)


def to_image(landmarks: np.ndarray, crop_to_image: np.ndarray) -> np.ndarray:
    """Landmarks (N, 3) of a crop in image pixels; z is scaled alike."""
    scale = float(np.hypot(*crop_to_image[:, 0]))
    flat = landmarks[:, :2] @ crop_to_image[:, :2].T + crop_to_image[:, 2]
    return np.column_stack([flat, landmarks[:, 2] * scale]).astype(np.float32)


def alignment_points(face: FaceBox, mesh: FaceMeshResult, crop_to_image: np.ndarray) -> np.ndarray:
    """The five points to align a face by, (5, 2) float32 in image pixels, in the order of `FaceBox.points`.

    They are the detector's, which the embedder suits best, unless the mesh sees the head tilted otherwise: the
    detector's points stay near upright, and only the mesh follows a tilted head (the card tells what that is worth).
    """
    points = mesh_points(mesh, crop_to_image)
    disagreement = (_tilt(points) - _tilt(face.points) + 180) % 360 - 180
    return points if mesh.presence >= _PRESENT and abs(disagreement) > _DISAGREEMENT else face.points


def mesh_points(mesh: FaceMeshResult, crop_to_image: np.ndarray) -> np.ndarray:
    """The five points of `FaceBox.points` where the mesh has them: (5, 2) float32 in image pixels."""
    return to_image(mesh.landmarks[_FIVE], crop_to_image)[:, :2]


def _tilt(points: np.ndarray) -> float:
    """Clockwise angle of the line from right to left eye, degrees."""
    return float(np.degrees(np.arctan2(*(points[1] - points[0])[::-1])))


class FaceMesh(Predictor[np.ndarray, FaceMeshResult]):
    """Places MediaPipe's 478-point mesh on faces.

    Input: (256, 256, 3) uint8 RGB crops of `mesh_crop`. Output: one `FaceMeshResult` a crop. The detector's points hide
    most of a head's tilt; a mesh that comes out tilted, small or off centre is placed again on the crop turned by it.
    """

    card = card("face/landmarks")

    def load(self) -> None:
        with zipfile.ZipFile(weights.path("face_landmarker")) as task:
            self._mesh = self._interpreter(task.read("face_landmarks_detector.tflite"))
            self._shapes = self._interpreter(task.read("face_blendshapes.tflite"))

    def predict(self, batch: Sequence[np.ndarray]) -> list[FaceMeshResult]:
        return [self._settle(crop) for crop in batch]

    def close(self) -> None:
        del self._mesh, self._shapes

    def _interpreter(self, model: bytes) -> Interpreter:
        interpreter = Interpreter(model_content=model, num_threads=self.threads)
        interpreter.allocate_tensors()
        return interpreter

    def _settle(self, crop: np.ndarray) -> FaceMeshResult:
        """Places the mesh, at most `_PASSES` times, and keeps the placement with the surest presence."""
        best = placed = self._place(crop)
        square = _WHOLE
        for _ in range(_PASSES - 1):
            before, square = square, _own_square(placed.landmarks)
            if _close(before, square):
                break
            turned = cv2.warpAffine(crop, square, (SIZE, SIZE), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
            inner = self._place(turned)
            placed = FaceMeshResult(to_image(inner.landmarks, square), inner.presence, inner.blendshapes)
            if placed.presence >= min(best.presence, _SURE):
                best = placed
        return best

    def _place(self, crop: np.ndarray) -> FaceMeshResult:
        points, presence, _ = _run(self._mesh, crop[None].astype(np.float32) / 255)
        landmarks = points.reshape(LANDMARKS, 3)
        (shapes,) = _run(self._shapes, landmarks[None, BLENDSHAPE_INPUTS, :2])
        return FaceMeshResult(landmarks, float(1 / (1 + np.exp(-presence.item()))), shapes.ravel())


def _own_square(landmarks: np.ndarray) -> np.ndarray:
    """The (2, 3) map from the crop MediaPipe would cut around this mesh to the pixels the mesh is in."""
    eyes = (landmarks[_LEFT_CORNER, :2] - landmarks[_RIGHT_CORNER, :2]).astype(np.float64)
    across = eyes / max(float(np.hypot(*eyes)), 1e-6)
    axes = np.stack([across, [-across[1], across[0]]])
    extent = landmarks[:, :2] @ axes.T
    low, high = extent.min(0), extent.max(0)
    side = max(_SPAN * float((high - low).max()), 1.0)
    corner = (low + high) @ axes / 2 - axes.sum(0) * side / 2
    return np.column_stack([axes.T * side / SIZE, corner])


def _close(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether two squares differ so little that placing the mesh again would change nothing."""
    axes = np.linalg.solve(first[:, :2], second[:, :2])
    middles = [square[:, :2] @ (SIZE / 2, SIZE / 2) + square[:, 2] for square in (first, second)]
    apart = float(np.abs(middles[1] - middles[0]).max()) / (SIZE * float(np.hypot(*first[:, 0])))
    tilt, scale = np.degrees(np.arctan2(axes[1, 0], axes[0, 0])), float(np.hypot(*axes[:, 0]))
    return bool(abs(tilt) < 5 and 0.87 < scale < 1.15 and apart < 0.06)


def _run(interpreter: Interpreter, batch: np.ndarray) -> list[np.ndarray]:
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], batch)
    interpreter.invoke()
    return [interpreter.get_tensor(output["index"]) for output in interpreter.get_output_details()]
