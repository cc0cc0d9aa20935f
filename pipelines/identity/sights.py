"""Finds faces and places their meshes: which way up the picture stands, and what mesh and crop alone tell."""

import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from models.face.alignment import align
from models.face.detector import FaceBox
from models.face.eyes import EyeOpenness, eye_openness
from models.face.landmarks import FaceMeshResult, alignment_points, mesh_crop, to_image
from models.face.mouth import mouth_openness
from models.face.pose import Pose, head_pose
from models.face.quality import FaceQuality, face_quality
from pipelines.identity.observation import Box
from pipelines.workers import Models

UPRIGHT_SCORE, UPRIGHT_PRESENCE = 0.92, 0.9
"""A face that the detector or the mesh is less sure of may lie on its side: then all four rotations compete by score
times presence. Measured over four rotations each: right for 252 of 252 views of 63 photos and 380 of 380 of 95
portraits; of the upright ones 0 and 31 were searched needlessly. Presence alone was right for 206 of 252."""


@dataclass(frozen=True, eq=False)
class Sight:
    """One face while it is being looked at: the pixels of its frame, its box in them, its crop and mesh."""

    pixels: np.ndarray
    box: FaceBox
    crop: np.ndarray
    crop_to_image: np.ndarray
    mesh: FaceMeshResult

    @cached_property
    def aligned(self) -> np.ndarray:
        """(112, 112, 3) uint8 RGB, as the embedder expects it."""
        return align(self.pixels, alignment_points(self.box, self.mesh, self.crop_to_image))

    @cached_property
    def in_frame(self) -> np.ndarray:
        """(478, 3) float32 mesh in pixels of the frame."""
        return to_image(self.mesh.landmarks, self.crop_to_image)

    @cached_property
    def pose(self) -> Pose:
        """In the frame, because the crop undoes part of the roll."""
        return head_pose(self.in_frame)

    @cached_property
    def eyes(self) -> EyeOpenness:
        """Openness of the eyes that can be judged."""
        return eye_openness(self.mesh, self.pose)

    @cached_property
    def mouth(self) -> float:
        """Openness 0..1."""
        return mouth_openness(self.mesh)

    @cached_property
    def quality(self) -> FaceQuality:
        """Light and sharpness."""
        return face_quality(self.crop, self.mesh.landmarks)

    @property
    def edges(self) -> Box:
        """The box in pixels of the frame."""
        return self.box.left, self.box.top, self.box.right, self.box.bottom

    @property
    def certainty(self) -> float:
        """0..1: how sure detector and mesh are of an upright face together."""
        return self.mesh.presence * self.box.score

    @property
    def upright(self) -> bool:
        """Whether there is no doubt that the face stands upright."""
        return self.mesh.presence >= UPRIGHT_PRESENCE and self.box.score >= UPRIGHT_SCORE

    @cached_property
    def fitness(self) -> float:
        """0..1: how well it can be judged, as far as that is known before the costly models."""
        frontal = max(0.0, 1 - math.hypot(self.pose.yaw, self.pose.pitch) / 90)
        return frontal * self.quality.acuity * self.certainty


@dataclass(frozen=True, eq=False)
class Scene:
    """One frame: its pixels, the boxes of its faces, largest first, and the sight of the first."""

    pixels: np.ndarray
    boxes: list[FaceBox]
    main: Sight | None

    @property
    def certainty(self) -> float:
        """Of the main face; 0 without one."""
        return self.main.certainty if self.main is not None else 0.0


Look = Callable[[Sequence[np.ndarray], Models, float], Awaitable[list["Scene"]]]
"""`scenes`, or another way to look for the faces of several frames."""


async def upright(
    pixels: Sequence[np.ndarray], models: Models, least: float, look: Look | None = None
) -> tuple[int, list[Scene]]:
    """Looks for faces as the picture stands; where that is doubtful, also with the picture turned three ways.

    The detector misses faces that lie on their side and gives wrong points for those upside down; the mesh is certain
    of upright faces only, so it decides. A video is turned as a whole, by the frame that is most certain.

    Args:
        least: faces whose shorter side has fewer pixels are ignored.
        look: how to find the faces of all frames; `scenes` by default.
    """
    look = look or scenes
    standing = await look(pixels, models, least)
    surest = max(range(len(standing)), key=lambda index: standing[index].certainty)
    best, rotation = standing[surest], 0
    if best.main is not None and best.main.upright:
        return 0, standing
    turned = await scenes([_turn(pixels[surest], quarter) for quarter in (1, 2, 3)], models, least)
    for quarter, scene in enumerate(turned, start=1):
        if scene.certainty > best.certainty:
            best, rotation = scene, 90 * quarter
    if rotation == 0:
        return 0, standing
    if len(pixels) == 1:
        return rotation, [best]
    return rotation, await look([_turn(picture, rotation // 90) for picture in pixels], models, least)


async def scenes(pixels: Sequence[np.ndarray], models: Models, least: float, side: int | None = None) -> list[Scene]:
    """Finds the faces of each picture as it stands, and the mesh of its largest. All travel in one call a model.

    Args:
        side: search in pictures that are reduced to so many pixels of the long side; as they are by default.
    """
    scales = [max(1.0, max(picture.shape[:2]) / side) if side else 1.0 for picture in pixels]
    searched = [_reduced(picture, scale) for picture, scale in zip(pixels, scales, strict=True)]
    found: list[list[FaceBox]] = await models.predict("face/detector", searched)
    grown = [[_enlarged(box, scale) for box in faces] for faces, scale in zip(found, scales, strict=True)]
    boxes = [[box for box in faces if min(box.width, box.height) >= least] for faces in grown]
    shown = [index for index, faces in enumerate(boxes) if faces]
    placed = dict(zip(shown, await sights([(pixels[n], boxes[n][0]) for n in shown], models), strict=True))
    return [Scene(picture, boxes[index], placed.get(index)) for index, picture in enumerate(pixels)]


async def sights(faces: Sequence[tuple[np.ndarray, FaceBox]], models: Models) -> list[Sight]:
    """Places the mesh on each of these faces, given with the pixels of their frame."""
    if not faces:
        return []
    crops = [mesh_crop(pixels, box) for pixels, box in faces]
    meshes = await models.predict("face/landmarks", [crop for crop, _ in crops])
    return [Sight(*face, *crop, mesh) for face, crop, mesh in zip(faces, crops, meshes, strict=True)]


def _reduced(picture: np.ndarray, scale: float) -> np.ndarray:
    size = round(picture.shape[1] / scale), round(picture.shape[0] / scale)
    return picture if scale == 1 else cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def _enlarged(box: FaceBox, scale: float) -> FaceBox:
    left, top, right, bottom = (edge * scale for edge in (box.left, box.top, box.right, box.bottom))
    return box if scale == 1 else FaceBox(left, top, right, bottom, box.score, box.points * np.float32(scale))


def _turn(pixels: np.ndarray, quarters: int) -> np.ndarray:
    return np.ascontiguousarray(np.rot90(pixels, quarters))
