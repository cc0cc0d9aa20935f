"""The stage `face_manipulation`: the faces of an image or video, and what speaks for their manipulation."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from models.deepfake.face_artifacts import face_view
from models.deepfake.face_frequency import log_odds as frequency_log_odds
from models.face.alignment import align
from models.face.landmarks import alignment_points
from models.hub.checkpoint import of_task
from pipelines.deepfake.face_motion import LipSync, Path, identity_jitter, landmark_jitter, lip_sync
from pipelines.deepfake.face_pictures import heat_of, preview_of
from pipelines.deepfake.face_tracks import Glimpse, overlap, tracks
from pipelines.deepfake.fusion import log_odds_of
from pipelines.errors import MediaError
from pipelines.identity.following import follow, stride
from pipelines.identity.sights import Scene, Sight, sights, upright
from pipelines.identity.track import PRESENT
from pipelines.media.frames import Decoded
from pipelines.report import Artifact
from pipelines.workers import Models

NETWORK = "deepfake/face-artifacts"
MODELS = ("face/detector", "face/landmarks", "face/embedder", NETWORK)
"""What the stage needs; it runs beside them where one host holds them all."""
JUDGED = 24
"""Frames of a video whose faces are judged."""
EVERYONE = 4
"""Faces of one frame of a video that are judged; of an image `_CROWD`."""
_CROWD = 20
SMALLEST = 48.0
"""Pixels of a face box's shorter side below which the network is not asked."""
EXPLAINED = 20
"""Pictures that explain, at most (contracts 2.6)."""
_SAME_PLACE = 0.3
_AROUND = 0.3
_MESSAGES = {"corrupt_media": "the file is damaged or incomplete", "image_too_large": "image too large",
             "video_too_long": "video too long", "video_resolution": "video resolution too high"}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Motion:
    """How the main face of a video moves; None where that cannot be told."""

    identity: float | None = None
    landmarks: float | None = None
    lips: LipSync | None = None
    fps: float = 0.0
    absent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceFindings:
    """What was found in one image or video.

    Attributes:
        kind: `image` or `video`.
        tracks: one person each, in order of time, whoever is seen most first; without the views.
        facts: what the forensic reader found in the file: `details`, `flags`, `signals`.
        rotation: degrees the picture was turned beyond EXIF, as `pipelines.identity.observation` has it.
        suspects: the glimpses that pictures explain, most suspicious first: (track, place in it).
        artifacts: `preview.jpg`, and `heatmap-<n>.png` of the n-th suspect where they were asked for.
    """

    kind: str
    width: int
    height: int
    duration: float | None
    has_audio: bool
    rotation: int
    tracks: tuple[tuple[Glimpse, ...], ...]
    facts: Mapping[str, Any]
    motion: Motion = field(default_factory=Motion)
    suspects: tuple[tuple[int, int], ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    ms: float = 0.0


async def look(decoded: Decoded, models: Models, options: Mapping[str, Any]) -> FaceFindings:
    """The stage. Option `explain`: draw heat maps of the most suspicious faces.

    Raises:
        MediaError: the file cannot be decoded or is beyond the limits.
    """
    began = time.perf_counter()
    if not decoded.frames:
        fault = decoded.fault or "corrupt_media"
        raise MediaError(fault, _MESSAGES.get(fault, fault.replace("_", " ")))
    moving = decoded.kind == "video"
    pixels = [frame.pixels for frame in decoded.frames]
    every = stride(decoded.frames) if moving else None
    rotation, looked = await upright(pixels, models, 0.0, partial(follow, every=every) if every else None)
    found = tracks(await _glimpses(decoded, looked, models))
    motion = _motion(decoded, looked, found[0]) if moving and found else Motion()
    suspects = sorted(
        ((n, place) for n, track in enumerate(found) for place in range(len(track))),
        key=lambda where: _suspicion(found[where[0]][where[1]]),
        reverse=True,
    )[:EXPLAINED]
    sideways = rotation in (90, 270)
    return FaceFindings(
        kind=decoded.kind,
        width=decoded.height if sideways else decoded.width,
        height=decoded.width if sideways else decoded.height,
        duration=decoded.duration,
        has_audio=decoded.sound is not None,
        rotation=rotation,
        tracks=tuple(tuple(replace(glimpse, view=None) for glimpse in track) for track in found),
        facts=decoded.facts["forensics"],
        motion=motion,
        suspects=tuple(suspects),
        artifacts=_pictures([found[n][place] for n, place in suspects], looked, bool(options.get("explain"))),
        ms=(time.perf_counter() - began) * 1000,
    )


def _crop(sight: Sight) -> np.ndarray:
    """The face with a third of its size around it, in the frame's own pixels, as published detectors are trained."""
    left, top, right, bottom = sight.edges
    x, y = _AROUND * (right - left), _AROUND * (bottom - top)
    rows = slice(max(0, int(top - y)), int(bottom + y) + 1)
    return np.ascontiguousarray(sight.pixels[rows, max(0, int(left - x)) : int(right + x) + 1])


async def _glimpses(decoded: Decoded, looked: Sequence[Scene], models: Models) -> list[Glimpse]:
    """The faces of the judged frames, each asked of embedder and network."""
    chosen = _chosen(looked)
    most = EVERYONE if decoded.kind == "video" else _CROWD
    others = [(n, box) for n in chosen for box in looked[n].boxes[1:most] if min(box.width, box.height) >= SMALLEST]
    placed = await sights([(looked[n].pixels, box) for n, box in others], models)
    seen = [(n, main) for n in chosen if (main := looked[n].main) is not None]
    seen += [(n, sight) for (n, _), sight in zip(others, placed, strict=True) if sight.mesh.presence >= PRESENT]
    if not seen:
        return []
    embeddings = await models.predict("face/embedder", [_aligned(sight) for _, sight in seen])
    large = [m for m, (_, sight) in enumerate(seen) if min(sight.box.width, sight.box.height) >= SMALLEST]
    views = {m: face_view(seen[m][1].pixels, seen[m][1].box) for m in large}
    judged = dict(zip(large, await models.predict(NETWORK, [views[m] for m in large]), strict=True))
    brought = of_task("face_manipulation")
    crops = [_crop(seen[m][1]) for m in large] if brought else []
    told = {name: dict(zip(large, await models.predict(name, crops), strict=True)) for name in brought}
    return [
        Glimpse(
            frame=n,
            index=decoded.frames[n].index,
            timestamp=decoded.frames[n].timestamp,
            box=_original(sight, decoded.scale),
            embedding=embedding,
            artifacts=judged.get(m),
            checkpoints={name: log_odds_of(genuine[m]) for name, genuine in told.items() if m in genuine},
            frequency=frequency_log_odds(views[m]) if m in views else None,
            view=views.get(m),
        )
        for m, ((n, sight), embedding) in enumerate(zip(seen, embeddings, strict=True))
    ]


def _chosen(looked: Sequence[Scene]) -> list[int]:
    """Numbers of the frames to judge: of those that surely show a face, evenly spread over the time."""
    shown = [n for n, scene in enumerate(looked) if scene.main is not None and scene.main.mesh.presence >= PRESENT]
    shown = shown or [n for n, scene in enumerate(looked) if scene.main is not None]
    places = np.linspace(0, len(shown) - 1, min(JUDGED, len(shown))).round().astype(int)
    return [shown[place] for place in places]


def _aligned(sight: Sight) -> np.ndarray:
    return align(sight.pixels, alignment_points(sight.box, sight.mesh, sight.crop_to_image))


def _motion(decoded: Decoded, looked: Sequence[Scene], main: Sequence[Glimpse]) -> Motion:
    """Of the main face over the longest run of frames in which it stays in one place."""
    jitter = identity_jitter([glimpse.embedding for glimpse in main])
    run = _longest_run(looked)
    if len(run) < 2:
        return Motion(identity=jitter, absent="too_few_frames")
    sights_of = [sight for n in run if (sight := looked[n].main) is not None]
    path = Path(
        times=np.array([decoded.frames[n].timestamp for n in run]),
        meshes=np.stack([sight.in_frame[:, :2] for sight in sights_of]) * decoded.scale,
        mouth=np.array([sight.mouth for sight in sights_of]),
    )
    if not path.dense:
        return Motion(identity=jitter, fps=path.fps, absent="too_few_frames")
    lips = lip_sync(path, decoded.sound) if decoded.sound is not None else None
    return Motion(identity=jitter, landmarks=landmark_jitter(path), lips=lips, fps=path.fps)


def _longest_run(looked: Sequence[Scene]) -> list[int]:
    runs: list[list[int]] = [[]]
    before: Sight | None = None
    for n, scene in enumerate(looked):
        here = scene.main if scene.main is not None and scene.main.mesh.presence >= PRESENT else None
        if here is None or before is None or overlap(before.edges, here.edges) < _SAME_PLACE:
            runs.append([])
        if here is not None:
            runs[-1].append(n)
        before = here
    return max(runs, key=len)


def _suspicion(glimpse: Glimpse) -> float:
    return glimpse.artifacts.log_odds if glimpse.artifacts is not None else -np.inf


def _pictures(suspects: Sequence[Glimpse], looked: Sequence[Scene], explain: bool) -> tuple[Artifact, ...]:
    """The frame of the most suspicious face, and where in the faces the network looked."""
    if not suspects:
        return ()
    made = [preview_of(looked[suspects[0].frame].pixels)]
    if explain:
        made += [
            heat_of(glimpse.view, glimpse.artifacts.activation, number)
            for number, glimpse in enumerate(suspects)
            if glimpse.view is not None and glimpse.artifacts is not None
        ]
    return tuple(made)


def _original(sight: Sight, scale: float) -> tuple[float, float, float, float]:
    left, top, right, bottom = sight.edges
    return left * scale, top * scale, right * scale, bottom * scale
