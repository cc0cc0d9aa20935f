"""Components of face image quality after ISO/IEC 29794-5, and one score that tells how likely the face is recognised.

The components follow the standard's subjects, not its formulas: each is read from what our own models and measures
say. The unified score is a logistic model of the components, fitted to whether the embedder still matches a face to a
good picture of the same person (models/training/face_quality.py). Its weights are never negative, so that no component
can lower the score by getting better; they stand in the card `face/quality`.
"""

from dataclasses import astuple, dataclass

import numpy as np

from models.cards import card
from models.face.eyes import EyeOpenness
from models.face.occlusion import Occlusion
from models.face.pose import Pose
from models.face.quality import FaceQuality

_FORESHORTENED_MOST = 60.0


@dataclass(frozen=True, slots=True)
class Components:
    """What makes a face picture good, each 0 = useless .. 1 = nothing to be wished for; None where it cannot be told.

    Attributes:
        sharpness: not blurred.
        acuity: detail of the size that recognition needs, in every direction: not shaken.
        noise_freedom: no sensor noise.
        luminance: the face neither dark nor bright on the whole.
        overexposure_prevention: no part burnt out.
        underexposure_prevention: no part lost in black.
        contrast: luma of the face spreads.
        dynamic_range: many levels are used.
        illumination_uniformity: both halves of the face lit alike.
        background_uniformity: nothing to be seen beside and above the head.
        eye_distance: enough pixels between the eyes.
        yaw: cosine squared of the angle, as `pitch` and `roll`; 0 from 90 degrees on.
        eyes_open: the less open eye.
        mouth_closed: 1 - openness.
        eyes_visible: share of the more hidden eye's region that can be seen.
        nose_visible: likewise of the nose, `mouth_visible` of the mouth, `face_visible` of the whole face.
        presence: how surely the mesh network sees a face at all (not in the standard).
    """

    sharpness: float
    acuity: float
    noise_freedom: float
    luminance: float
    overexposure_prevention: float
    underexposure_prevention: float
    contrast: float
    dynamic_range: float
    illumination_uniformity: float
    background_uniformity: float | None
    eye_distance: float
    yaw: float
    pitch: float
    roll: float
    eyes_open: float | None
    mouth_closed: float
    eyes_visible: float | None
    nose_visible: float | None
    mouth_visible: float | None
    face_visible: float | None
    presence: float


def components(
    quality: FaceQuality,
    pose: Pose,
    eyes: EyeOpenness,
    mouth: float,
    occlusion: Occlusion | None,
    *,
    presence: float,
    eye_pixels: float,
) -> Components:
    """Puts what was measured of one face on scales from 0 to 1; the scales' ends stand in the card.

    Args:
        mouth: openness 0..1.
        presence: of the mesh, 0..1.
        eye_pixels: between the eyes, in pixels of the picture as it was captured.
    """
    ends = card("face/quality").parameters["ends"]
    level = np.cos(np.radians(min(abs(pose.yaw), _FORESHORTENED_MOST)))
    return Components(
        sharpness=quality.sharpness,
        acuity=quality.acuity,
        noise_freedom=_scaled(quality.noise, ends["noise"]),
        luminance=float(np.interp(quality.brightness, ends["luminance"], (0, 1, 1, 0))),
        overexposure_prevention=1 - quality.overexposed,
        underexposure_prevention=1 - quality.underexposed,
        contrast=_scaled(quality.contrast, ends["contrast"]),
        dynamic_range=_scaled(quality.dynamic_range, ends["dynamic_range"]),
        illumination_uniformity=quality.illumination,
        background_uniformity=quality.background,
        eye_distance=_scaled(np.log(max(eye_pixels / level, 1e-6)), np.log(ends["eye_pixels"]).tolist()),
        yaw=_cosine_squared(pose.yaw),
        pitch=_cosine_squared(pose.pitch),
        roll=_cosine_squared(pose.roll),
        eyes_open=eyes.least,
        mouth_closed=1 - mouth,
        eyes_visible=None if occlusion is None else min(occlusion.left_eye, occlusion.right_eye),
        nose_visible=None if occlusion is None else occlusion.nose,
        mouth_visible=None if occlusion is None else occlusion.mouth,
        face_visible=None if occlusion is None else occlusion.total,
        presence=presence,
    )


def unified(of: Components) -> float:
    """0..1: the chance that the embedder matches this face to a good picture of the same person at FMR 1e-3.

    A chance among the degraded pictures it was fitted on; a rank among pictures of other origin.
    """
    fitted = card("face/quality").parameters["unified"]
    return logistic(features(of), np.array(fitted["weights"]), fitted["bias"])


def features(of: Components) -> np.ndarray:
    """The (42,) inputs of the logistic model: what each component lacks of 1, and of 1/2, as values at or below 0.

    The second lets a component weigh more where it is poor. What cannot be told lacks nothing.
    """
    values = np.array([1.0 if value is None else value for value in astuple(of)])
    return np.concatenate([values - 1, 2 * np.minimum(values - 0.5, 0)])


def logistic(inputs: np.ndarray, weights: np.ndarray, bias: float) -> float:
    """Of one row of inputs."""
    return float(1 / (1 + np.exp(-(inputs @ weights + bias))))


def _scaled(value: float, ends: list[float]) -> float:
    """0 at the first of the ends, 1 at the second; either may be the larger."""
    worst, best = ends
    return float(np.clip((value - worst) / (best - worst), 0, 1))


def _cosine_squared(degrees: float) -> float:
    return float(max(0.0, np.cos(np.radians(degrees))) ** 2)
