"""The stage of AI-generated images: what the file declares, and what its pixels show."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from models.deepfake.watermark import Watermark
from pipelines.errors import MediaError
from pipelines.media.frames import Decoded
from pipelines.report import Artifact
from pipelines.workers import Models

STAGE = "ai_generated_image"
WATERMARK = "deepfake/watermark"
MODELS = (WATERMARK,)
MARK = "ai_generator_metadata"
_MESSAGES = {"image_too_large": "image too large", "video_too_long": "video too long",
             "video_resolution": "video resolution too high"}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedFindings:
    """What was found in one image or video.

    Attributes:
        kind: `image` or `video`.
        marks: what the file's metadata declares about a generator, in its own words.
        watermarks: the best message of each method; empty where watermarks could not be looked for.
        unmarked: why they could not, if so.
        ms: wall milliseconds of the stage.
    """

    kind: str
    marks: tuple[str, ...]
    watermarks: tuple[Watermark, ...] = ()
    unmarked: str | None = None
    artifacts: tuple[Artifact, ...] = field(default=())
    ms: float = 0.0


async def examine(decoded: Decoded, models: Models, options: Mapping[str, Any]) -> GeneratedFindings:
    """The stage.

    Raises:
        MediaError: the file holds no picture that can be judged.
    """
    began = time.perf_counter()
    if decoded.fault is not None or not decoded.frames:
        fault = decoded.fault or "corrupt_media"
        raise MediaError(fault, _MESSAGES.get(fault, fault.replace("_", " ")))
    flags = decoded.facts["forensics"]["flags"]
    watermarks, unmarked = await _watermarks(decoded, models)
    return GeneratedFindings(
        kind=decoded.kind,
        marks=tuple(map(str, flags.get(MARK, {}).get("value", ()))),
        watermarks=watermarks,
        unmarked=unmarked,
        ms=(time.perf_counter() - began) * 1000,
    )


async def _watermarks(decoded: Decoded, models: Models) -> tuple[tuple[Watermark, ...], str | None]:
    """Of still images in their own resolution: codecs of video and scaling leave none of these."""
    if decoded.kind != "image":
        return (), "not_in_videos"
    if decoded.scale != 1.0:
        return (), "too_large"
    (found,) = await models.predict(WATERMARK, [decoded.frames[0].pixels])
    return (found, None) if found else ((), "too_small")
