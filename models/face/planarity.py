"""Whether the mesh of a face moves like a head or like a picture of one."""

from dataclasses import dataclass

import numpy as np

from models.cards import card

CARD = card("face/planarity")
POINTS = 468
"""Landmarks of the mesh without the irises, which move by themselves."""
MOST_FRAMES = 32
LEAST_FRAMES = 6
FOCALS = (0.75, 1.1, np.inf)
"""Focal lengths in long sides of the picture, of wide front cameras, webcams, and of none: the true one is unknown."""
_TOP = 85  # percentile of the pairs of frames between which there is most to see


@dataclass(frozen=True, slots=True)
class Planarity:
    """How a mesh changed between the frames of a video, where it changed most.

    Attributes:
        squeeze: 0..1, by how much it got narrower in one direction that no turn of a head explains: a picture that is
            turned by an angle a is squeezed by 1 - cos a, a head by nothing.
        stiffness: squeeze in units of what remains unexplained; low where an expression and not a turn made it.
        turn: 0..1, sine of the turn, as far as the narrowing of the whole mesh tells it.
        relief: how far near points moved against far ones, as a share of what a head of the mesh's own depth shows at
            that turn: about 1 for a head, about 0 for a picture.
        frames: how many were compared.
    """

    squeeze: float
    stiffness: float
    turn: float
    relief: float
    frames: int

    @property
    def planar(self) -> bool:
        """Whether this is a picture that was turned before the camera."""
        limit = CARD.parameters
        return (
            self.squeeze >= limit["squeeze_planar"]
            and self.stiffness >= limit["stiffness_planar"]
            and self.relief <= limit["relief_planar"]
        )

    @property
    def solid(self) -> bool:
        """Whether this is a head, or at least nothing flat, that was turned before the camera."""
        limit = CARD.parameters
        return not self.planar and self.turn >= limit["turn_solid"] and self.relief >= limit["relief_solid"]


def planarity(meshes: np.ndarray, size: tuple[int, int]) -> Planarity | None:
    """Compares all frames, under the one of several focal lengths that speaks most for a head.

    The mesh network makes a head of every picture, so depth proves nothing. But it places a picture's landmarks where
    they are seen, and a flat face that turns gets narrow without its nose moving against its cheeks. Each mesh is
    mapped linearly from the three dimensions of each other one onto the picture: for a stiff head under weak
    perspective the two rows of that map are perpendicular and of one length (Tomasi and Kanade 1992), for a picture
    that was turned they are not.

    Args:
        meshes: (F, 478, 3), x, y in pixels and z in the same scale, in order of time. At most 32 frames are used.
        size: width and height of the frames in pixels.

    Returns:
        None for fewer than six frames.
    """
    if len(meshes) < LEAST_FRAMES:
        return None
    chosen = np.unique(np.linspace(0, len(meshes) - 1, min(len(meshes), MOST_FRAMES)).round().astype(int))
    points = meshes[chosen, :POINTS].astype(np.float64)
    views = (_facing(points, size, focal * max(size)) for focal in FOCALS)
    return min((_compare(view) for view in views), key=lambda found: found.stiffness)


def _compare(points: np.ndarray) -> Planarity:
    """Compares every frame with every other, of (F, N, 3) points about their centre."""
    count, seen = len(points), points[..., :2]
    scatter = points.transpose(0, 2, 1) @ points
    crossed = points.transpose(0, 2, 1).reshape(3 * count, -1) @ seen.transpose(1, 0, 2).reshape(POINTS, -1)
    crossed = crossed.reshape(count, 3, count, 2).transpose(0, 2, 1, 3)  # (from frame, to frame, 3, 2)
    solid = np.linalg.solve(scatter[:, None] + 1e-9 * np.eye(3), crossed)
    flat = np.linalg.solve(scatter[:, None, :2, :2] + 1e-9 * np.eye(2), crossed[..., :2, :])
    long, short = np.moveaxis(np.linalg.svd(solid, compute_uv=False), -1, 0)
    wide, narrow = np.moveaxis(np.linalg.svd(flat, compute_uv=False), -1, 0)
    squeeze = 1 - short / long
    squeeze = np.minimum(squeeze, squeeze.T)
    spread = (seen**2).sum((1, 2))
    rest = np.sqrt(np.maximum(spread - (solid * crossed).sum((2, 3)), 0) / spread)
    turn = np.sqrt(np.maximum(1 - (narrow / wide) ** 2, 0))
    lift = np.linalg.norm(solid[..., 2, :], axis=-1) / long
    others = ~np.eye(count, dtype=bool)
    squeeze, rest, turn, lift = (values[others] for values in (squeeze, rest, turn, lift))
    squeezed, turned = squeeze >= np.percentile(squeeze, _TOP), turn >= np.percentile(turn, _TOP)
    return Planarity(
        squeeze=float(np.median(squeeze[squeezed])),
        stiffness=float(np.median(squeeze[squeezed] / np.maximum(rest[squeezed], 1e-3))),
        turn=float(np.median(turn[turned])),
        relief=float(np.median(lift[turned] / np.maximum(turn[turned], 1e-3))),
        frames=count,
    )


def _facing(points: np.ndarray, size: tuple[int, int], focal: float) -> np.ndarray:
    """The points as a camera turned towards each face would see them, about their centre: (F, N, 3).

    Perspective stretches what is seen near the edge of a picture, just as turning a picture squeezes it.
    """
    if np.isfinite(focal):
        rays = np.concatenate([points[..., :2] - np.array(size) / 2, np.full((*points.shape[:2], 1), focal)], axis=-1)
        forward = rays.mean(1)
        forward /= np.linalg.norm(forward, axis=1, keepdims=True)
        across = np.cross([0.0, 1.0, 0.0], forward)
        across /= np.linalg.norm(across, axis=1, keepdims=True)
        turned = rays @ np.stack([across, np.cross(forward, across), forward], axis=2)
        points = np.concatenate([turned[..., :2] / turned[..., 2:] * focal, points[..., 2:]], axis=-1)
    return points - points.mean(1, keepdims=True)
