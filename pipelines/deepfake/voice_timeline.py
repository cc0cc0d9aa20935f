"""A recording at a glance: its loudness, where somebody speaks, and how much each stretch speaks for a fake."""

import io
import itertools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from models.voice.activity import RATE, Span
from pipelines.deepfake.fusion import probability
from pipelines.deepfake.voice_windows import Window
from pipelines.report import Artifact

NAME = "timeline.png"
_WIDTH, _HEIGHT = 1200, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 20, 40, 230
_SPEECH = 240
_REAL, _FAKE, _UNJUDGED = (66, 133, 200), (205, 50, 50), (205, 205, 205)
_INK, _PALE = (40, 40, 40), (225, 225, 225)
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300)
"""Seconds between two marks on the axis."""
_MOST_MARKS = 12


def draw_timeline(samples: npt.NDArray[np.int16], spans: Sequence[Span], windows: Sequence[Window]) -> Artifact:
    """A PNG of 1200 by 300 pixels: bars as high as the fake probability of their stretch, from blue to red."""
    duration = max(len(samples) / RATE, 1e-3)
    picture = Image.new("RGB", (_WIDTH, _HEIGHT), "white")
    draw = ImageDraw.Draw(picture)
    _draw_windows(draw, windows, duration)
    _draw_loudness(draw, samples)
    for span in spans:
        draw.rectangle((_x(span.start, duration), _SPEECH, _x(span.end, duration), _SPEECH + 8), (90, 160, 90))
    _draw_axes(draw, duration)
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return Artifact(NAME, "image/png", out.getvalue())


def fake_probability(window: Window) -> float | None:
    """0..1; None where no detector listened to the window."""
    return None if window.fake_log_odds is None else probability(window.fake_log_odds)


def _draw_windows(draw: ImageDraw.ImageDraw, windows: Sequence[Window], duration: float) -> None:
    for window in windows:
        probability = fake_probability(window)
        colour, height = _UNJUDGED, 0.5
        if probability is not None:
            height = max(probability, 0.02)
            colour = _mixed(probability)
        top = _BOTTOM - height * (_BOTTOM - _TOP)
        draw.rectangle((_x(window.start, duration), top, _x(window.end, duration) - 1, _BOTTOM), colour)


def _mixed(share: float) -> tuple[int, int, int]:
    red, green, blue = (round(r + (f - r) * share) for r, f in zip(_REAL, _FAKE, strict=True))
    return red, green, blue


def _draw_loudness(draw: ImageDraw.ImageDraw, samples: npt.NDArray[np.int16]) -> None:
    columns = _WIDTH - _LEFT - _RIGHT
    edges = np.linspace(0, len(samples), columns + 1).astype(int)
    peaks = [int(np.abs(samples[a:b].astype(np.int32)).max(initial=0)) for a, b in itertools.pairwise(edges)]
    middle, scale = (_TOP + _BOTTOM) / 2, (_BOTTOM - _TOP) / 2 / max(max(peaks), 1)
    for column, peak in enumerate(peaks):
        draw.line((_LEFT + column, middle - peak * scale, _LEFT + column, middle + peak * scale), (120, 120, 120))


def _draw_axes(draw: ImageDraw.ImageDraw, duration: float) -> None:
    small, large = ImageFont.load_default(12), ImageFont.load_default(14)
    draw.text((_LEFT, 12), "fake probability over time; grey: the sound, green: speech", _INK, large)
    for share, text in ((0.0, "0"), (0.5, "0.5"), (1.0, "1")):
        y = _BOTTOM - share * (_BOTTOM - _TOP)
        draw.line((_LEFT, y, _WIDTH - _RIGHT, y), _PALE if share else _INK)
        draw.text((_LEFT - 10, y), text, _INK, small, anchor="rm")
    step = next((step for step in _STEPS if duration / step <= _MOST_MARKS), _STEPS[-1])
    for second in np.arange(0, duration + 1e-9, step):
        x = _x(float(second), duration)
        draw.line((x, _SPEECH + 10, x, _SPEECH + 16), _INK)
        label = f"{int(second) // 60}:{int(second) % 60:02}"
        draw.text((x, _SPEECH + 18), label, _INK, small, anchor="ma")


def _x(second: float, duration: float) -> float:
    return _LEFT + min(second / duration, 1.0) * (_WIDTH - _LEFT - _RIGHT)
