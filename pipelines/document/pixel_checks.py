"""The checks of a picture's pixels: JPEG ghosts, earlier compressions, copies within the picture."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from models.cards import card
from models.document.anomaly import Anomaly, Region
from models.document.ghosts import Picture
from pipelines.media.encode import heatmap
from pipelines.media.frames import Decoded
from pipelines.report import Artifact
from pipelines.workers import Models

PIXEL_MODELS = ("document/ghosts", "document/copy-move")
_FLAGS = {"jpeg_ghosts": "ela_anomaly", "copy_move": "copy_move"}
_MESSAGES = {
    "jpeg_ghosts": "A part of the picture was compressed differently from the rest.",
    "copy_move": "A part of the picture was copied from elsewhere in it.",
}
_ALIKE, _PAGE_SHARE = 6, 0.45
"""Of 143 portraits with all sorts of backgrounds 1 % are above this share, drawn and scanned pages at 0.67 and more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelCheck:
    """One check: its score, the flags it raises, what it stands on, and its heat map where it raises one."""

    score: float | None
    flags: Mapping[str, Mapping[str, Any]]
    evidence: Mapping[str, Any]
    artifacts: tuple[Artifact, ...] = field(default=())


async def check_pixels(
    decoded: Decoded, models: Models, signals: Mapping[str, Any], quality: int | None
) -> dict[str, PixelCheck | None]:
    """Judges the picture exactly as it was decoded; None where a check could not judge it.

    Args:
        signals: of the file's reader: `orientation`.
        quality: of the file's own luminance table; None where it has none.
    """
    names = (*_FLAGS, "double_compression")
    if not decoded.frames or decoded.scale != 1.0:
        return dict.fromkeys(names)
    pixels = decoded.frames[0].pixels
    if page_like(pixels):
        return dict.fromkeys(names)
    orientation = int(signals.get("orientation") or 1)
    ghosts, copies = await asyncio.gather(
        models.predict("document/ghosts", [Picture(pixels, quality)]),
        models.predict("document/copy-move", [pixels]),
    )
    ghost: Anomaly | None = ghosts[0]
    return {
        "jpeg_ghosts": _check("jpeg_ghosts", "document/ghosts", ghost, pixels, orientation),
        "copy_move": _check("copy_move", "document/copy-move", copies[0], pixels, orientation),
        "double_compression": _double_compression(ghost, quality),
    }


def page_like(pixels: np.ndarray) -> bool:
    """Whether nearly one brightness covers most of a picture, as paper and windows do.

    There letters repeat, which copy-move takes for copies, and lines without noise look like ghosts.
    """
    grey = cv2.blur(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), (3, 3))
    counts = np.bincount(grey.ravel(), minlength=256)
    alike = np.convolve(counts, np.ones(2 * _ALIKE + 1), "same")
    return bool(alike.max() > _PAGE_SHARE * grey.size)


def _check(name: str, model: str, found: Anomaly | None, pixels: np.ndarray, orientation: int) -> PixelCheck | None:
    if found is None:
        return None
    threshold = float(card(model).parameters["threshold"])
    if found.score >= threshold:
        return PixelCheck(score=found.score, flags={}, evidence={"value": round(found.score, 4)})
    size = (pixels.shape[1], pixels.shape[0])
    value = {
        "score": round(1 - found.score, 4),
        "threshold": round(1 - threshold, 4),
        "regions": [list(turned(region, size, orientation)) for region in found.regions],
        **found.details,
    }
    flag = _FLAGS[name]
    picture = Artifact(f"heatmap-{flag}.png", "image/png", heatmap(pixels, found.heat, orientation))
    flags = {flag: {"value": value, "message": _MESSAGES[name]}}
    return PixelCheck(score=found.score, flags=flags, evidence={"value": value}, artifacts=(picture,))


def _double_compression(ghost: Anomaly | None, quality: int | None) -> PixelCheck | None:
    """An earlier quality of the whole picture than the file's own; only JPEG files can tell."""
    if ghost is None or quality is None:
        return None
    earlier = ghost.details.get("global_quality")
    if earlier is None:
        return PixelCheck(score=None, flags={}, evidence={})
    value = {"earlier_quality": earlier, "quality": quality}
    flags = {"double_compression": {"value": value, "message": "The whole picture was compressed as JPEG before."}}
    return PixelCheck(score=None, flags=flags, evidence={"value": value})


def turned(region: Region, size: tuple[int, int], orientation: int) -> Region:
    """A box of the picture as stored, in pixels of the upright picture (EXIF orientation 1..8).

    Args:
        size: width and height as stored.
    """
    left, top, right, bottom = region
    width, height = size
    if orientation in (2, 3, 7, 8):
        left, right = width - right, width - left
    if orientation in (3, 4, 6, 7):
        top, bottom = height - bottom, height - top
    return (top, left, bottom, right) if orientation >= 5 else (left, top, right, bottom)
