"""Puts the lines a reader found on a page into visual rows and reading order."""

from collections.abc import Sequence

import numpy as np

from models.document.text_line import TextLine
from pipelines.document.rows import rows_of
from pipelines.document.text import Span

_PROSE = 28
"""Median characters of the lines of a column of prose; table cells are shorter."""
_LEAST_LINES = 5
"""A column of fewer lines is no column."""
_CROSSING = 0.1
"""Share of the lines that may cross the gutter between two columns: headings."""


def spans_of(lines: Sequence[TextLine], page: int = 1) -> list[Span]:
    """The lines of one page as spans in reading order, with their rows.

    Rows are judged along the text, so a page may lie on its side or stand on its head. Columns of prose are read one
    after the other; everything else, tables above all, row by row from left to right.

    Args:
        lines: of `document/ocr`, boxes in pixels of the image.
        page: number of the page, from 1.
    """
    if not lines:
        return []
    level = _levelled(lines)
    number = rows_of(level)
    columns = _columns(level, lines)
    order = sorted(range(len(lines)), key=lambda index: (columns[index], number[index], level[index][0]))
    return [
        Span(
            page=page,
            text=lines[index].text,
            box=lines[index].box,
            source="ocr",
            confidence=lines[index].confidence,
            row=number[index],
        )
        for index in order
    ]


def _levelled(lines: Sequence[TextLine]) -> list[tuple[float, float, float, float]]:
    """Boxes left, top, right, bottom after turning the page as its text runs: by quarters, and by its own tilt."""
    edges = np.array([(line.quad[1] - line.quad[0] + line.quad[2] - line.quad[3]) / 2 for line in lines])
    lengths = np.linalg.norm(edges, axis=1)
    angles = np.arctan2(edges[:, 1], edges[:, 0])
    quarters = np.round(angles / (np.pi / 2)).astype(int) % 4
    quarter = int(np.bincount(quarters, weights=lengths, minlength=4).argmax())
    same = (quarters == quarter) & (lengths >= np.median(lengths[quarters == quarter]))
    tilt = np.median((angles[same] - quarter * np.pi / 2 + np.pi) % (2 * np.pi) - np.pi)
    angle = quarter * np.pi / 2 + float(tilt)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    boxes = []
    for line in lines:
        corners = line.quad @ turn.T
        (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
        boxes.append((float(left), float(top), float(right), float(bottom)))
    return boxes


def _columns(boxes: Sequence[tuple[float, float, float, float]], lines: Sequence[TextLine]) -> list[int]:
    """Number of the column of prose that each line belongs to; all 0 where the page has no such columns."""
    left, right = min(box[0] for box in boxes), max(box[2] for box in boxes)
    one = [0] * len(boxes)
    for share in (0.5, 0.45, 0.55, 0.4, 0.6):
        gutter = left + share * (right - left)
        before = [index for index, box in enumerate(boxes) if box[2] <= gutter]
        after = [index for index, box in enumerate(boxes) if box[0] >= gutter]
        crossing = len(boxes) - len(before) - len(after)
        if min(len(before), len(after)) < _LEAST_LINES or crossing > _CROSSING * len(boxes):
            continue
        if min(float(np.median([len(lines[i].text) for i in side])) for side in (before, after)) < _PROSE:
            continue
        first = min(boxes[index][1] for index in (*before, *after))
        return [
            0 if index in set(before) else 1 if index in set(after) else (-1 if boxes[index][1] < first else 2)
            for index in range(len(boxes))
        ]
    return one
