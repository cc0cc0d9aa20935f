"""Which boxes stand side by side in one row, for text whose lines are level."""

from collections.abc import Sequence

Box = Sequence[float]
_SHARED = 0.5
"""Of the lower of two boxes: from this overlap of their heights on they stand in one row."""


def rows_of(boxes: Sequence[Box]) -> list[int]:
    """The row of each box, from 0 at the top.

    A box joins the row whose last member to its left it overlaps in height, so that a row may climb or fall slowly;
    two boxes over each other are never in one row.
    """
    rows: list[list[int]] = []
    for n in sorted(range(len(boxes)), key=lambda n: (boxes[n][0], boxes[n][1])):
        best = max(rows, key=lambda row: _fit(boxes[row[-1]], boxes[n]), default=None)
        if best is not None and _fit(boxes[best[-1]], boxes[n]) > 0:
            best.append(n)
        else:
            rows.append([n])
    rows.sort(key=lambda row: (_middle(boxes, row), boxes[row[0]][0]))
    numbers = [0] * len(boxes)
    for number, row in enumerate(rows):
        for n in row:
            numbers[n] = number
    return numbers


def _fit(left: Box, right: Box) -> float:
    """0 where the two are not in one row, else how well they line up."""
    lower = min(left[3] - left[1], right[3] - right[1])
    shared = min(left[3], right[3]) - max(left[1], right[1])
    covered = min(left[2], right[2]) - max(left[0], right[0])
    if lower <= 0 or shared < _SHARED * lower or covered > 0.3 * min(left[2] - left[0], right[2] - right[0]):
        return 0.0
    return shared / max(left[3] - left[1], right[3] - right[1])


def _middle(boxes: Sequence[Box], row: list[int]) -> float:
    return sum(boxes[n][1] + boxes[n][3] for n in row) / (2 * len(row))
