"""Where the lines of a machine-readable zone stand, from what a general text reader found on the page."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.document.mrz_lattice import ALPHABET
from models.document.text_line import TextLine

_FILLERS = str.maketrans(dict.fromkeys("\u2039\u3008\uff1c\u27e8\u2264({", "<") | dict.fromkeys("\u00ab\u300a", "<<"))
"""Marks that general readers make of the filler: angle quotes and brackets."""

Quad = npt.NDArray[np.float32]

_LEAST_FILLERS = 2
_LEAST_LENGTH = 18
"""Characters of a line without fillers, such as the middle one of a card."""
_OFF_ALPHABET = 0.15
_GAP = 5.0
"""Most heights of a line between two fragments of one row: a finger or a reflection hides some letters."""
_SAME_ROW = 0.55
"""Of the height of a line: fragments whose middles are nearer stand in one row."""
_LEADING = (0.6, 2.6)
"""Distance of neighbouring rows, in heights of a found line (which is about one and a half letters)."""


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One row of a zone: its corners, clockwise from the text's top-left, and what the text reader made of it."""

    quad: Quad
    text: str


def find_rows(lines: Sequence[TextLine]) -> list[Row]:
    """Rows that look like a machine-readable zone, from top to bottom as they are read; empty where none do.

    Fragments of one row are joined, and rows that end early are drawn out to the ends of the longest: all lines of a
    zone are equally long.
    """
    likely = [_upright(line) for line in lines if looks_like_zone(line.text)]
    if not likely:
        return []
    longest = max(likely, key=lambda line: _length(line.quad))
    along = _unit(longest.quad[1] - longest.quad[0])
    facing = [line for line in likely if float(np.dot(_unit(line.quad[1] - line.quad[0]), along)) > 0.9]
    others = [line for line in lines if not looks_like_zone(line.text)]
    facing += _beside(
        facing, [line for line in others if float(np.dot(_unit(line.quad[1] - line.quad[0]), along)) > 0.9]
    )
    rows = _stacked(_joined(facing, along), along)
    left, right = min(_start(row, along) for row in rows), max(_end(row, along) for row in rows)
    return [_drawn_out(row, along, left, right) for row in rows]


def looks_like_zone(text: str) -> bool:
    """Whether a line of text may be (a part of) a line of a zone."""
    kept = normalised(text.replace(">", "<"))
    written = "".join(text.split())
    foreign = len([c for c in written if c.islower() or c in ".,:;/'"]) / max(1, len(written))
    if foreign > _OFF_ALPHABET or len(kept) < 5:
        return False
    return kept.count("<") >= _LEAST_FILLERS or (len(kept) >= _LEAST_LENGTH and any(c.isdigit() for c in kept))


def normalised(text: str) -> str:
    """The text in the alphabet of machine-readable zones; what is not of it is dropped."""
    return "".join(character for character in text.upper().translate(_FILLERS) if character in ALPHABET)


def neighbour(row: Row, leading: float, direction: int) -> Row:
    """The place of the row above (-1) or below (+1), at `leading` heights of this one; its text is unknown."""
    down = (row.quad[3] - row.quad[0] + row.quad[2] - row.quad[1]) / 2
    return Row((row.quad + direction * leading * down).astype(np.float32), "")


def between(upper: Row, lower: Row) -> Row:
    """The place of a row in the middle of two; its text is unknown."""
    return Row(((upper.quad + lower.quad) / 2).astype(np.float32), "")


def _upright(line: TextLine) -> TextLine:
    """A line that was read standing on its head shows its fillers as `>`; turned, its text is unknown but for these."""
    wrong, right = line.text.count(">"), normalised(line.text).count("<")
    if wrong < _LEAST_FILLERS or wrong <= right:
        return line
    fillers = "".join(reversed(line.text)).replace(">", "<")
    return TextLine(normalised(fillers), np.roll(line.quad, 2, axis=0), line.confidence)


def turned(row: Row) -> Row:
    """The same row read from the other side."""
    return Row(np.roll(row.quad, 2, axis=0), "")


def _beside(zone: Sequence[TextLine], others: Sequence[TextLine]) -> list[TextLine]:
    """Fragments that say too little to be known for a part of a zone, but go on where one begins or ends."""
    found = []
    for line in others:
        for part in zone:
            along, high = _unit(part.quad[1] - part.quad[0]), float(np.linalg.norm(part.quad[3] - part.quad[0]))
            own = float(np.linalg.norm(line.quad[3] - line.quad[0]))
            apart = line.quad.mean(axis=0) - part.quad.mean(axis=0)
            gap = abs(float(np.dot(apart, along))) - (_length(part.quad) + _length(line.quad)) / 2
            level = abs(float(np.dot(apart, np.array([-along[1], along[0]])))) < 0.4 * high
            if level and gap < _GAP * high and 0.6 < own / max(high, 1e-6) < 1.6:
                found.append(line)
                break
    return found


def _joined(lines: Sequence[TextLine], along: Quad) -> list[Row]:
    """Fragments of one row as one, rows from top to bottom as read."""
    down = np.array([-along[1], along[0]])
    ordered = sorted(lines, key=lambda line: float(np.dot(line.quad.mean(axis=0), down)))
    groups: list[list[TextLine]] = []
    for line in ordered:
        height = float(np.linalg.norm(line.quad[3] - line.quad[0]))
        middle = line.quad.mean(axis=0)
        near = groups and abs(_off_row(groups[-1], middle, down)) < _SAME_ROW * height
        if near:
            groups[-1].append(line)
        else:
            groups.append([line])
    return [_row(sorted(group, key=lambda line: float(np.dot(line.quad[0], along)))) for group in groups]


def _off_row(group: Sequence[TextLine], point: Quad, down: npt.NDArray[np.float64]) -> float:
    """How far below the row of the longest fragment a point lies, along that fragment's own direction."""
    longest = max(group, key=lambda line: _length(line.quad))
    own = _unit(longest.quad[1] - longest.quad[0] + longest.quad[2] - longest.quad[3])
    normal = np.array([-own[1], own[0]])
    return float(np.dot(point - longest.quad.mean(axis=0), normal if np.dot(normal, down) > 0 else -normal))


def _row(fragments: Sequence[TextLine]) -> Row:
    first, last = fragments[0].quad, fragments[-1].quad
    quad = np.array([first[0], last[1], last[2], first[3]], np.float32)
    return Row(quad, "".join(normalised(line.text) for line in fragments))


def _stacked(rows: Sequence[Row], along: Quad) -> list[Row]:
    """The stack of at most three rows that stand as the lines of one zone do; of several, the one with most fillers."""
    down = np.array([-along[1], along[0]])
    stacks: list[list[Row]] = []
    for row in rows:
        if stacks:
            last = stacks[-1][-1]
            gap = float(np.dot(row.quad.mean(axis=0) - last.quad.mean(axis=0), down)) / _height(last)
            overlap = min(_end(row, along), _end(last, along)) - max(_start(row, along), _start(last, along))
            if _LEADING[0] < gap < _LEADING[1] and overlap > 0:
                stacks[-1].append(row)
                continue
        stacks.append([row])
    best = max(stacks, key=lambda stack: sum(row.text.count("<") + len(row.text) / 4 for row in stack))
    return best[-3:]


def _drawn_out(row: Row, along: Quad, left: float, right: float) -> Row:
    """The row reaching from `left` to `right` along the zone, its own edges going on as they ran."""
    quad = row.quad.astype(np.float64)
    start, end = _start(row, along), _end(row, along)
    length = max(end - start, 1e-6)
    before, after = max(0.0, start - left) / length, max(0.0, right - end) / length
    upper, lower = quad[1] - quad[0], quad[2] - quad[3]
    moved = [quad[0] - before * upper, quad[1] + after * upper, quad[2] + after * lower, quad[3] - before * lower]
    return Row(np.array(moved, np.float32), row.text)


def _start(row: Row, along: Quad) -> float:
    return float(np.dot((row.quad[0] + row.quad[3]) / 2, along))


def _end(row: Row, along: Quad) -> float:
    return float(np.dot((row.quad[1] + row.quad[2]) / 2, along))


def _height(row: Row) -> float:
    return float(np.linalg.norm(row.quad[3] - row.quad[0] + row.quad[2] - row.quad[1]) / 2)


def _length(quad: Quad) -> float:
    return float(np.linalg.norm(quad[1] - quad[0]))


def _unit(vector: npt.NDArray[np.float32]) -> Quad:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-6), np.float32)
