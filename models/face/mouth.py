"""How far the mouth is open."""

import numpy as np

from models.face.landmarks import BLENDSHAPES, FaceMeshResult

# Inner corners of the lips, then points of the upper and lower lip's inner edge that face each other.
_CORNERS = (78, 308)
_UPPER, _LOWER = (82, 13, 312), (87, 14, 317)
_JAW = BLENDSHAPES.index("jawOpen")
# Where each cue reads shut and wide open: kept after measuring on rendered mouths, see the card face/landmarks.
_ASPECT = (0.02, 0.60)
_JAW_OPEN = (0.02, 0.60)


def mouth_openness(mesh: FaceMeshResult) -> float:
    """Mean of the gap between the lips, in widths of the mouth, and the jaw blendshape; 0 = shut, 1 = wide open."""
    points = mesh.landmarks
    width = max(float(np.linalg.norm(points[_CORNERS[0]] - points[_CORNERS[1]])), 1e-6)
    gap = float(np.linalg.norm(points[list(_UPPER)] - points[list(_LOWER)], axis=1).mean()) / width
    cues = np.interp(gap, _ASPECT, (0, 1)), np.interp(float(mesh.blendshapes[_JAW]), _JAW_OPEN, (0, 1))
    return float(np.mean(cues))
