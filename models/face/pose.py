"""Where a head points, from its mesh."""

from dataclasses import dataclass

import numpy as np

# Landmark, x, y, z and weight of the points that hardly move with expression. They are MediaPipe's canonical face model
# and Procrustes weights (Apache-2.0; geometry_pipeline_metadata_landmarks in face_landmarker.task), turned to image
# axes: x to image right, y down, z away from the camera, about centimetres.
_BASIS = """
4 0.000 0.463 -7.587 0.0709
6 0.000 -2.473 -5.789 0.0321
10 0.000 -8.262 -4.482 0.0084
33 -4.446 -2.664 -3.173 0.0587
54 -6.279 -6.615 -1.426 0.0077
67 -3.524 -8.006 -3.729 0.0091
117 -5.259 -0.946 -2.974 0.0098
119 -3.301 -0.862 -3.873 0.0146
121 -1.821 -1.468 -4.224 0.0186
127 -7.743 -2.365 2.005 0.0052
129 -1.786 0.978 -4.850 0.1206
132 -7.271 2.891 2.252 0.0056
133 -1.856 -2.585 -3.758 0.0533
136 -5.085 7.179 -0.715 0.0669
143 -6.408 -2.236 -1.561 0.0148
147 -6.235 1.944 -1.664 0.0143
198 -1.247 -0.230 -5.681 0.0255
205 -3.833 1.537 -4.138 0.0473
263 4.446 -2.664 -3.173 0.0587
284 6.279 -6.615 -1.426 0.0077
297 3.524 -8.006 -3.729 0.0091
346 5.259 -0.946 -2.974 0.0098
348 3.301 -0.862 -3.873 0.0146
350 1.821 -1.468 -4.224 0.0186
356 7.743 -2.365 2.005 0.0052
358 1.786 0.978 -4.850 0.1206
361 7.271 2.891 2.252 0.0056
362 1.856 -2.585 -3.758 0.0533
365 5.085 7.179 -0.715 0.0669
372 6.408 -2.236 -1.561 0.0148
376 6.235 1.944 -1.664 0.0143
420 1.247 -0.230 -5.681 0.0255
425 3.833 1.537 -4.138 0.0473
"""
_ROWS = np.array(_BASIS.split(), np.float64).reshape(-1, 5)
_POINTS = _ROWS[:, 0].astype(int)
_WEIGHTS = _ROWS[:, 4] / _ROWS[:, 4].sum()

PITCH_OF_LEVEL_FACES = 7.5
"""Degrees that bow the canonical model to lie like the mesh of people who look level (measured, see the card)."""


@dataclass(frozen=True, slots=True)
class Pose:
    """Head pose in degrees, 0 = facing the camera upright (senses of ISO/IEC 19794-5).

    Turning the picture changes the roll alone.

    Attributes:
        yaw: positive when the person turns to their own left (image right).
        pitch: positive when looking down.
        roll: positive when tilted towards the person's own right shoulder (anticlockwise in the image).
    """

    yaw: float
    pitch: float
    roll: float


def head_pose(landmarks: np.ndarray) -> Pose:
    """Fits the canonical face to a mesh and reads its angles.

    Args:
        landmarks: (468 or more, 3) in image pixels (`models.face.landmarks.to_image`); given crop pixels, the roll is
            what remains after the crop's own rotation.
    """
    return _angles(_rotation(landmarks[_POINTS].astype(np.float64)))


def _rotation(observed: np.ndarray) -> np.ndarray:
    """The (3, 3) rotation from the level canonical face to the observed points: weighted Procrustes (Kabsch 1976)."""
    observed = observed - _WEIGHTS @ observed
    u, _, vt = np.linalg.svd((observed * _WEIGHTS[:, None]).T @ _CANONICAL)
    return u @ np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ vt)) or 1.0]) @ vt


def _angles(rotation: np.ndarray) -> Pose:
    """Angles of a rotation: the picture is turned until the eyes are level (roll), then yaw and pitch are read."""
    tilt = np.arctan2(rotation[1, 0], rotation[0, 0])
    forward = -(_about_z(-tilt) @ rotation)[:, 2]
    yaw = np.arctan2(forward[0], -forward[2])
    pitch = np.arcsin(np.clip(forward[1], -1, 1))
    return Pose(*(float(angle) for angle in np.degrees([yaw, pitch, -tilt])))


def _about_x(angle: float) -> np.ndarray:
    """Bows a head by a pitch in radians."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])


def _about_z(angle: float) -> np.ndarray:
    """Turns a picture clockwise by radians."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])


_CANONICAL = (_ROWS[:, 1:4] - _WEIGHTS @ _ROWS[:, 1:4]) @ _about_x(np.radians(PITCH_OF_LEVEL_FACES)).T
