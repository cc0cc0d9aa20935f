"""How far the eyes are open."""

from dataclasses import dataclass

import numpy as np

from models.cards import card
from models.face.landmarks import BLENDSHAPES, FaceMeshResult
from models.face.pose import Pose

CARD = card("face/landmarks")
OPEN: float = CARD.parameters["eyes_open"]
"""Openness at or above which an eye counts as open."""
FAR_EYE_YAW: float = CARD.parameters["far_eye_yaw"]
LOOKING_DOWN: float = CARD.parameters["looking_down_pitch"]

# Corner, corner, then upper and lower lid points facing each other, of the person's own left and right eye.
_LEFT = (263, 362, (387, 386, 385), (373, 374, 380))
_RIGHT = (33, 133, (160, 159, 158), (144, 145, 153))
_BLINK_LEFT, _BLINK_RIGHT = BLENDSHAPES.index("eyeBlinkLeft"), BLENDSHAPES.index("eyeBlinkRight")
# Where each cue reads shut and wide open: quantiles over portraits, see the card.
_ASPECT = (0.06, 0.30)
_BLINK = (0.70, 0.15)


@dataclass(frozen=True, slots=True)
class EyeOpenness:
    """Openness of the person's own left and right eye, 0 = shut, 1 = wide open; None where the pose hides the eye."""

    left: float | None
    right: float | None

    @property
    def least(self) -> float | None:
        """The less open of the eyes that could be judged; None when neither could."""
        return min((eye for eye in (self.left, self.right) if eye is not None), default=None)


def eye_openness(mesh: FaceMeshResult, pose: Pose) -> EyeOpenness:
    """Mean of lid distance and blink blendshape, of eyes that the pose lets one see.

    The eye on the far side of a turned head is not judged, nor are eyes of a bowed head, whose lids look shut.
    """
    if pose.pitch > LOOKING_DOWN:
        return EyeOpenness(None, None)
    left = None if pose.yaw > FAR_EYE_YAW else _openness(mesh, _LEFT, _BLINK_LEFT)
    right = None if pose.yaw < -FAR_EYE_YAW else _openness(mesh, _RIGHT, _BLINK_RIGHT)
    return EyeOpenness(left, right)


def _openness(mesh: FaceMeshResult, eye: tuple[int, int, tuple[int, ...], tuple[int, ...]], blink: int) -> float:
    outer, inner, upper, lower = eye
    points = mesh.landmarks
    width = max(float(np.linalg.norm(points[outer] - points[inner])), 1e-6)
    aspect = float(np.linalg.norm(points[list(upper)] - points[list(lower)], axis=1).mean()) / width
    cues = np.interp(aspect, _ASPECT, (0, 1)), 1 - np.interp(float(mesh.blendshapes[blink]), _BLINK[::-1], (0, 1))
    return float(np.mean(cues))
