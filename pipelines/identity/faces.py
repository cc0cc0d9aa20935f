"""The one look at the faces of a task's media that all identity nodes share."""

from collections.abc import Mapping

from pipelines.context import Context
from pipelines.identity.observation import Observation
from pipelines.media.frames import DecodeRequest

MAX_SIDE = 1920
"""Larger pictures are reduced to this: a face still has more pixels than any of the models looks at."""
FRAMES, VIDEO_SIDE = 32, 1280
"""Frames of a video that are looked at, spread evenly over its length, and their long side at most, in pixels."""
ACTIVE_FRAMES, ACTIVE_SIDE = 128, 720
"""The same where a person was asked to move: many frames to follow the head, fewer pixels of each."""
LIMITS = ("least_side", "most_side", "least_face")


async def look_at_faces(
    context: Context,
    role: str,
    *,
    liveness: bool = False,
    embedding: bool = False,
    everyone: bool = False,
    still: bool = False,
    images_only: bool = False,
    active: bool = False,
    artifacts: bool = False,
    occlusion: bool = True,
) -> Observation:
    """What there is to see of the faces in the media of that role; decoded and detected once a task.

    Of the context's options, `rotate` (default true) says whether a picture is turned upright, by its metadata and by
    looking, and `limits` (`least_side`, `most_side`, `least_face` in pixels) which pictures are refused and which faces
    are overlooked. Both may be given by role.

    Args:
        liveness, embedding, everyone, still, artifacts, occlusion: see `pipelines.identity.observe.observe`.
        images_only: refuse videos and sets of pictures.
        active: a video of somebody who was asked to move.

    Raises:
        MediaError: as decoding; `image_size`.
    """
    rotate = context.options.get("rotate", True)
    rotate = bool(rotate.get(role, True) if isinstance(rotate, Mapping) else rotate)
    request = DecodeRequest(
        frames=ACTIVE_FRAMES if active else FRAMES,
        max_side=MAX_SIDE,
        video_side=ACTIVE_SIDE if active else VIDEO_SIDE,
        kinds=frozenset({"image"} if images_only else {"image", "video", "zip"}),
        exif_rotation=rotate,
    )
    limits = context.options.get("limits") or {}
    limits = limits.get(role, limits)
    asked = {"liveness": liveness, "embedding": embedding, "everyone": everyone, "still": still, "rotate": rotate}
    asked |= {name: True for name, wanted in (("active", active), ("artifacts", artifacts)) if wanted}
    asked |= {} if occlusion else {"occlusion": False}
    seen: Observation = await context.look(
        role, "faces", request, asked | {name: limits[name] for name in LIMITS if limits.get(name) is not None}
    )
    return seen
