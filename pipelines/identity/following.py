"""Follows the face of somebody who was asked to move, without searching and embedding each of many frames.

Nobody can slip in between: every frame's mesh is placed, a frame whose mesh is not sure is searched after all, and
frames between which the shape of the head changes are embedded on both sides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from models.face.detector import FaceBox
from models.face.landmarks import mesh_points
from pipelines.identity.sights import Scene, Sight, scenes, sights
from pipelines.media.frames import Frame
from pipelines.workers import Models

EVERY_S = 0.3
"""Seconds after which the detector searches again at the latest and the embedder reads the face again: every movement
that counts lasts as long (`active_liveness.challenge`), so whoever makes it is looked at while making it."""
SURE = 0.7
"""Least mesh presence of a frame that need not be searched."""
RESHAPED = 0.04
"""Change of a head's shape from one frame to the next (`shape_steps`) that one head hardly makes: of rendered answers
the largest step is 0.03 to 0.04, of two people in one place 0.05."""
SEARCHED_SIDE = 360
"""Pixels of the long side in which faces are searched: one that answers a challenge is large, and its mesh is exact."""
_SAME_PLACE = 0.3
_FACE = 468


def stride(frames: Sequence[Frame]) -> int:
    """How many frames go by within `EVERY_S`, at least 1."""
    if len(frames) < 2:
        return 1
    apart = (frames[-1].timestamp - frames[0].timestamp) / (len(frames) - 1)
    return max(1, int(EVERY_S / max(apart, 1e-3) + 1e-6))


async def follow(pixels: Sequence[np.ndarray], models: Models, least: float, every: int) -> list[Scene]:
    """As `sights.scenes`, but of frames in order of time that show one recording.

    Between two searched frames with their main face in nearly one place, the face is taken to be on the way, and the
    mesh, which settles on what it sees, tells where it is. All other frames are searched too.

    Args:
        least: faces whose shorter side has fewer pixels are ignored.
        every: see `stride`.
    """
    count = len(pixels)
    keys = sorted({*range(0, count, every), count - 1})
    found = dict(zip(keys, await scenes([pixels[n] for n in keys], models, least, SEARCHED_SIDE), strict=True))
    guessed = _guesses(found)
    placed = await sights([(pixels[n], boxes[0]) for n, boxes in guessed.items()], models)
    for (n, boxes), sight in zip(guessed.items(), placed, strict=True):
        if sight.mesh.presence >= SURE:
            main = _settled(sight)
            found[n] = Scene(pixels[n], [main.box, *boxes[1:]], main)
    doubtful = [n for n in range(count) if n not in found]
    found |= zip(doubtful, await scenes([pixels[n] for n in doubtful], models, least, SEARCHED_SIDE), strict=True)
    return [found[n] for n in range(count)]


def to_embed(meshes: Mapping[int, np.ndarray], every: int) -> list[int]:
    """Numbers of the frames whose face is embedded, in order: each `every`th, and both sides of each gap and of each
    change of shape, so that whoever is there for a frame or two is looked at as well.

    Args:
        meshes: (468 or more, 3) of each frame with a face, by the frame's number.
    """
    shown = sorted(meshes)
    chosen = {n for n in shown if n % every == 0}
    if len(shown) > 1:
        steps = shape_steps(np.stack([meshes[n] for n in shown]))
        for before, after, step in zip(shown[:-1], shown[1:], steps, strict=True):
            if step > RESHAPED or after - before > 1:
                chosen |= {before, after}
    return sorted(chosen)


def shape_steps(meshes: np.ndarray) -> np.ndarray:
    """How much the shape of a head changes from each mesh to the next, whatever its place, size and turn.

    Distance of the meshes after the best similarity in three dimensions (Kabsch 1976), as a share of the mesh's own
    root-mean-square extent.

    Args:
        meshes: (N, 468 or more, 3).

    Returns:
        (N - 1,) float64, 0 for the same shape.
    """
    points = meshes[:, :_FACE].astype(np.float64)
    points -= points.mean(1, keepdims=True)
    points /= np.maximum(np.sqrt((points**2).sum((1, 2), keepdims=True)), 1e-9)
    shared = points[:-1].transpose(0, 2, 1) @ points[1:]
    spread = np.linalg.svd(shared, compute_uv=False)
    spread[:, 2] *= np.sign(np.linalg.det(shared))
    steps: np.ndarray = np.sqrt(np.maximum(1 - spread.sum(1) ** 2, 0))
    return steps


def _guesses(found: Mapping[int, Scene]) -> dict[int, list[FaceBox]]:
    """Where the faces of the frames between the searched ones should be."""
    guessed = {}
    keys = sorted(found)
    for before, after in pairwise(keys):
        first, last = found[before], found[after]
        if first.main is None or last.main is None or _overlap(first.main.box, last.main.box) < _SAME_PLACE:
            continue
        for n in range(before + 1, after):
            share = (n - before) / (after - before)
            nearest = first if share < 0.5 else last
            guessed[n] = [_between(first.main.box, last.main.box, share), *nearest.boxes[1:]]
    return guessed


def _between(first: FaceBox, last: FaceBox, share: float) -> FaceBox:
    def mixed(one: float, other: float) -> float:
        return (1 - share) * one + share * other

    return FaceBox(
        mixed(first.left, last.left),
        mixed(first.top, last.top),
        mixed(first.right, last.right),
        mixed(first.bottom, last.bottom),
        min(first.score, last.score),
        (1 - share) * first.points + share * last.points,
    )


def _settled(sight: Sight) -> Sight:
    """With the five points where the mesh has them, since a guess has them only roughly."""
    return replace(sight, box=replace(sight.box, points=mesh_points(sight.mesh, sight.crop_to_image)))


def _overlap(first: FaceBox, second: FaceBox) -> float:
    """Intersection over union, 0..1."""
    width = min(first.right, second.right) - max(first.left, second.left)
    height = min(first.bottom, second.bottom) - max(first.top, second.top)
    shared = max(width, 0.0) * max(height, 0.0)
    return shared / max(first.width * first.height + second.width * second.height - shared, 1e-6)
