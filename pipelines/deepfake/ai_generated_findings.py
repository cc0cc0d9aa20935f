"""The stage of AI-generated images: what the file declares, and what its pixels show."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from models.deepfake.fingerprint import Fingerprint
from models.deepfake.generated_image import GeneratedScore
from models.deepfake.watermark import Watermark
from models.hub.checkpoint import of_task
from pipelines.deepfake.fusion import log_odds_of
from pipelines.errors import MediaError
from pipelines.media.encode import heatmap
from pipelines.media.frames import Decoded
from pipelines.report import Artifact
from pipelines.workers import Models

STAGE = "ai_generated_image"
WATERMARK, FINGERPRINT, NETWORK = "deepfake/watermark", "deepfake/fingerprint", "deepfake/generated-image"
MODELS = (WATERMARK, FINGERPRINT, NETWORK)
MARK, OVERLAY = "ai_generator_metadata", "heatmap-1.png"
_MESSAGES = {"image_too_large": "image too large", "video_too_long": "video too long",
             "video_resolution": "video resolution too high"}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameFinding:
    """One frame.

    Attributes:
        timestamp: seconds.
        fake_log_odds: of traces of a decoder; None where there is too little to see.
        checkpoints: registry names of the operator's detectors -> log odds of being fake, by their own calibration.
    """

    timestamp: float
    fake_log_odds: float | None
    checkpoints: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedFindings:
    """What was found in one image or video.

    Attributes:
        kind: `image` or `video`.
        marks: what the file's metadata declares about a generator, in its own words.
        watermarks: the best message of each method; empty where watermarks could not be looked for.
        fingerprint: the generator whose fingerprint fits best; None where the picture is too small for any.
        altered: why neither of the two was looked for, if so: the picture is not as its file holds it.
        frames: in order of time; an image is one.
        artifacts: an overlay of what the network found in its most suspicious frame, where it was asked for.
        ms: wall milliseconds of the stage.
    """

    kind: str
    marks: tuple[str, ...]
    watermarks: tuple[Watermark, ...]
    fingerprint: Fingerprint | None
    altered: str | None
    frames: tuple[FrameFinding, ...]
    artifacts: tuple[Artifact, ...] = ()
    ms: float = 0.0


async def examine(decoded: Decoded, models: Models, options: Mapping[str, Any]) -> GeneratedFindings:
    """The stage.

    Options: `explain`: draw an overlay.

    Raises:
        MediaError: the file holds no picture that can be judged.
    """
    began = time.perf_counter()
    if decoded.fault is not None or not decoded.frames:
        fault = decoded.fault or "corrupt_media"
        raise MediaError(fault, _MESSAGES.get(fault, fault.replace("_", " ")))
    facts = decoded.facts["forensics"]
    altered = "video_frames" if decoded.kind == "video" else "reduced" if decoded.scale != 1.0 else None
    first = [decoded.frames[0].pixels] if altered is None else []
    pictures = [frame.pixels for frame in decoded.frames]
    brought = of_task("ai_generated_image")
    watermarks, fingerprints, scores, *told = await asyncio.gather(
        models.predict(WATERMARK, first),
        models.predict(FINGERPRINT, first),
        models.predict(NETWORK, pictures),
        *(models.predict(name, pictures) for name in brought),
    )
    frames = tuple(
        FrameFinding(
            timestamp=frame.timestamp,
            fake_log_odds=scores[number].fake_log_odds if scores[number] else None,
            checkpoints={name: log_odds_of(genuine[number]) for name, genuine in zip(brought, told, strict=True)},
        )
        for number, frame in enumerate(decoded.frames)
    )
    orientation = int(facts["signals"].get("orientation") or 1)
    return GeneratedFindings(
        kind=decoded.kind,
        marks=tuple(map(str, facts["flags"].get(MARK, {}).get("value", ()))),
        watermarks=watermarks[0] if watermarks else (),
        fingerprint=fingerprints[0] if fingerprints else None,
        altered=altered,
        frames=frames,
        artifacts=_overlay(decoded, scores, orientation) if options.get("explain") else (),
        ms=(time.perf_counter() - began) * 1000,
    )


def _overlay(decoded: Decoded, scores: Sequence[GeneratedScore | None], orientation: int) -> tuple[Artifact, ...]:
    """Where in the most suspicious frame the traces are."""
    judged = [(score.fake_log_odds, number) for number, score in enumerate(scores) if score is not None]
    if not judged:
        return ()
    number = max(judged)[1]
    score = scores[number]
    assert score is not None
    drawn = heatmap(decoded.frames[number].pixels, np.asarray(score.heat, np.float32), orientation)
    return (Artifact(OVERLAY, "image/png", drawn),)
