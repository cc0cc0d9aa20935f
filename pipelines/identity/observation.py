"""What there is to see of the faces in one image or video. Coordinates are pixels of the upright original."""

from dataclasses import dataclass

import numpy as np

from models.deepfake.face_artifacts import FaceArtifacts
from models.face.eyes import EyeOpenness
from models.face.occlusion import Occlusion
from models.face.pose import Pose
from models.face.quality import FaceQuality

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """What was seen of one face.

    Attributes:
        mouth: openness 0..1.
        occlusion: None where it was not asked.
        liveness: score of `face/liveness`; None where it was not asked, as `recapture`, `embedding` and `artifacts`
            (what `deepfake/face-artifacts` says of it).
    """

    box: Box
    score: float
    presence: float
    pose: Pose
    eyes: EyeOpenness
    mouth: float
    quality: FaceQuality
    occlusion: Occlusion | None
    liveness: float | None = None
    recapture: float | None = None
    embedding: np.ndarray | None = None
    artifacts: FaceArtifacts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One frame: its time in seconds, how many faces were found and the main one (the largest), if any."""

    timestamp: float
    faces: int
    main: Face | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """The main face of one decoded frame of a video, as far as detector and mesh tell; None where there is no face.

    Attributes:
        timestamp: seconds.
        faces: how many were found.
        mesh: (478, 3) float32 x, y in pixels of the upright original, z in the same scale.
        embedding: only of some frames, where the face was followed.
    """

    timestamp: float
    faces: int
    box: Box | None = None
    presence: float | None = None
    pose: Pose | None = None
    eyes: EyeOpenness | None = None
    mouth: float | None = None
    mesh: np.ndarray | None = None
    embedding: np.ndarray | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Still:
    """The frame that can be judged best and its face, as JPEG in the size they were decoded to.

    Attributes:
        box: the face in pixels of the upright original.
    """

    timestamp: float
    box: Box
    frame: bytes
    face: bytes


@dataclass(frozen=True, slots=True)
class Surroundings:
    """How what surrounds a face changes while the face comes closer.

    Attributes:
        lag: by how much less it grows, as a share of the face's growth: 0 on anything flat, positive around a head.
        agreement: correlation -1..1 of the surroundings with themselves after one affine map; near 1 on anything flat.
    """

    lag: float
    agreement: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What was seen in one image or video.

    Attributes:
        width: pixels of the image after `rotation`.
        height: likewise.
        duration: seconds; None for images and sets of pictures.
        rotation: degrees (0, 90, 180, 270) it was turned counter-clockwise, beyond EXIF, to make the face stand up.
        frames: those that were judged in full: of an image its one, of a video at most eight, picked by quality and
            spread in time. At least one; without a face only where no frame shows any.
        track: of a video every decoded frame, in order of time; of an image none.
        everyone: of an image every face (at most 20, the largest), left to right, where they were asked for.
        still: the best frame, where it was asked for and shows a face.
        surroundings: of a face that was followed and came closer; None too where they are too plain to tell.
    """

    kind: str
    width: int
    height: int
    duration: float | None
    rotation: int
    frames: tuple[Seen, ...]
    track: tuple[Mark, ...] = ()
    everyone: tuple[Face, ...] = ()
    still: Still | None = None
    surroundings: Surroundings | None = None

    @property
    def faces(self) -> list[Face]:
        """The main face of every judged frame that shows one."""
        return [frame.main for frame in self.frames if frame.main is not None]
