"""How well a document was photographed: the quality warnings of contracts 5.2, from its rectified pixels."""

from dataclasses import asdict, dataclass

import cv2
import numpy as np

from pipelines.document.geometry import NEAREST, SMALLEST, Placement

SHORT_SIDE = 1080
"""Pixels of the picture's shorter side under which it is called low in resolution."""
_WIDTH = 800  # of the document while it is measured
BLUR, BLOCKS, DARK, BRIGHT, GLARE, COLOUR = 0.62, 1.6, 55.0, 240.0, 0.02, 3.5
"""Where each measure becomes a warning; see `Quality`."""


@dataclass(frozen=True, slots=True)
class Quality:
    """What is measured of a document.

    Attributes:
        blur: 0 sharp .. 1 blurred (Crete et al. 2007: how much contrast between neighbours a further blur leaves).
        blocks: contrast across the borders of 8 x 8 blocks over that within; 1 where nothing is compressed; None where
            the picture was reduced, so that its blocks are gone.
        light: median luma 0..255.
        glare: share of the area that is burnt out in a brighter spot.
        colour: mean distance from grey, 0..255.
    """

    blur: float
    blocks: float | None
    light: float
    glare: float
    colour: float

    def to_json(self) -> dict[str, float | None]:
        """Rounded JSON values."""
        return {name: None if value is None else round(float(value), 4) for name, value in asdict(self).items()}


def measure(document: np.ndarray, picture: np.ndarray, corners: np.ndarray, original: bool) -> Quality:
    """Measures a rectified document.

    Args:
        document: (h, w, 3) uint8 RGB.
        picture: (H, W, 3) uint8 RGB it was cut from, `corners` (4, 2) being its place in it.
        original: whether `picture` has the file's own pixels.
    """
    k = min(1.0, _WIDTH / document.shape[1])
    small = cv2.resize(document, None, fx=k, fy=k, interpolation=cv2.INTER_AREA)
    luma = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    light = float(np.median(luma))
    burnt = (small.min(-1) >= 250).astype(np.uint8)
    burnt = cv2.morphologyEx(burnt, cv2.MORPH_OPEN, np.ones((9, 9), np.uint8))
    tinted = small.astype(np.int16)
    return Quality(
        blur=_blur(luma),
        blocks=_blocks(picture, corners) if original else None,
        light=light,
        glare=float(burnt.mean()) if light < 235 else 0.0,
        colour=float((tinted.max(-1) - tinted.min(-1)).mean()),
    )


def warnings_of(quality: Quality, placement: Placement, count: int, width: int, height: int) -> tuple[str, ...]:
    """The words of contracts 5.2 (and IMAGE_RESOLUTION_LOW of 5.1) that apply."""
    rules = (
        ("RELATIVE_DOCUMENT_SIZE_LOWER_THAN_10_PERCENT", placement.area < SMALLEST),
        ("DOCUMENT_BORDERS_OUTSIDE_OF_FRAME", placement.cropped),
        ("MULTIPLE_DOCUMENTS_IN_FRAME", count > 1),
        ("DOCUMENT_TOO_CLOSE_TO_BORDER", placement.margin < NEAREST),
        ("IMAGE_TOO_BLURRY", quality.blur > BLUR),
        ("IMAGE_IS_TOO_COMPRESSED", quality.blocks is not None and quality.blocks > BLOCKS),
        ("POOR_IMAGE_EXPOSURE", not DARK <= quality.light <= BRIGHT),
        ("GLARE_ON_IMAGE", quality.glare > GLARE),
        ("DOCUMENT_IS_COLORLESS", quality.colour < COLOUR),
        ("IMAGE_RESOLUTION_LOW", min(width, height) < SHORT_SIDE),
    )
    return tuple(word for word, applies in rules if applies)


def _blur(luma: np.ndarray) -> float:
    """The larger of the blurs along both axes."""
    grey = luma.astype(np.float32)
    found = []
    for axis, size in ((1, (9, 1)), (0, (1, 9))):
        sharp = np.abs(np.diff(grey, axis=axis))
        soft = np.abs(np.diff(cv2.blur(grey, size), axis=axis))
        found.append(1 - float(np.maximum(sharp - soft, 0).sum()) / max(float(sharp.sum()), 1e-6))
    return max(found)


def _blocks(picture: np.ndarray, corners: np.ndarray) -> float:
    """Contrast across the grid of the file's 8 x 8 blocks over contrast elsewhere, within the document's box."""
    low = np.maximum(np.floor(corners.min(0) / 8).astype(int) * 8, 0)
    high = np.ceil(corners.max(0)).astype(int)
    luma = cv2.cvtColor(picture[low[1] : high[1], low[0] : high[0]], cv2.COLOR_RGB2GRAY).astype(np.float32)
    ratios = []
    for axis in (0, 1):
        # What is left of a step after its neighbours' steps: print has edges anywhere, blocks only on the grid.
        step = np.abs(np.diff(luma, 2, axis=axis)).mean(1 - axis)
        if len(step) < 32:
            return 1.0
        at = step[6::8][: len(step) // 8 - 1], step[7::8][: len(step) // 8 - 1]
        inside = np.concatenate([step[offset::8] for offset in range(1, 5)])
        ratios.append((float(at[0].mean() + at[1].mean()) / 2 + 0.3) / (float(inside.mean()) + 0.3))
    return max(ratios)
