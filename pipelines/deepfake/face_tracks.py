"""Whose face is where: the faces of all looked-at frames, joined into one track a person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from models.deepfake.face_artifacts import FaceArtifacts
from models.face.calibration import cosine_at
from pipelines.identity.observation import Box

SAME_PLACE = 0.4
"""Least overlap (intersection over union) of one face's boxes in two frames that follow on one another."""
SAME_FACE = cosine_at(0.5)
"""Least cosine of one face's embeddings; one stranger in a hundred reaches it."""
NEAR_S = 0.5
"""Seconds between two frames up to which a place says who it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Glimpse:
    """One face in one frame.

    Attributes:
        frame: number of the frame among the decoded ones.
        index: number of the frame in the file.
        box: pixels of the upright original.
        artifacts: what the network says of it; None where the face is too small for it.
        frequency: log odds by its grain, likewise.
        checkpoints: registry names of the operator's detectors -> log odds of being fake, likewise.
        view: (192, 192, 3) uint8 RGB, what the network saw.
    """

    frame: int
    index: int
    timestamp: float
    box: Box
    embedding: np.ndarray
    artifacts: FaceArtifacts | None = None
    frequency: float | None = None
    checkpoints: Mapping[str, float] = field(default_factory=dict)
    view: np.ndarray | None = field(default=None, repr=False)


def tracks(glimpses: Sequence[Glimpse]) -> list[list[Glimpse]]:
    """The glimpses of each person in order of time, the person seen most first.

    A glimpse joins the track whose last one it overlaps, shortly after, or whose face it has; two of one frame never
    share a track.
    """
    found: list[list[Glimpse]] = []
    for frame in sorted({glimpse.frame for glimpse in glimpses}):
        free = list(range(len(found)))
        here = [glimpse for glimpse in glimpses if glimpse.frame == frame]
        for glimpse in sorted(here, key=_area, reverse=True):
            likeness = {number: _likeness(found[number], glimpse) for number in free}
            best = max(likeness, key=lambda number: likeness[number], default=None)
            if best is not None and likeness[best] >= 1:
                found[best].append(glimpse)
                free.remove(best)
            else:
                found.append([glimpse])
    return sorted(found, key=lambda track: (-len(track), -_area(track[0])))


def overlap(one: Box, other: Box) -> float:
    """Intersection over union of two boxes."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(0.0, width) * max(0.0, height)
    return shared / max(_size(one) + _size(other) - shared, 1e-9)


def kinds_of(glimpses: Sequence[Glimpse]) -> Mapping[str, float]:
    """Mean share of each kind of manipulation over the glimpses that the network judged."""
    judged = [glimpse.artifacts.kinds for glimpse in glimpses if glimpse.artifacts is not None]
    return {name: sum(kinds[name] for kinds in judged) / len(judged) for name in judged[0]} if judged else {}


def _likeness(track: Sequence[Glimpse], glimpse: Glimpse) -> float:
    last = track[-1]
    near = glimpse.timestamp - last.timestamp <= NEAR_S
    place = overlap(last.box, glimpse.box) / SAME_PLACE if near else 0.0
    face = max(float(other.embedding @ glimpse.embedding) for other in track[-4:]) / SAME_FACE
    return max(place, face)


def _area(glimpse: Glimpse) -> float:
    return _size(glimpse.box)


def _size(box: Box) -> float:
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])
