"""Text that nobody can see, what was laid over it, and boxes that stand where text was."""

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import Any

import numpy as np

from pipelines.media.forensics.findings import Findings, clean
from pipelines.media.forensics.pdf_marks import Mark
from pipelines.media.pdf_page import Box, Cover, Glyph, PageView, area, overlap, union
from pipelines.media.pdf_visibility import core, uniform

_MAX_LISTED = 50
_LEAST_CHARACTERS = 2
_READ_PART = 0.9
"""Of a page's hidden text under or over its scan, when it is what a text recognition read."""
_BLACK = 60
_LINE_HEIGHT = (6.0, 40.0)


def judge_overlays(found: Findings, views: Sequence[PageView]) -> list[Mark]:
    """Flags `hidden_text`, `invisible_overlay` and `redacted_content`."""
    hidden: list[dict[str, Any]] = []
    overlays: list[dict[str, Any]] = []
    redacted: list[dict[str, Any]] = []
    for view in views:
        hidden += _hidden(view)
        overlays += [*_overlays(view), *_patches(view)]
        redacted += _redactions(view)
    if hidden:
        found.flag("hidden_text", hidden[:_MAX_LISTED], "Pages hold text that nobody can see.")
    if overlays:
        found.flag("invisible_overlay", overlays[:_MAX_LISTED], "Something that looks like the page lies over it.")
    if redacted:
        found.flag("redacted_content", redacted[:_MAX_LISTED], "Black boxes stand where a line of text goes on.")
    named = {"hidden_text": hidden, "invisible_overlay": overlays, "redacted_content": redacted}
    return [Mark(flag, entry["page"], tuple(entry["box"])) for flag, entries in named.items() for entry in entries]


def recognised(view: PageView) -> bool:
    """Whether the page's hidden text is what some text recognition read in its scan.

    Such text is invisible over the scan, or lies under it, and nearly each character's place shows ink.
    """
    hidden = [glyph for glyph in view.glyphs if glyph.hidden in ("invisible", "covered") and glyph.text.strip()]
    scans = [image["box"] for image in view.images]
    if not (view.scanned and hidden):
        return False
    inked = [not uniform(view.patch(core(glyph))) for glyph in hidden]
    over = [any(overlap(glyph.box, scan) > _READ_PART for scan in scans) for glyph in hidden]
    return bool(np.mean(inked) > _READ_PART and np.mean(over) > _READ_PART and len(hidden) > 0.5 * len(view.glyphs))


def _hidden(view: PageView) -> Iterator[dict[str, Any]]:
    if recognised(view):
        return
    drawn = [glyph for glyph in view.glyphs if glyph.text.strip()]
    for (reason, _), group in groupby(drawn, key=lambda glyph: (glyph.hidden, glyph.line)):
        glyphs = list(group)
        text = _text(glyphs)
        if reason is not None and sum(map(str.isalnum, text)) >= _LEAST_CHARACTERS:
            box = union([glyph.box for glyph in glyphs])
            yield {"page": view.number, "text": text, "box": list(box), "reason": reason}


def _overlays(view: PageView) -> Iterator[dict[str, Any]]:
    """Boxes in the colour of the page round them, and images, that cover text; with the text put in its place."""
    covered: dict[Cover, list[Glyph]] = {}
    for glyph in view.glyphs:
        if glyph.cover is not None and glyph.text.strip():
            covered.setdefault(glyph.cover, []).append(glyph)
    if recognised(view):
        return
    for cover, glyphs in covered.items():
        text = _text(glyphs)
        disguised = cover.kind == "image" or _like_page(view, cover)
        if disguised and sum(map(str.isalnum, text)) >= _LEAST_CHARACTERS:
            box = [round(side, 1) for side in cover.box]
            entry = {"page": view.number, "box": box, "kind": cover.kind, "covers": text}
            yield entry | {"shows": _text(_upon(view, cover))}


def _patches(view: PageView) -> Iterator[dict[str, Any]]:
    """Boxes in the page's colour, one line high, with new text, that end the page's drawing: text was replaced.

    Backgrounds that belong to a design are drawn before the text of the page, or are as many as its cells.
    """
    if not view.glyphs:
        return
    boxes = [cover for cover in view.covers if _one_line(view, cover) and cover.color and min(cover.color) > 200]
    boxes = [box for box in boxes if not any(glyph.cover is box for glyph in view.glyphs)]
    for cover in sorted(boxes, key=lambda box: box.order):
        if any(box is not cover and _as_high(box, cover) for box in boxes):
            continue  # a cell among cells
        shown = _upon(view, cover)
        after = [glyph for glyph in view.glyphs if glyph.order > cover.order and glyph.text.strip()]
        before = [glyph for glyph in view.glyphs if 0 <= glyph.order < cover.order and glyph.text.strip()]
        ending = all(any(overlap(glyph.box, box.box) > 0.5 for box in boxes) for glyph in after)
        if shown and ending and len(before) > 4 * len(after) and _like_page(view, cover):
            box = [round(side, 1) for side in cover.box]
            yield {"page": view.number, "box": box, "kind": "replaced", "covers": "", "shows": _text(shown)}


def _as_high(one: Cover, other: Cover) -> bool:
    return abs((one.box[3] - one.box[1]) - (other.box[3] - other.box[1])) < 0.5


def _redactions(view: PageView) -> Iterator[dict[str, Any]]:
    """Black boxes without text on them, one line high, beside text of the same line."""
    letters = [glyph for glyph in view.glyphs if glyph.hidden is None and glyph.text.strip()]
    hiding = {glyph.cover for glyph in view.glyphs}
    for cover in view.covers:
        if cover in hiding:
            continue  # nothing was taken out
        black = cover.kind == "path" and cover.color is not None and max(cover.color) < _BLACK
        if not (black and _one_line(view, cover) and uniform(view.patch(_inner(cover.box)))):
            continue
        left, top, right, bottom = cover.box
        height = bottom - top
        if 1.5 * height < right - left < 0.6 * view.width and _amid_text(letters, cover.box):
            yield {"page": view.number, "box": [round(side, 1) for side in cover.box]}


def _amid_text(letters: Sequence[Glyph], box: Box) -> bool:
    """Whether text of a fitting size stands on the same row, or both right above and right below."""
    left, top, right, bottom = box
    height = bottom - top
    fitting = [glyph for glyph in letters if 0.4 * height < glyph.size < 1.6 * height]
    row = [glyph for glyph in fitting if top < glyph.origin[1] - 0.3 * glyph.size < bottom]
    column = [glyph for glyph in fitting if glyph.box[0] < right and left < glyph.box[2]]
    above = any(0 <= top - glyph.origin[1] < 2 * height for glyph in column)
    below = any(0 <= glyph.origin[1] - bottom < 3 * height for glyph in column)
    return bool(row) or (above and below)


def _text(glyphs: Sequence[Glyph]) -> str:
    """Characters of one place, with spaces where they stand apart."""
    parts = [glyphs[0].text] if glyphs else []
    for last, glyph in pairwise(glyphs):
        apart = glyph.box[0] - last.box[2] > 0.15 * glyph.size or glyph.line != last.line
        parts.append(f" {glyph.text}" if apart else glyph.text)
    return clean("".join(parts))


def _upon(view: PageView, cover: Cover) -> list[Glyph]:
    return [
        glyph
        for glyph in view.glyphs
        if glyph.order > cover.order and glyph.text.strip() and overlap(glyph.box, cover.box) > 0.5
    ]


def _one_line(view: PageView, cover: Cover) -> bool:
    height = cover.box[3] - cover.box[1]
    least, most = _LINE_HEIGHT
    return least <= height <= most and area(cover.box) < 0.1 * view.width * view.height


def _like_page(view: PageView, cover: Cover) -> bool:
    """Whether what covers cannot be told from the page round it."""
    if cover.color is None or len(cover.color) != 3:
        return False
    left, top, right, bottom = cover.box
    outer = view.patch((left - 3, top - 3, right + 3, bottom + 3))
    if not outer.size:
        return False
    rim = np.concatenate([outer[0], outer[-1], outer[:, 0], outer[:, -1]])
    return bool(np.abs(np.median(rim, axis=0) - np.array(cover.color)).max() < 12)


def _inner(box: Box) -> Box:
    return box[0] + 1, box[1] + 1, box[2] - 1, box[3] - 1
