"""Answers to a challenge as a camera sees them: honest ones, and attacks on one."""

import itertools
from collections.abc import Sequence

import cv2
import numpy as np

from models.training.clips.camera import Camera, encode, film, photograph
from models.training.clips.head import Head, Posture
from models.training.clips.motion import answer

ACTIONS = ("turn_left", "turn_right", "nod", "blink")
ATTACKS = (
    "still_held",
    "still_moved",
    "replay_other",
    "replay_other_screen",
    "cut_together",
    "person_swap",
    "screen_approach",
)
"""still_held: a photo held before the camera. still_moved: turned, bowed and moved closer as asked. replay_other: a
recording of the same person who answers another challenge, fed in as it is. replay_other_screen: the same from a
screen. cut_together: pieces of other recordings, one a step, in the order asked. person_swap: another person takes over
half-way. screen_approach: a recording of the right movements from a screen, which is moved closer when asked."""
KINDS = ("honest", *ATTACKS)


def clip(
    kind: str, actions: Sequence[str], person: Head, other: Head, rng: np.random.Generator, camera: Camera | None = None
) -> bytes:
    """A recording that answers, or pretends to answer, a challenge: MP4.

    Args:
        kind: one of `KINDS`.
        actions: what was asked, in the words of `pipelines.identity.active_liveness.challenge.Action`.
        other: another person, for `person_swap`.
        rng: source of every choice: the same state gives the same clip.
    """
    camera = camera or Camera(focal=float(rng.uniform(560, 680)))
    return encode(_SHOOT[kind](list(actions), person, other, rng, camera), camera)


def _honest(
    actions: list[str], person: Head, other: Head, rng: np.random.Generator, camera: Camera
) -> list[np.ndarray]:
    postures, _ = answer(actions, rng, camera.fps)
    return film([photograph(person, posture, camera) for posture in postures], camera, rng)


def _another(actions: list[str], rng: np.random.Generator) -> list[str]:
    """Another challenge."""
    while True:
        found = [str(rng.choice(ACTIONS)) for _ in range(int(rng.integers(3, 5)))]
        found.insert(int(rng.integers(len(found) + 1)), "move_closer")
        if found != actions and all(a != b for a, b in itertools.pairwise(found)):
            return found


def _replay(
    actions: list[str], person: Head, other: Head, rng: np.random.Generator, camera: Camera
) -> list[np.ndarray]:
    return _honest(_another(actions, rng), person, other, rng, camera)


def _replay_screen(
    actions: list[str], person: Head, other: Head, rng: np.random.Generator, camera: Camera
) -> list[np.ndarray]:
    frames = _replay(actions, person, other, rng, camera)
    return _shown(frames, [Posture(distance=1.0)] * len(frames), rng, camera)


def _still_held(
    actions: list[str], person: Head, other: Head, rng: np.random.Generator, camera: Camera
) -> list[np.ndarray]:
    postures, _ = answer(actions, rng, camera.fps)
    photo = photograph(person, Posture(distance=4.0), camera)
    return _shown([photo] * len(postures), [Posture(distance=1.0)] * len(postures), rng, camera)


def _still_moved(
    actions: list[str], person: Head, other: Head, rng: np.random.Generator, camera: Camera
) -> list[np.ndarray]:
    postures, _ = answer(actions, rng, camera.fps)
    photo = photograph(person, Posture(distance=4.0), camera)
    return _shown([photo] * len(postures), _relative(postures), rng, camera)


def _screen_approach(
    actions: list[str], person: Head, other: Head, rng: np.random.Generator, camera: Camera
) -> list[np.ndarray]:
    postures, _ = answer(actions, rng, camera.fps)
    moved = _relative(postures)
    kept = [_at_usual(posture, near) for posture, near in zip(postures, moved, strict=True)]
    frames = film([photograph(person, posture, camera) for posture in kept], camera, rng)
    return _shown(frames, [Posture(distance=near.distance) for near in moved], rng, camera)


def _cut_together(
    actions: list[str], person: Head, other: Head, rng: np.random.Generator, camera: Camera
) -> list[np.ndarray]:
    frames: list[np.ndarray] = []
    for number, action in enumerate(actions):
        # Each piece is from a recording of its own, cut between two movements.
        postures, moments = answer(["blink" if action != "blink" else "nod", action], rng, camera.fps)
        began = 0 if number == 0 else int((moments[0].ended + moments[1].began) / 2 * camera.fps)
        if number == 0:
            postures, _ = answer([action], rng, camera.fps)
        frames += film([photograph(person, posture, camera) for posture in postures[began:]], camera, rng)
    return frames


def _person_swap(
    actions: list[str], person: Head, other: Head, rng: np.random.Generator, camera: Camera
) -> list[np.ndarray]:
    postures, moments = answer(actions, rng, camera.fps)
    half = len(moments) // 2
    change = int((moments[half - 1].ended + moments[half].began) / 2 * camera.fps)
    frames = [photograph(person if n < change else other, posture, camera) for n, posture in enumerate(postures)]
    return film(frames, camera, rng)


_SHOOT = {
    "honest": _honest,
    "still_held": _still_held,
    "still_moved": _still_moved,
    "replay_other": _replay,
    "replay_other_screen": _replay_screen,
    "cut_together": _cut_together,
    "person_swap": _person_swap,
    "screen_approach": _screen_approach,
}


def _relative(postures: list[Posture]) -> list[Posture]:
    """The postures of a flat thing that is moved like the head: distances as shares of the first one."""
    first = postures[0].distance
    return [Posture(p.yaw, p.pitch, p.roll, p.x * 0.3, p.y * 0.3, p.distance / first) for p in postures]


def _at_usual(posture: Posture, moved: Posture) -> Posture:
    usual = posture.distance / moved.distance
    return Posture(posture.yaw, posture.pitch, posture.roll, posture.x, posture.y, usual, posture.shut)


def _shown(
    frames: list[np.ndarray], postures: list[Posture], rng: np.random.Generator, camera: Camera
) -> list[np.ndarray]:
    """Flat pictures held before the camera: every point of them lies in one plane, however it is turned."""
    gamma, tint = rng.uniform(0.85, 1.1), rng.uniform(0.94, 1.06, 3)
    table = np.clip((np.arange(256)[:, None] / 255) ** gamma * tint * 255, 0, 255).astype(np.uint8)
    out = []
    for picture, posture in zip(frames, postures, strict=True):
        lit = np.stack([table[picture[..., channel], channel] for channel in range(3)], -1)
        size = (camera.width, camera.height)
        flat = plane(posture, camera)
        out.append(cv2.warpPerspective(lit, flat, size, borderMode=cv2.BORDER_REPLICATE))
    return film(out, camera, rng)


def plane(posture: Posture, camera: Camera) -> np.ndarray:
    """The (3, 3) homography of a picture that fills the frame at distance 1, held in that posture."""
    yaw, pitch, roll = np.radians([posture.yaw, posture.pitch, -posture.roll])
    about_y = np.array([[np.cos(yaw), 0, -np.sin(yaw)], [0, 1, 0], [np.sin(yaw), 0, np.cos(yaw)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    about_z = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    turn = about_z @ about_x @ about_y
    lens = np.array([[camera.focal, 0, camera.width / 2], [0, camera.focal, camera.height / 2], [0, 0, 1]])
    place = np.column_stack([turn[:, 0], turn[:, 1], [posture.x, posture.y, posture.distance]])
    back = np.array([[1 / camera.focal, 0, -camera.width / 2 / camera.focal],
                     [0, 1 / camera.focal, -camera.height / 2 / camera.focal], [0, 0, 1]])  # fmt: skip
    homography: np.ndarray = lens @ place @ back
    return homography
