"""Finds and reads the machine-readable zone of a document, by two readers and without a claim beyond what they saw."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from models.document.mrz_lattice import Lattice
from models.document.mrz_reader import prepare_line
from models.document.text_line import TextLine
from models.document.text_recognition import cut_line
from pipelines.document.mrz.decide import Decision, decide
from pipelines.document.mrz.fields import check_digits, fields_of
from pipelines.document.mrz.find import Row, between, find_rows, neighbour, turned
from pipelines.document.mrz.formats import FORMATS, Format
from pipelines.workers import Models

READERS = ("document/mrz-reader", "document/mrz-text-reader")
MODELS = ("document/ocr", *READERS)
"""What `read_mrz` asks; the first only where the caller has no lines."""

LENGTHS = (30, 36, 44)

Readings = dict[int, list[Lattice]]
"""Characters a row is taken to have -> what each reader makes of it."""

_LEADINGS = (0.75, 0.95, 1.2)
"""Where a row that was not found is looked for, in heights of a found one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mrz:
    """A machine-readable zone as read.

    Attributes:
        format: `TD1`, `TD2`, `TD3`, `MRVA`, `MRVB` or `FRA_ID`.
        lines: as read; where check digits decided between likely characters, as they decided.
        valid: whether every check digit is right.
        certain: whether every line is; a line whose characters check digits decided never is.
        certain_lines: the same for each line.
        check_digits: whether each is right.
        alternatives: other texts of the whole zone that are not out of the question, most probable first.
        fields: by the names that every report uses; dates in ISO 8601.
        quads: (4, 2) float32 corners of each line in pixels of the image.
    """

    format: str
    lines: tuple[str, ...]
    valid: bool
    certain: bool
    certain_lines: tuple[bool, ...]
    check_digits: Mapping[str, bool]
    alternatives: tuple[tuple[str, ...], ...]
    fields: Mapping[str, str]
    quads: tuple[npt.NDArray[np.float32], ...] = field(default=(), compare=False)

    def to_json(self) -> dict[str, Any]:
        """JSON values, as reports hold them."""
        return {
            "format": self.format,
            "lines": list(self.lines),
            "valid": self.valid,
            "certain": self.certain,
            "alternatives": [list(lines) for lines in self.alternatives],
            "check_digits": dict(self.check_digits),
        }


async def read_mrz(
    image: npt.NDArray[np.uint8],
    models: Models,
    lines: Sequence[TextLine] | None = None,
    *,
    today: date | None = None,
) -> Mrz | None:
    """Reads the machine-readable zone of a document, None where there is none.

    Args:
        image: (H, W, 3) uint8 RGB: the rectified document, or a photograph of it, standing in any of four ways.
        lines: what `document/ocr` read in this image, where the caller has it.
        today: decides the century of two-digit years; the current day by default.
    """
    if lines is None:
        (lines,) = await models.predict("document/ocr", [image])
    rows = find_rows(lines)
    if not rows:
        return None
    best = await _best(image, models, rows)
    if best is None:
        best = await _best(image, models, [turned(row) for row in reversed(rows)])
    if best is None:
        return None
    form, decision, found = best
    digits = check_digits(form, decision.lines)
    return Mrz(
        format=form.name,
        lines=decision.lines,
        valid=all(digits.values()),
        certain=all(decision.certain),
        certain_lines=decision.certain,
        check_digits=digits,
        alternatives=decision.alternatives,
        fields=fields_of(form, decision.lines, today or datetime.now(UTC).date()),
        quads=tuple(row.quad for row in found),
    )


async def _best(
    image: npt.NDArray[np.uint8], models: Models, rows: Sequence[Row]
) -> tuple[Format, Decision, Sequence[Row]] | None:
    """The format and rows that explain the image best, missing rows looked for where they would stand."""
    readings = await _read(image, models, rows)
    found = _explained(rows, readings)
    if found is not None or len(rows) > 2:
        return found
    missing = [(0, neighbour(rows[0], leading, -1)) for leading in _LEADINGS]
    missing += [(len(rows), neighbour(rows[-1], leading, +1)) for leading in _LEADINGS]
    missing += [(1, between(rows[0], rows[1]))] if len(rows) > 1 else []
    guesses = []
    for (at, row), reading in zip(missing, await _read(image, models, [row for _, row in missing]), strict=True):
        guesses.append(_explained([*rows[:at], row, *rows[at:]], [*readings[:at], reading, *readings[at:]]))
    return max((guess for guess in guesses if guess is not None), key=lambda guess: guess[1].score, default=None)


async def _read(image: npt.NDArray[np.uint8], models: Models, rows: Sequence[Row]) -> list[Readings]:
    """Every row as a line of each length, which our own reader has to be told; the text reader reads once."""
    lines = [cut_line(image, row.quad) for row in rows]
    prepared = [prepare_line(line, length) for line in lines for length in LENGTHS]
    own, text = await asyncio.gather(models.predict(READERS[0], prepared), models.predict(READERS[1], lines))
    return [
        {length: [own[len(LENGTHS) * row + at], text[row]] for at, length in enumerate(LENGTHS)}
        for row in range(len(rows))
    ]


def _explained(rows: Sequence[Row], readings: Sequence[Readings]) -> tuple[Format, Decision, Sequence[Row]] | None:
    """The best of all formats over all runs of neighbouring rows; None where none fits at all."""
    found: list[tuple[Format, Decision, Sequence[Row]]] = []
    for form in FORMATS:
        for first in range(len(rows) - form.lines + 1):
            part = slice(first, first + form.lines)
            decision = decide(form, [reading[form.length] for reading in readings[part]])
            if decision is not None:
                found.append((form, decision, rows[part]))
    return max(found, key=lambda entry: entry[1].score, default=None)
