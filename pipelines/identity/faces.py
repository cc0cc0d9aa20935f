"""The one look at the faces of a task's media that all identity nodes share."""

from pipelines.context import Context
from pipelines.identity.observe import Observation
from pipelines.media.frames import DecodeRequest

FRAMES = 8
"""Frames of a video that are judged, spread evenly over its length."""

MAX_SIDE = 1920
"""Larger pictures are reduced to this: a face still has more pixels than any of the models looks at."""


async def look_at_faces(
    context: Context, role: str, *, liveness: bool = False, embedding: bool = False, images_only: bool = False
) -> Observation:
    """What there is to see of the faces in the media of that role; decoded and detected once a task."""
    kinds = frozenset({"image"} if images_only else {"image", "video"})
    request = DecodeRequest(frames=FRAMES, max_side=MAX_SIDE, kinds=kinds)
    seen: Observation = await context.look(role, "faces", request, {"liveness": liveness, "embedding": embedding})
    return seen
