"""A head in three dimensions, from one portrait and the mesh of its face."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

POINTS = 468
"""Landmarks of the mesh that are used: all but the irises, which would tear when the lids close."""
LEFT_SIDE, RIGHT_SIDE = 454, 234
OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
UPPER_LIDS = (246, 161, 160, 159, 158, 157, 173, 466, 388, 387, 386, 385, 384, 398)
LOWER_LIDS = (7, 163, 144, 145, 153, 154, 155, 249, 390, 373, 374, 380, 381, 382)
LASHES = ((33, *LOWER_LIDS[:7], 133), (263, *LOWER_LIDS[7:], 362))
"""Where shut lids meet, eye by eye."""
_LASHES_REACH = 0.025  # face widths beyond the lids
_LID_SHADE = 0.93
_RINGS = ((1.3, 0.35), (1.75, 0.55))  # times the oval, and how far behind it, in face widths


@dataclass(frozen=True, slots=True)
class Posture:
    """How the head is held in one frame.

    Attributes:
        yaw, pitch, roll: degrees, signs as in `models.face.pose.Pose`, added to how the portrait holds the head.
        x, y: of the head's centre, in face widths from the camera's axis.
        distance: from the camera to the head's centre, in face widths.
        shut: eyelids, 0 (as in the portrait) to 1.
    """

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    x: float = 0.0
    y: float = 0.0
    distance: float = 4.0
    shut: float = 0.0


class Head:
    """A portrait as a textured surface: the face's mesh, rings of hair and neck behind it, and the picture's border.

    Args:
        image: (H, W, 3) uint8 RGB.
        mesh: (478, 3) in pixels of the image, as `models.face.landmarks.to_image` gives it.
    """

    def __init__(self, image: np.ndarray, mesh: np.ndarray) -> None:
        self.image = image
        face = mesh[:POINTS].astype(np.float64)
        self.width = float(np.linalg.norm(face[LEFT_SIDE, :2] - face[RIGHT_SIDE, :2]))
        self.centre = face[list(OVAL), :2].mean(0)
        self.flat = np.concatenate([face[:, :2], *self._around(face)])
        depth = np.concatenate([face[:, 2], np.repeat(self._behind(face), [36, 36, 8])])
        self.points = np.column_stack([self.flat - self.centre, depth - face[list(OVAL), 2].mean()]) / self.width
        self.follows = np.concatenate([np.ones(POINTS), np.repeat([1.0, 0.4, 0.0], [36, 36, 8])])

    @cached_property
    def triangles(self) -> np.ndarray:
        """(T, 3) indices of the Delaunay triangles of the flat picture."""
        low, high = self.flat.min(0) - 2, self.flat.max(0) + 2
        plane = cv2.Subdiv2D((0, 0, *(int(side) + 1 for side in high - low)))
        places: dict[tuple[float, float], int] = {}
        for index, point in enumerate((self.flat - low).astype(np.float32)):
            places.setdefault((float(point[0]), float(point[1])), index)
            plane.insert((float(point[0]), float(point[1])))
        corners = np.asarray(plane.getTriangleList(), np.float32).reshape(-1, 3, 2)
        found = [[places.get((float(x), float(y)), -1) for x, y in three] for three in corners]
        return np.array([three for three in found if min(three) >= 0])

    @cached_property
    def lidded(self) -> np.ndarray:
        """The picture with skin in place of the eyes and their dark outlines, which no shut lid shows: in the colour of
        the skin right below each eye, a little darker."""
        picture = self.image.astype(np.float32)
        reach = max(2, round(_LASHES_REACH * self.width))
        rows = np.arange(len(picture))[:, None]
        for eye in (0, 1):
            outline = self.flat[[*UPPER_LIDS[7 * eye :][:7], *LOWER_LIDS[7 * eye :][:7]]]
            covered: np.ndarray = np.zeros(picture.shape[:2], np.uint8)
            cv2.fillConvexPoly(covered, cv2.convexHull(np.round(outline).astype(np.int32)), 1)
            covered = cv2.dilate(covered, _disc(reach))
            below = (cv2.dilate(covered, _disc(reach)) > covered) & (rows > outline[:, 1].max())
            skin = np.median(self.image[below], axis=0) if below.any() else picture.mean((0, 1))
            share = cv2.GaussianBlur(covered.astype(np.float32), (0, 0), reach / 2)[..., None]
            picture += share * (_LID_SHADE * skin - picture)
        return np.clip(picture, 0, 255).astype(np.uint8)

    @cached_property
    def backdrop(self) -> np.ndarray:
        """What stands behind the picture: its own colours without any shape."""
        return cv2.GaussianBlur(cv2.resize(self.image, (96, 128)), (0, 0), 24)

    def texture(self, posture: Posture) -> np.ndarray:
        """Where in the picture each point takes its colours from: (N, 2) pixels.

        Shut lids take theirs from beyond the lashes, or an open eye's dark outline would stay.
        """
        upper, lower, flat = list(UPPER_LIDS), list(LOWER_LIDS), self.flat.copy()
        opening = self.flat[lower] - self.flat[upper]
        flat[upper] -= 0.3 * posture.shut * opening
        flat[lower] += 0.15 * posture.shut * opening
        return flat

    def pose(self, posture: Posture) -> np.ndarray:
        """The points in face widths from the camera's axis, z their distance from the camera: (N, 3)."""
        points = self._expression(posture)
        pivot = np.array([0.0, 0.25, 0.55])
        turned = (points - pivot) @ rotation(posture).T + pivot
        moved = points + self.follows[:, None] * (turned - points)
        return moved + np.array([posture.x, posture.y, posture.distance])

    def _expression(self, posture: Posture) -> np.ndarray:
        points = self.points.copy()
        upper, lower = list(UPPER_LIDS), list(LOWER_LIDS)
        points[upper] += posture.shut * 0.97 * (points[lower] - points[upper])
        return points

    def _around(self, face: np.ndarray) -> list[np.ndarray]:
        oval = face[list(OVAL), :2] - self.centre
        height, width = self.image.shape[:2]
        far = max(height, width)
        x0, x1, y0, y1 = -0.2 * far, width + 0.2 * far, -0.2 * far, height + 0.2 * far
        xm, ym = (x0 + x1) / 2, (y0 + y1) / 2
        border = [[x0, y0], [xm, y0], [x1, y0], [x1, ym], [x1, y1], [xm, y1], [x0, y1], [x0, ym]]
        return [*(self.centre + times * oval for times, _ in _RINGS), np.array(border)]

    def _behind(self, face: np.ndarray) -> list[float]:
        rim = float(face[list(OVAL), 2].mean())
        return [rim + behind * self.width for _, behind in _RINGS] + [rim + 0.6 * self.width]


def _disc(radius: int) -> np.ndarray:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))


def rotation(posture: Posture) -> np.ndarray:
    """The (3, 3) rotation of a posture, in axes x to image right, y down, z away from the camera."""
    yaw, pitch, roll = np.radians([posture.yaw, posture.pitch, posture.roll])
    about_y = np.array([[np.cos(yaw), 0, -np.sin(yaw)], [0, 1, 0], [np.sin(yaw), 0, np.cos(yaw)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    about_z = np.array([[np.cos(roll), np.sin(roll), 0], [-np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    return about_z @ about_x @ about_y
