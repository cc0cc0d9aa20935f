"""Looks at every face of an image or video once: where, which way up, how it is held, who, and how it was captured."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from models.face.alignment import align
from models.face.detector import FaceBox
from models.face.eyes import EyeOpenness, eye_openness
from models.face.landmarks import FaceMeshResult, alignment_points, mesh_crop, to_image
from models.face.liveness import liveness_crop
from models.face.occlusion import Occlusion
from models.face.pose import Pose, head_pose
from models.face.quality import FaceQuality, face_quality
from models.face.recapture import cut_views
from pipelines.media.frames import Decoded
from pipelines.workers import Models

MODELS = (
    "face/detector",
    "face/landmarks",
    "face/occlusion",
    "face/embedder",
    "face/liveness",
    "face/recapture",
)
"""What the stage needs; it runs beside them where one host holds them all."""

UPRIGHT_SCORE, UPRIGHT_PRESENCE = 0.92, 0.9
"""A face that the detector or the mesh is less sure of may lie on its side: then all four rotations compete by score
times presence. Measured over four rotations each: right for 252 of 252 views of 63 photos and 380 of 380 of 95
portraits; of the upright ones 0 and 31 were searched needlessly. Presence alone was right for 206 of 252."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """What was seen of the main face of a frame. Coordinates are pixels of the upright original."""

    box: tuple[float, float, float, float]
    score: float
    presence: float
    pose: Pose
    eyes: EyeOpenness
    quality: FaceQuality
    occlusion: Occlusion
    liveness: float | None = None
    recapture: float | None = None
    embedding: np.ndarray | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One frame: its time in seconds, how many faces were found and the main one (the largest), if any."""

    timestamp: float
    faces: int
    main: Face | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What was seen in one image or video.

    Attributes:
        width: pixels of the image after `rotation`.
        height: likewise.
        rotation: degrees (0, 90, 180, 270) it was turned counter-clockwise, beyond EXIF, to make the face stand up.
    """

    kind: str
    width: int
    height: int
    duration: float | None
    rotation: int
    frames: tuple[Seen, ...]

    @property
    def faces(self) -> list[Face]:
        """The main face of every frame that shows one."""
        return [frame.main for frame in self.frames if frame.main is not None]


@dataclass(frozen=True)
class _Sight:
    """One frame while it is being looked at: pixels, boxes in them (largest first), crop and mesh of the first box."""

    pixels: np.ndarray
    boxes: list[FaceBox]
    crop: np.ndarray | None
    crop_to_image: np.ndarray | None
    mesh: FaceMeshResult | None

    @cached_property
    def aligned(self) -> np.ndarray:
        assert self.mesh is not None
        assert self.crop_to_image is not None
        return align(self.pixels, alignment_points(self.boxes[0], self.mesh, self.crop_to_image))

    @property
    def upright(self) -> bool:
        sure = self.mesh is not None and self.mesh.presence >= UPRIGHT_PRESENCE
        return sure and self.boxes[0].score >= UPRIGHT_SCORE

    @property
    def certainty(self) -> float:
        return self.mesh.presence * self.boxes[0].score if self.mesh is not None else 0.0


async def observe(decoded: Decoded, models: Models, options: Mapping[str, Any]) -> Observation:
    """Finds the main face of each frame and judges it with the models that were asked for.

    Args:
        options: `liveness` and `embedding` (booleans) say which models to ask beyond detection, mesh and quality.
    """
    pixels = [frame.pixels for frame in decoded.frames]
    rotation, sights = await _upright(pixels, models)
    hidden, embeddings, liveness, recapture = await asyncio.gather(
        _ask(models, "face/occlusion", sights, lambda s: s.aligned, True),
        _ask(models, "face/embedder", sights, lambda s: s.aligned, options.get("embedding")),
        _ask(models, "face/liveness", sights, lambda s: liveness_crop(s.pixels, s.boxes[0]), options.get("liveness")),
        _ask(models, "face/recapture", sights, lambda s: cut_views(s.pixels, _box(s)), options.get("liveness")),
    )
    seen = [
        Seen(
            timestamp=frame.timestamp,
            faces=len(sight.boxes),
            main=_face(sight, decoded.scale, *answers) if sight.boxes else None,
        )
        for frame, sight, *answers in zip(decoded.frames, sights, hidden, liveness, recapture, embeddings, strict=True)
    ]
    sideways = rotation in (90, 270)
    return Observation(
        kind=decoded.kind,
        width=decoded.height if sideways else decoded.width,
        height=decoded.width if sideways else decoded.height,
        duration=decoded.duration,
        rotation=rotation,
        frames=tuple(seen),
    )


async def _upright(pixels: Sequence[np.ndarray], models: Models) -> tuple[int, list[_Sight]]:
    """Looks for faces as the picture stands; where that is doubtful, also with the picture turned three ways.

    The detector misses faces that lie on their side and gives wrong points for those upside down; the mesh is certain
    of upright faces only, so it decides. A video is turned as a whole, by the frame that is most certain.
    """
    standing = await _sights(pixels, models)
    surest = max(range(len(standing)), key=lambda index: standing[index].certainty)
    best, rotation = standing[surest], 0
    if best.upright:
        return 0, standing
    turned = await _sights([_turn(pixels[surest], quarter) for quarter in (1, 2, 3)], models)
    for quarter, sight in enumerate(turned, start=1):
        if sight.certainty > best.certainty:
            best, rotation = sight, 90 * quarter
    if rotation == 0:
        return 0, standing
    if len(pixels) == 1:
        return rotation, [best]
    return rotation, await _sights([_turn(picture, rotation // 90) for picture in pixels], models)


def _turn(pixels: np.ndarray, quarters: int) -> np.ndarray:
    return np.ascontiguousarray(np.rot90(pixels, quarters))


async def _sights(pixels: Sequence[np.ndarray], models: Models) -> list[_Sight]:
    boxes: list[list[FaceBox]] = await models.predict("face/detector", pixels)
    found = [(index, found[0]) for index, found in enumerate(boxes) if found]
    crops = [mesh_crop(pixels[index], box) for index, box in found]
    meshes = await models.predict("face/landmarks", [crop for crop, _ in crops])
    placed = {index: (*crop, mesh) for (index, _), crop, mesh in zip(found, crops, meshes, strict=True)}
    nothing = (None, None, None)
    return [_Sight(picture, boxes[index], *placed.get(index, nothing)) for index, picture in enumerate(pixels)]


async def _ask(models: Models, name: str, sights: Sequence[_Sight], crop: Any, wanted: object) -> list[Any]:
    """One result a frame; None where there is no face or nobody asked. All frames travel in one call."""
    with_face = [index for index, sight in enumerate(sights) if sight.boxes] if wanted else []
    answers = await models.predict(name, [crop(sights[index]) for index in with_face])
    found = dict(zip(with_face, answers, strict=True))
    return [found.get(index) for index in range(len(sights))]


def _box(sight: _Sight) -> tuple[float, float, float, float]:
    box = sight.boxes[0]
    return box.left, box.top, box.right, box.bottom


def _face(
    sight: _Sight,
    scale: float,
    hidden: Occlusion,
    live: float | None,
    recapture: float | None,
    embedding: np.ndarray | None,
) -> Face:
    assert sight.crop is not None
    assert sight.crop_to_image is not None
    assert sight.mesh is not None
    # In the image, because the crop undoes part of the roll.
    pose = head_pose(to_image(sight.mesh.landmarks, sight.crop_to_image))
    left, top, right, bottom = _box(sight)
    return Face(
        box=(left * scale, top * scale, right * scale, bottom * scale),
        score=sight.boxes[0].score,
        presence=sight.mesh.presence,
        pose=pose,
        eyes=eye_openness(sight.mesh, pose),
        quality=face_quality(sight.crop, sight.mesh.landmarks),
        occlusion=hidden,
        liveness=live,
        recapture=recapture,
        embedding=embedding,
    )
