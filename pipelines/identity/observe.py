"""Looks at the faces of an image or video once: where, which way up, how they are held, who, and how captured."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from models.deepfake.face_artifacts import face_view
from models.face.liveness import liveness_crop
from models.face.recapture import cut_views
from pipelines.errors import MediaError
from pipelines.identity.active_liveness.surroundings import surroundings
from pipelines.identity.face_quality import overall
from pipelines.identity.following import follow, stride, to_embed
from pipelines.identity.observation import Box, Face, Mark, Observation, Seen, Still
from pipelines.identity.sights import Scene, Sight, sights, upright
from pipelines.media.encode import jpeg
from pipelines.media.frames import Decoded, Frame
from pipelines.workers import Models

__all__ = ["MODELS", "Face", "Mark", "Observation", "Seen", "Still", "observe"]

MODELS = (
    "face/detector",
    "face/landmarks",
    "face/occlusion",
    "face/embedder",
    "face/liveness",
    "face/recapture",
    "deepfake/face-artifacts",
)
"""What the stage needs; it runs beside them where one host holds them all."""

PICKED = 8
"""Frames of a video that are judged in full."""
EVERYONE = 20
"""Faces of an image that are judged where everyone is asked for."""
_MARGIN = 0.3
"""Of the face box's sides, added on each side for the face crop of a still."""


async def observe(decoded: Decoded, models: Models, options: Mapping[str, Any]) -> Observation:
    """Finds the faces of all frames and judges those of the picked ones with the models that were asked for.

    Args:
        options: all optional. `liveness`, `embedding` and `artifacts` (of manipulation; booleans) say which models to
            ask beyond detection, mesh and quality. Where a video's liveness is asked for, the picked frames are
            embedded too: it must stay one person. `active`: follow and embed the face through all frames instead
            (`pipelines.identity.following`). `occlusion` (default true): say what hides parts of the faces.
            `everyone`: every face of an image. `still`: the best frame as JPEG. `rotate` (default true): turn faces
            that lie upright; without it they do not count.
            `least_side`, `most_side`: pixels of the original that its sides must keep to; `least_face`: pixels of the
            smallest face that counts.

    Raises:
        MediaError: `image_size`.
    """
    _check_size(decoded, options)
    least = (options.get("least_face") or 0) / decoded.scale
    pixels = [frame.pixels for frame in decoded.frames]
    every = stride(decoded.frames) if options.get("active") else None
    rotation, looked = await upright(pixels, models, least, partial(follow, every=every) if every else None)
    if rotation and not options.get("rotate", True):
        # The detector boxes faces that lie, but mesh, crop and embedding of one are worthless: it does not count.
        rotation, looked = 0, [Scene(picture, [], None) for picture in pixels]
    moving = decoded.kind != "image"
    picked = pick(decoded.frames, looked)
    shown = [n for n in picked if looked[n].main is not None]
    crowd = [] if moving or not options.get("everyone") else looked[0].boxes[1:EVERYONE]
    others = await sights([(looked[0].pixels, box) for box in crowd], models)
    mains = [main for n in shown if (main := looked[n].main) is not None]
    judged, marks = await asyncio.gather(
        _judge([*mains, *others], models, decoded.scale, options, moving),
        _track(decoded, looked, models, every) if moving else _nothing(),
    )
    faces = dict(zip(shown, judged, strict=False))
    around = None
    if every:
        around = await asyncio.to_thread(surroundings, [scene.pixels for scene in looked], marks, decoded.scale)
    sideways = rotation in (90, 270)
    return Observation(
        kind=decoded.kind,
        width=decoded.height if sideways else decoded.width,
        height=decoded.width if sideways else decoded.height,
        duration=decoded.duration,
        rotation=rotation,
        frames=tuple(Seen(timestamp=_time(decoded, n), faces=len(looked[n].boxes), main=faces.get(n)) for n in picked),
        track=marks,
        everyone=tuple(sorted(judged, key=lambda face: face.box[0])) if options.get("everyone") and not moving else (),
        still=_still(decoded, looked, faces) if options.get("still") and faces else None,
        surroundings=around,
    )


def pick(frames: Sequence[Frame], looked: Sequence[Scene]) -> list[int]:
    """Numbers of the frames to judge, at most `PICKED`: of as many equal parts of the time, each one's fittest face.

    The middle frame where none shows a face.
    """
    shown = [n for n, scene in enumerate(looked) if scene.main is not None]
    if not shown:
        return [len(looked) // 2]
    if len(shown) <= PICKED:
        return shown
    began = frames[shown[0]].timestamp
    part = max(frames[shown[-1]].timestamp - began, 1e-6) / PICKED
    best: dict[int, int] = {}
    for n in shown:
        number = min(int((frames[n].timestamp - began) / part), PICKED - 1)
        if number not in best or _fitness(looked[n]) > _fitness(looked[best[number]]):
            best[number] = n
    return [best[number] for number in sorted(best)]


def _fitness(scene: Scene) -> float:
    return scene.main.fitness if scene.main is not None else 0.0


def _check_size(decoded: Decoded, options: Mapping[str, Any]) -> None:
    least, most = options.get("least_side"), options.get("most_side")
    short, long = sorted((decoded.width, decoded.height))
    if (least is not None and short < least) or (most is not None and long > most):
        raise MediaError("image_size", "the picture is smaller or larger than allowed")


def _time(decoded: Decoded, number: int) -> float:
    return decoded.frames[number].timestamp


async def _nothing() -> tuple[Mark, ...]:
    return ()


async def _judge(
    seen: Sequence[Sight], models: Models, scale: float, options: Mapping[str, Any], moving: bool
) -> list[Face]:
    """Asks the costly models; all faces travel in one call a model."""
    live = options.get("liveness")
    # Where a face is followed, many more of its frames are embedded.
    embed = options.get("embedding") or (live and moving and not options.get("active"))
    hidden, embeddings, liveness, recapture, artifacts = await asyncio.gather(
        _ask(models, "face/occlusion", seen, lambda s: s.aligned, options.get("occlusion", True)),
        _ask(models, "face/embedder", seen, lambda s: s.aligned, embed),
        _ask(models, "face/liveness", seen, lambda s: liveness_crop(s.pixels, s.box), live),
        _ask(models, "face/recapture", seen, lambda s: cut_views(s.pixels, s.edges), live),
        _ask(models, "deepfake/face-artifacts", seen, lambda s: face_view(s.pixels, s.box), options.get("artifacts")),
    )
    return [
        Face(
            box=_original(sight, scale),
            score=sight.box.score,
            presence=sight.mesh.presence,
            pose=sight.pose,
            eyes=sight.eyes,
            mouth=sight.mouth,
            quality=sight.quality,
            occlusion=occlusion,
            liveness=signal,
            recapture=score,
            embedding=embedding,
            artifacts=traces,
        )
        for sight, occlusion, embedding, signal, score, traces in zip(
            seen, hidden, embeddings, liveness, recapture, artifacts, strict=True
        )
    ]


async def _ask(
    models: Models, name: str, seen: Sequence[Sight], crop: Callable[[Sight], Any], wanted: object
) -> list[Any]:
    """One result a face; None where nobody asked."""
    return await models.predict(name, [crop(sight) for sight in seen]) if wanted and seen else [None] * len(seen)


async def _track(decoded: Decoded, looked: Sequence[Scene], models: Models, every: int | None) -> tuple[Mark, ...]:
    """One mark a frame; where the face was followed, with embeddings (`following.to_embed`)."""
    mains = {n: scene.main for n, scene in enumerate(looked) if scene.main is not None}
    chosen = to_embed({n: main.in_frame for n, main in mains.items()}, every) if every else []
    asked = await _ask(models, "face/embedder", [mains[n] for n in chosen], lambda s: s.aligned, True)
    embeddings = dict(zip(chosen, asked, strict=True))
    return tuple(
        Mark(timestamp=frame.timestamp, faces=0)
        if scene.main is None
        else Mark(
            timestamp=frame.timestamp,
            faces=len(scene.boxes),
            box=_original(scene.main, decoded.scale),
            presence=scene.main.mesh.presence,
            pose=scene.main.pose,
            eyes=scene.main.eyes,
            mouth=scene.main.mouth,
            mesh=scene.main.in_frame * decoded.scale,
            embedding=embeddings.get(n),
        )
        for n, (frame, scene) in enumerate(zip(decoded.frames, looked, strict=True))
    )


def _original(sight: Sight, scale: float) -> Box:
    left, top, right, bottom = sight.edges
    return left * scale, top * scale, right * scale, bottom * scale


def _still(decoded: Decoded, looked: Sequence[Scene], faces: Mapping[int, Face]) -> Still:
    """The frame whose face can be judged best, and the face with some surroundings."""
    best = max(faces, key=lambda n: overall(faces[n]))
    scene = looked[best]
    left, top, right, bottom = (edge / decoded.scale for edge in faces[best].box)
    beyond = _MARGIN * (right - left), _MARGIN * (bottom - top)
    x, y = max(0, round(left - beyond[0])), max(0, round(top - beyond[1]))
    crop = scene.pixels[y : max(y + 1, round(bottom + beyond[1])), x : max(x + 1, round(right + beyond[0]))]
    return Still(
        timestamp=_time(decoded, best),
        box=faces[best].box,
        frame=jpeg(scene.pixels),
        face=jpeg(crop if crop.size else scene.pixels),
    )
