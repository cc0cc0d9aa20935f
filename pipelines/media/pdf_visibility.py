"""Which characters of a PDF page nobody can see, and why."""

from collections import defaultdict

import numpy as np
import numpy.typing as npt

from pipelines.media.pdf_page import Box, Cover, Glyph, PageView, area, clip

_INVISIBLE, _CLIP_ONLY = 3, 7
_TRANSPARENT = 0.05
_LEAST_SIZE = 2.0
_LEAST_WIDTH = 0.1
_COVERED_AREA = 0.7
_SHOWN_PART = 0.3
_MOST = 0.5
_BLANK_PART = 0.6
"""Of a run must show no contrast before it counts: a full stop may show none to the naked eye either."""
_NO_CONTRAST = 3
_SAME_COLOR = 60
"""Largest difference of a channel between a text's colour and a pixel that shows it."""


def judge_visibility(view: PageView) -> None:
    """Sets `hidden` of every glyph of the page.

    What was drawn says first: rendering mode, opacity, size, place, shapes and images drawn later. Then the page as
    it looks: text whose place shows no contrast at all has its background's colour, or lies under something whose
    shape could not be told.
    """
    runs: dict[int, list[Glyph]] = defaultdict(list)
    for glyph in view.glyphs:
        glyph.hidden = _undrawn(glyph, view)
        if glyph.text.strip() and glyph.box[2] - glyph.box[0] > _LEAST_WIDTH:  # ligatures have parts without width
            runs[glyph.order].append(glyph)
    _judge_covers(view, [glyph for run in runs.values() for glyph in run])
    for glyphs in runs.values():
        rest = [glyph for glyph in glyphs if glyph.hidden is None]
        blank = [glyph for glyph in rest if uniform(view.patch(core(glyph)))]
        if len(blank) > _BLANK_PART * len(rest):
            for glyph in blank:
                glyph.hidden = "same_color" if _shows(view.patch(core(glyph)), glyph.color) else "covered"


def _undrawn(glyph: Glyph, view: PageView) -> str | None:
    if glyph.mode in (_INVISIBLE, _CLIP_ONLY):
        return "invisible"
    if glyph.opacity < _TRANSPARENT:
        return "transparent"
    if area(clip(glyph.box, view.width, view.height)) < 0.3 * area(glyph.box):
        return "outside"
    return "tiny" if glyph.size < _LEAST_SIZE else None


def _judge_covers(view: PageView, glyphs: list[Glyph]) -> None:
    if not glyphs:
        return
    boxes = np.array([core(glyph) for glyph in glyphs], np.float32)
    orders = np.array([glyph.order for glyph in glyphs])
    for cover in view.covers:
        beneath = np.flatnonzero((orders >= 0) & (orders < cover.order) & (_shared(boxes, cover.box) > _COVERED_AREA))
        above = boxes[orders > cover.order]
        for order in np.unique(orders[beneath]):
            run = [glyphs[index] for index in beneath if orders[index] == order and glyphs[index].hidden is None]
            if run and _covered(view, run, cover, above):
                for glyph in run:
                    glyph.hidden, glyph.cover = "covered", cover


def _covered(view: PageView, run: list[Glyph], cover: Cover, above: npt.NDArray[np.float32]) -> bool:
    """Whether something hides the part of a run that lies beneath it.

    The pixels have a say, since a shape may be clipped or blended away and an image may be see-through: no contrast
    or none of the text's colour where the text is. Where other text stands on top, or what covers has the text's own
    colour, they cannot tell, and the order of drawing decides.
    """
    patches = [view.patch(core(glyph)) for glyph in run]
    if cover.kind == "image" and cover.opaque:
        return True
    if np.mean([uniform(patch) for patch in patches]) > _MOST:
        return True
    if np.mean([bool((_shared(above, core(glyph)) > 0.1).any()) for glyph in run]) > _MOST:
        return True
    blind = cover.color is not None and _near(cover.color, run[0].color)
    seen = np.mean([_shows(patch, glyph.color) for patch, glyph in zip(patches, run, strict=True)])
    return not blind and bool(seen < _SHOWN_PART)


def core(glyph: Glyph) -> Box:
    """Where a character's ink is: from the baseline up to the height of a digit. Its box reaches far beyond."""
    left, _, right, _ = glyph.box
    top, bottom = glyph.origin[1] - 0.62 * glyph.size, glyph.origin[1] - 0.05 * glyph.size
    inner = (left + 0.3, max(top, glyph.box[1]), right - 0.3, min(bottom, glyph.box[3]))
    return inner if area(inner) > 0.3 * area(glyph.box) else glyph.box  # upright text lies otherwise


def _shared(boxes: npt.NDArray[np.float32], box: tuple[float, float, float, float]) -> npt.NDArray[np.float32]:
    """(N,) part of each box's area that lies in the one box."""
    across = np.minimum(boxes[:, 2], box[2]) - np.maximum(boxes[:, 0], box[0])
    down = np.minimum(boxes[:, 3], box[3]) - np.maximum(boxes[:, 1], box[1])
    whole = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    shared: npt.NDArray[np.float32] = np.clip(across, 0, None) * np.clip(down, 0, None) / np.maximum(whole, 1e-6)
    return shared


def uniform(patch: npt.NDArray[np.uint8]) -> bool:
    """Whether a patch shows no contrast; one that lies outside the page shows none."""
    return patch.size == 0 or int((patch.max(axis=(0, 1)).astype(int) - patch.min(axis=(0, 1))).max()) <= _NO_CONTRAST


def _shows(patch: npt.NDArray[np.uint8], color: tuple[int, int, int]) -> bool:
    if patch.size == 0:
        return False
    return bool((np.abs(patch.astype(np.int16) - np.array(color, np.int16)).max(axis=2) <= _SAME_COLOR).any())


def _near(one: tuple[int, ...], other: tuple[int, int, int]) -> bool:
    return len(one) == 3 and max(abs(a - b) for a, b in zip(one, other, strict=True)) <= _SAME_COLOR
