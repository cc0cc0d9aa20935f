"""Pictures that explain a judgement about faces: the frame, heat over the face, and how suspicion runs over time."""

import io
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from pipelines.media.encode import heatmap, jpeg
from pipelines.report import Artifact

PREVIEW, TIMELINE = "preview.jpg", "timeline.png"
PREVIEW_SIDE = 256
"""Pixels of the preview's long side at most (contracts 2.5)."""
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 1000, 240, 50, 20, 20, 200
_COLOURS = ((205, 50, 50), (66, 133, 200), (90, 160, 90), (160, 100, 180))
_INK, _PALE = (40, 40, 40), (225, 225, 225)


def preview_of(pixels: npt.NDArray[np.uint8]) -> Artifact:
    """A frame, small. `pixels`: (H, W, 3) uint8 RGB."""
    return Artifact(PREVIEW, "image/jpeg", jpeg(pixels, quality=85, max_side=PREVIEW_SIDE))


def heat_of(view: npt.NDArray[np.uint8], activation: np.ndarray, number: int) -> Artifact:
    """The view in grey, red where the network's activation speaks for a manipulation.

    Args:
        view: (S, S, 3) uint8 RGB.
        activation: (s, s) parts of the logit; what is negative speaks against it and stays grey. The scale is the
            picture's own largest, but at least one: a face without any sign stays grey.
    """
    most = max(float(activation.max()), 1.0)
    return Artifact(f"heatmap-{number}.png", "image/png", heatmap(view, np.clip(activation / most, 0, 1)))


def draw_timeline(faces: Mapping[int, Sequence[tuple[float, float]]], duration: float, fake_from: float) -> Artifact:
    """A PNG of 1000 by 240 pixels: of each face (by id) its fake probability over time, one colour a face.

    Args: faces: id to (seconds, probability). fake_from: the line above which a face is called fake.
    """
    picture = Image.new("RGB", (_WIDTH, _HEIGHT), "white")
    draw = ImageDraw.Draw(picture)
    for share in (0.0, 0.5, 1.0):
        draw.line((_LEFT, _y(share), _WIDTH - _RIGHT, _y(share)), _PALE)
        draw.text((8, _y(share) - 6), f"{share:.1f}", _INK)
    for dash in range(_LEFT, _WIDTH - _RIGHT, 12):
        draw.line((dash, _y(fake_from), dash + 6, _y(fake_from)), _COLOURS[0])
    for n, (face, points) in enumerate(faces.items()):
        colour = _COLOURS[n % len(_COLOURS)]
        places = [(_x(seconds, duration), _y(share)) for seconds, share in points]
        if len(places) > 1:
            draw.line(places, colour, width=2)
        for x, y in places:
            draw.ellipse((x - 3, y - 3, x + 3, y + 3), colour)
        draw.text((_LEFT + 90 * n, _BOTTOM + 20), f"face {face}", colour)
    draw.text((_LEFT, _BOTTOM + 4), "0 s", _INK)
    draw.text((_WIDTH - _RIGHT - 50, _BOTTOM + 4), f"{duration:.1f} s", _INK)
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return Artifact(TIMELINE, "image/png", out.getvalue())


def _x(seconds: float, duration: float) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * min(1.0, seconds / max(duration, 1e-3))


def _y(share: float) -> float:
    return _BOTTOM - (_BOTTOM - _TOP) * share
