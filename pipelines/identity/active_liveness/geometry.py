"""What the meshes of a track say about depth, cuts and persons."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipelines.identity.active_liveness.movements import START_S, Signals
from pipelines.identity.observation import Mark

_FRONTAL = 12.0
"""Degrees of yaw and pitch from the start beyond which widths tell of turning more than of distance."""
_NEAR, _FAR, _NEAREST = 0.2, 0.1, 0.7
"""Logarithms of the size; the last a share of the largest one."""
STEP_S = 0.1
_EMBEDDED_LEAST = 8
_FACE = np.arange(468)
OUTLINE = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
_INNER = np.setdiff1d(_FACE, OUTLINE)
"""The mesh without its rim, which follows hair and beard and, near, what the camera sees past the cheeks."""


@dataclass(frozen=True, slots=True)
class Growth:
    """How much more the near parts of a face grow than the far ones while it comes closer, per face width of depth.

    Attributes:
        whole: over all marks that face the camera, those at rest against those that are near.
        within: over those of the approach alone. A mesh may change by a step when a picture begins to move; only a
            head's growth goes on with its size.
        marks: how many near ones there are.
    """

    whole: float
    within: float
    marks: int

    @property
    def mean(self) -> float:
        """Of both: each errs by itself."""
        return (self.whole + self.within) / 2


def perspective(found: Signals) -> Growth | None:
    """Measures growth by depth: about 0.17 for a head at an arm's length, 0 for whatever is flat, which grows alike
    everywhere.

    Each mesh is explained by the start's mesh through everything that a flat picture can do (an affine map, and the two
    second-order terms of a homography), a shift by depth (small turns) and a growth by depth; the last one is laid
    against the logarithm of the face's size (least squares).
    None where fewer than five near or five usual marks face the camera.
    """
    frontal = (np.abs(found.yaw) < _FRONTAL) & (np.abs(found.pitch) < _FRONTAL)
    near, far = frontal & (found.size > _NEAR), frontal & (found.size < _FAR)
    if near.sum() < 5 or far.sum() < 5:
        return None
    growth = _growth_by_depth(_start(found), found.mesh[:, _FACE, :2])
    moving = frontal & (found.size > _FAR)
    nearest = found.size > _NEAREST * found.size.max()
    return Growth(
        whole=_slope(found.size[frontal], growth[frontal], near[frontal]),
        within=_slope(found.size[moving], growth[moving], nearest[moving]),
        marks=int(near.sum()),
    )


def _slope(size: np.ndarray, growth: np.ndarray, near: np.ndarray) -> float:
    """Of the line through the marks, the near ones and all others weighing alike however many they are."""
    weight = np.where(near, 1 / max(int(near.sum()), 1), 1 / max(int((~near).sum()), 1))
    return float(np.polyfit(size, growth, 1, w=np.sqrt(weight))[0])


def _growth_by_depth(first: np.ndarray, meshes: np.ndarray) -> np.ndarray:
    """The growth by depth of each of the meshes (N, 468, 2) against the first one (468, 3), by the inner points."""
    width = max(float(np.linalg.norm(first[234, :2] - first[454, :2])), 1e-6)
    inner = (first[_INNER] - first[_INNER].mean(0)) / width
    x, y, depth = inner.T
    one, none = np.ones_like(x), np.zeros_like(x)
    across = np.column_stack([x, none, y, one, none, none, depth, none, x * x, x * y, -depth * x])
    down = np.column_stack([none, y, none, none, x, one, none, depth, x * y, y * y, -depth * y])
    explain = np.linalg.pinv(np.concatenate([across, down]))
    found = explain @ np.concatenate([meshes[:, _INNER, 0], meshes[:, _INNER, 1]], axis=1).T / width
    growth: np.ndarray = found[-1] / np.maximum((found[0] + found[1]) / 2, 1e-6)
    return growth


def jumps(found: Signals) -> np.ndarray:
    """How abruptly the face moves from each mark to the next, (N - 1,): what neighbouring steps do not explain.

    The face's centre, in face sizes, and the logarithm of its size; the step before and the step after are taken off,
    so that quick but smooth movement counts little. A cut stands out by itself. Where more than `STEP_S` lies between
    two marks, more may change: the value is of so much time.
    """
    first = _start(found)
    scale = np.exp(found.size) * max(float(np.linalg.norm(first[10, :2] - first[152, :2])), 1e-6)
    moved = np.diff(found.mesh[..., :2].mean(1), axis=0) / scale[:-1, None]
    step = np.column_stack([moved, np.diff(found.size)])
    size = np.linalg.norm(step, axis=1)
    beside = np.maximum(np.append(0, size[:-1]), np.append(size[1:], 0))
    return np.maximum(size - beside, 0) / np.maximum(np.diff(found.time) / STEP_S, 1)


def likeness(track: Sequence[Mark], yaw_most: float) -> np.ndarray:
    """Cosine of each embedding with the mean of all before it, the better of each two in a row: one blurred frame says
    nothing, two are a person. Of marks that do not turn further than that, all but the first two."""
    kept = [
        mark.embedding
        for mark in track
        if mark.embedding is not None and mark.pose is not None and abs(mark.pose.yaw) < yaw_most
    ]
    if len(kept) < _EMBEDDED_LEAST:
        return np.zeros(0)
    embeddings = np.stack(kept)
    mean = np.cumsum(embeddings, axis=0)[:-1]
    mean /= np.linalg.norm(mean, axis=1, keepdims=True)
    cosine = np.einsum("nd,nd->n", embeddings[1:], mean)[1:]
    better: np.ndarray = np.maximum(cosine[:-1], cosine[1:])
    return better


def _start(found: Signals) -> np.ndarray:
    """The usual mesh of the start, (468, 3)."""
    mesh: np.ndarray = np.median(found.mesh[found.time <= START_S][:, _FACE], axis=0)
    return mesh
