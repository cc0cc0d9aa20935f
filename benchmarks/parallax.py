"""Measures parallax: real heads that move against flat and bent photos that are waved before the camera.

    python -m benchmarks.parallax film --data ../shared/data --clips DIR --minutes 15
    python -m benchmarks.parallax figures --clips DIR

Clips are rendered from portraits (`models.training.clips`): heads with the depth of their mesh, photos without any.
What the pipeline sees is kept in DIR. Limits were set on the first persons, figures are of the others.
"""

import argparse
import asyncio
import pickle
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from models.face.landmarks import FaceMesh, mesh_crop, to_image
from models.face.planarity import CARD
from models.face.pose import head_pose
from models.training.clips.camera import Camera, encode, film, photograph
from models.training.clips.head import POINTS, Head, Posture
from models.training.face_data import faces, photos
from pipelines.identity.observation import Mark
from pipelines.identity.track import blinks, head_motion, planarity
from pipelines.local import LocalModels, LocalWorkers
from pipelines.media.decoder import IsolatedDecoder
from pipelines.media.frames import DecodeRequest

HEADS = ("still", "glance", "turn", "approach", "talk")
"""Looking at the camera; small and large movements of the head; moving sideways and closer; speaking and blinking."""
PHOTOS = ("held", "slid", "waved", "swung", "bent")
"""Held by hand; moved in its plane; turned by up to 25 and by 25 to 45 degrees; turned while bent like a tube."""
EDGE = "edge"
"""A head before a wide camera that faces it from all over the picture: perspective stretches it towards the edges."""
FROZEN = "frozen"
"""A photo that does not move at all before a camera that does not either."""
TUNED = 22
"""Persons by whom thresholds were chosen."""
SECONDS, FPS = 3.0, 8
SIZE = (480, 640)
BLINK = 0.3
"""Seconds for which the lids are shut in `talk`."""
INNER_LIPS = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95)
UPPER_LIPS = (*(61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291), *INNER_LIPS[:11])
LEAST_WIDTH = 110.0
"""Pixels of a portrait's face."""


@dataclass(frozen=True, slots=True)
class Clip:
    """One clip as the pipeline saw it, and how head or photo were held in its frames."""

    person: str
    tuned: bool
    kind: str
    track: tuple[Mark, ...]
    postures: tuple[Posture, ...]
    opened: tuple[float, ...]


class Photo(Head):
    """A portrait without depth, as a sheet: flat, or bent about its upright axis."""

    def __init__(self, image: np.ndarray, mesh: np.ndarray, radius: float = np.inf) -> None:
        """`radius`: of the bend in face widths; positive bends the edges away from the camera."""
        super().__init__(image, mesh)
        self.points[:, 2] = np.clip(self.points[:, 0], -1, 1) ** 2 / (2 * radius)
        self.follows = np.ones_like(self.follows)


class Speaker(Head):
    """A head whose jaw drops."""

    def __init__(self, image: np.ndarray, mesh: np.ndarray) -> None:
        super().__init__(image, mesh)
        self._shut = self.points.copy()
        face, lower = self.points[:POINTS], list(INNER_LIPS[11:])
        mouth, chin = face[[61, 291]].mean(0), face[152, 1]
        beside = np.abs(face[:, 0] - mouth[0])
        below = np.clip((face[:, 1] - mouth[1]) / (0.3 * (chin - mouth[1])), 0, 1)
        self._jaw = below * np.clip(1 - 4 * beside**2, 0, 1)
        self._jaw[lower] = np.clip(1 - (beside[lower] / 0.17) ** 2, 0, 1)
        self._jaw[list(UPPER_LIPS)] = 0

    def photograph(self, posture: Posture, opened: float, camera: Camera) -> np.ndarray:
        """One frame with the mouth open, 0..1."""
        self.points = self._shut.copy()
        self.points[:POINTS, 1] += opened * 0.22 * self._jaw
        picture = photograph(self, posture, camera)
        if opened > 0.05:
            lips = np.round(camera.project(self.pose(posture))[list(INNER_LIPS)] * 16).astype(np.int32)
            cv2.fillPoly(picture, [lips], (46, 18, 18), cv2.LINE_AA, 4)
        return picture


def postures(kind: str, rng: np.random.Generator) -> list[Posture]:
    """How a head or photo is held in each frame: everything sways, and some of it much."""
    most = {
        "glance": {"yaw": rng.uniform(5, 12), "pitch": rng.uniform(2, 8), "x": 0.05},
        "turn": {"yaw": rng.uniform(0, 34), "pitch": rng.uniform(0, 20), "roll": rng.uniform(0, 8), "x": 0.1},
        "approach": {"yaw": rng.uniform(0, 6), "x": rng.uniform(0.1, 0.5), "y": 0.1, "distance": rng.uniform(0.8, 1.6)},
        "talk": {"yaw": rng.uniform(1, 6), "pitch": rng.uniform(1, 5)},
        EDGE: {"x": rng.uniform(0.6, 1.3), "y": rng.uniform(0.5, 1.5)},
        "slid": {"x": rng.uniform(0.1, 0.5), "y": rng.uniform(0.1, 0.4), "roll": rng.uniform(2, 20), "distance": 0.8},
        "waved": {"yaw": rng.uniform(8, 25), "pitch": rng.uniform(5, 25), "roll": 5.0, "x": 0.2, "distance": 0.4},
        "swung": {rng.choice(["yaw", "pitch"]): rng.uniform(25, 45), "roll": 5.0, "x": 0.2, "y": 0.1},
        "bent": {"yaw": rng.uniform(12, 40), "pitch": rng.uniform(5, 20), "x": 0.2, "distance": 0.3},
    }.get(kind, {})
    sway = {"yaw": 1.2, "pitch": 1.0, "roll": 0.8, "x": 0.02, "y": 0.02, "distance": 0.04}
    times = np.arange(int(SECONDS * FPS)) / FPS
    values = {
        name: sway.get(name, 0) * _swing(rng, times, 0.6) + most.get(name, 0) * _swing(rng, times, 0.45)
        for name in {*sway, *most}
    }
    values["distance"] += rng.uniform(3.6, 4.6)
    if kind == EDGE:
        values["yaw"] -= np.degrees(np.arctan2(values["x"], values["distance"]))
        values["pitch"] -= np.degrees(np.arctan2(values["y"], values["distance"]))
    if kind == "talk":
        blinked = rng.uniform(0.4, SECONDS - 0.6) + np.array([0.0, BLINK])
        values["shut"] = ((times >= blinked[0]) & (times < blinked[1])).astype(float)
    return [Posture(**{name: float(series[n]) for name, series in values.items()}) for n in range(len(times))]


def _swing(rng: np.random.Generator, times: np.ndarray, fastest: float) -> np.ndarray:
    return np.sin(2 * np.pi * (rng.uniform(0.2, fastest) * times + rng.uniform(0, 1)))


def render(kind: str, image: np.ndarray, mesh: np.ndarray, rng: np.random.Generator) -> tuple[bytes, list, list[float]]:
    """The MP4 of a head or photo, with a camera's shake, noise and H.264; postures and open mouth of its frames."""
    wide, usual = (450, 560), (560, 700)
    focal = float(rng.uniform(*(wide if kind == EDGE else usual)))
    camera = Camera(*SIZE, focal=focal, fps=FPS, noise=float(rng.uniform(1, 4)), quality=int(rng.integers(22, 33)))
    held = postures(kind, rng)
    opened = [0.0] * len(held)
    if kind == "talk":
        most, speaker = rng.uniform(0.3, 1.0), Speaker(image, mesh)
        opened = [float(share) for share in np.clip(most * _swing(rng, np.arange(len(held)) / FPS, 1.5), 0, 1)]
        pictures = [speaker.photograph(posture, share, camera) for posture, share in zip(held, opened, strict=True)]
    elif kind in (*HEADS, EDGE):
        head = Head(image, mesh)
        pictures = [photograph(head, posture, camera) for posture in held]
    elif kind == FROZEN:
        still = photograph(Photo(image, mesh), held[0], camera).astype(np.float32)
        grain = (rng.standard_normal(still.shape, np.float32) * camera.noise for _ in held)
        return encode([np.clip(still + noise, 0, 255).astype(np.uint8) for noise in grain], camera), held, opened
    else:
        radius = float(rng.uniform(0.6, 2.5) * rng.choice([-1, 1])) if kind == "bent" else np.inf
        photo = Photo(image, mesh, radius)
        pictures = [photograph(photo, posture, camera) for posture in held]
    return encode(film(pictures, camera, rng), camera), held, opened


def people(data: Path) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Person, portrait and mesh of every portrait large and frontal enough to make a head of; each person once."""
    network, known = FaceMesh(), set()
    network.load()
    for photo, image, face in faces(data, photos(data, "faces/portraits", "train")):
        if face is None or photo.group in known:
            continue
        crop, crop_to_image = mesh_crop(image, face)
        found = network.predict([crop])[0]
        mesh = to_image(found.landmarks, crop_to_image)
        pose = head_pose(mesh)
        wide = np.linalg.norm(mesh[454, :2] - mesh[234, :2])
        if found.presence > 0.9 and abs(pose.yaw) < 18 and abs(pose.pitch) < 18 and wide >= LEAST_WIDTH:
            known.add(photo.group)
            yield photo.group, image, mesh


async def shoot(data: Path, clips: Path, minutes: float) -> None:
    """Films person after person, two clips of heads and two of photos each, until the time is up."""
    end = time.monotonic() + 60 * minutes
    clips.mkdir(parents=True, exist_ok=True)
    async with IsolatedDecoder() as decoder:
        await _shoot(LocalWorkers(decoder, LocalModels()), data, clips, end)


async def _shoot(workers: LocalWorkers, data: Path, clips: Path, end: float) -> None:
    for number, (person, image, mesh) in enumerate(people(data)):
        asked = [kinds[(number + offset) % 5] for offset in (0, 2) for kinds in (HEADS, PHOTOS)]
        for kind in (*asked, FROZEN if number % 2 else EDGE):
            path = clips / f"{person}-{kind}.pickle"
            if time.monotonic() > end:
                return
            if not path.exists():
                made, held, opened = render(kind, image, mesh, np.random.default_rng([number, *kind.encode()]))
                seen = await workers.look(made, DecodeRequest(frames=32), "faces", {})
                path.write_bytes(pickle.dumps((person, number < TUNED, kind, seen.track, tuple(held), tuple(opened))))


def load(clips: Path) -> dict[str, list[Clip]]:
    """The clips that were filmed, by kind."""
    found = defaultdict(list)
    for path in sorted(clips.glob("*.pickle")):
        clip = Clip(*pickle.loads(path.read_bytes()))
        found[clip.kind].append(clip)
    return found


def figures(clips: dict[str, list[Clip]]) -> None:
    """Prints, for each kind, how many clips of the other persons are planar, solid, moved and blinked, of how many."""
    print("kind       clips  planar  solid  moved  blinked   stiffness: lowest, median, most")
    for kind in (*HEADS, EDGE, *PHOTOS, FROZEN):
        kept = [clip.track for clip in clips[kind] if not clip.tuned]
        found = [measured for track in kept if (measured := planarity(track, SIZE))]
        moved = sum((head_motion(track) or 0.0) >= CARD.parameters["motion_least"] for track in kept)
        counts = (
            sum(one.planar for one in found),
            sum(one.solid for one in found),
            moved,
            sum(map(bool, map(blinks, kept))),
        )
        print(f"{kind:10s}{len(kept):6d}{counts[0]:8d}{counts[1]:7d}{counts[2]:7d}{counts[3]:9d}", end="   ")
        print(*(f"{value:.2f}" for value in np.percentile([one.stiffness for one in found] or [np.nan], (0, 50, 100))))
    spoken = [
        (share, mark.mouth)
        for clip in clips["talk"]
        if not clip.tuned
        for mark in clip.track
        if mark.mouth is not None
        for share in [clip.opened[min(round(mark.timestamp * FPS), len(clip.opened) - 1)]]
    ]
    for low, high in ((0.0, 0.001), (0.001, 0.3), (0.3, 0.6), (0.6, 1.01)):
        read = [mouth for share, mouth in spoken if low <= share < high]
        print(
            f"mouth opened {low:.1f} to {high:.1f}: frames {len(read)}, read {np.median(read or [np.nan]):.2f} (median)"
        )


def main() -> None:
    """Films clips, or prints figures of those filmed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("film", "figures"))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--clips", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=15.0)
    arguments = parser.parse_args()
    if arguments.what == "film":
        asyncio.run(shoot(arguments.data, arguments.clips, arguments.minutes))
    else:
        figures(load(arguments.clips))


if __name__ == "__main__":
    main()
