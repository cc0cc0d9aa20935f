"""Printed fields by label and place: which line of text is whose value."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain

from models.document.text_line import TextLine
from pipelines.document.id_document.dates import readings
from pipelines.document.id_document.labels import edits, field_of, normalised, numbered, parts_of

PAST_DATES = frozenset({"birth_date", "issue_date"})
DATES = PAST_DATES | {"expiry_date"}
NAMES = frozenset({"surname", "given_names", "birth_name"})
NUMBERS = frozenset({"document_number", "personal_number"})
_SEXES = {"m": "M", "male": "M", "f": "F", "female": "F", "w": "F", "h": "M", "x": "X"}
_NUMBERED = re.compile(r"^([1-9][a-d]?)\s?[.,:]?\s?(?:[.,]|\s|$)\s*(.*)$", re.IGNORECASE)
_FAR = 3.2
"""Heights of a label within which its value begins below it."""
_RIGHT = 0.45
"""Of the document's width: how far to the right of its label a value may begin."""


@dataclass(frozen=True, slots=True)
class Printed:
    """The value of a field as it was read.

    Attributes:
        text: the line's text, without the label where both stand in one line.
        line: index of the line.
        confidence: of the reader, 0..1.
        box: left, top, right, bottom of the line in pixels of the upright document.
        dates: what a date may mean, the likeliest first; empty for other fields.
    """

    name: str
    text: str
    line: int
    confidence: float
    box: tuple[float, float, float, float]
    dates: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class _Label:
    name: str
    line: int
    rest: str
    box: tuple[float, float, float, float]


def visual_fields(lines: Sequence[TextLine], width: float, today: date, *, month_first: bool = False) -> list[Printed]:
    """Pairs labels with values; a field appears once at most.

    Args:
        lines: of one side, without those of the machine readable zone; pixels of the upright document.
        width: of the document, pixels.
        month_first: the issuer writes the month before the day.
    """
    labels = _labels(lines)
    taken = {label.line for label in labels if not label.rest}
    found_for = [list(_candidates(label, lines, taken, width, today)) for label in labels]
    # A document writes its labels above the values or left of them: the way that more labels allow costs nothing.
    ways = [{pair[1] for pair in pairs} for pairs in found_for]
    beside = sum("right" in way for way in ways) > sum("below" in way for way in ways)
    usual = "right" if beside else "below"
    pairs = sorted(
        (cost + (way not in (usual, "same")), name, index, text)
        for cost, way, name, index, text in chain.from_iterable(found_for)
    )
    found: dict[str, Printed] = {}
    used: set[tuple[int, str]] = set()
    for _, name, index, text in pairs:
        shape = "date" if name in DATES else name if name == "sex" else "text"
        if name == "other" or name in found or (index, shape) in used or (shape == "text" and (index, "date") in used):
            if name == "other":
                used.add((index, "text"))
            continue
        dates = readings(text, past=name in PAST_DATES, today=today, month_first=month_first) if name in DATES else []
        value = _sex(text) or text if name == "sex" else text
        line = lines[index]
        found[name] = Printed(name, value, index, line.confidence, line.box, tuple(dates))
        used.add((index, shape))
    return list(found.values())


def _labels(lines: Sequence[TextLine]) -> list[_Label]:
    """Lines that are a label, or begin with one."""
    counted = _counted(lines)
    by_number = numbered_fields(lines)
    found = []
    for index, line in enumerate(lines):
        if by_number and (match := _NUMBERED.match(line.text)) and (name := numbered().get(match[1].casefold())):
            found.append(_Label(name, index, match[2].strip(), line.box))
        elif (name := field_of(line.text)) is not None:
            found.append(_Label(name, index, "", line.box))
        elif (split := _split(line.text)) is not None:
            found.append(_Label(split[0], index, split[1], line.box))
    if by_number and "1" not in counted:
        found += _unread_first(found, lines)
    return found


def numbered_fields(lines: Sequence[TextLine]) -> bool:
    """Whether the fields are numbered, as on driving licences after Directive 2006/126/EC."""
    return len({"1", "2", "3", "4a", "4b", "5"} & _counted(lines)) >= 3


def _counted(lines: Sequence[TextLine]) -> set[str]:
    numbers = {m[1].casefold() for line in lines if (m := _NUMBERED.match(line.text))}
    return numbers & numbered().keys()


def _unread_first(labels: Sequence[_Label], lines: Sequence[TextLine]) -> Iterator[_Label]:
    """The surname of a licence whose `1.` was not read: the name right above the given names."""
    for label in labels:
        if label.name != "given_names":
            continue
        left, top, right, bottom = label.box
        above = [
            (top - line.box[3], index)
            for index, line in enumerate(lines)
            if -0.5 <= (top - line.box[3]) / (bottom - top) <= 2.5
            and left - (bottom - top) <= line.box[0] <= right + 3 * (bottom - top)
            and fits("surname", line.text, date.min)
        ]
        if above:
            index = min(above)[1]
            yield _Label("surname", index, lines[index].text, lines[index].box)


def _split(text: str) -> tuple[str, str] | None:
    """(field, value) of a line that holds both."""
    head, colon, tail = text.partition(":")
    if colon and tail.strip() and (name := field_of(head)) is not None:
        return name, tail.strip()
    words = text.split()
    for count in range(min(len(words) - 1, 6), 0, -1):
        head = " ".join(words[:count])
        name = field_of(head) if len(normalised(head)) >= 3 else None
        if name is not None and (rest := " ".join(words[count:]).strip(" :.")):
            return name, rest
    return None


def _candidates(
    label: _Label, lines: Sequence[TextLine], labels: set[int], width: float, today: date
) -> Iterator[tuple[float, str, str, int, str]]:
    """(cost, way, field, line, text) of every line that may be the label's value; the way is same, below or right."""
    if label.rest:
        if fits(label.name, label.rest, today):
            yield 0.0, "same", label.name, label.line, label.rest
            return
        if label.name != "other" and len(parts_of(label.rest)) == 0:
            return
    left, top, right, bottom = label.box
    height = bottom - top
    for index, line in enumerate(lines):
        if index == label.line or index in labels or not fits(label.name, line.text, today):
            continue
        x0, y0, x1, y1 = line.box
        gap = (y0 - bottom) / height
        overlap = min(right, x1) - max(left, x0)
        if -0.5 <= gap <= _FAR and (abs(x0 - left) < 1.5 * height or overlap > 0.5 * min(right - left, x1 - x0)):
            yield max(gap, 0.0) + abs(x0 - left) / (4 * height), "below", label.name, index, line.text
        level = abs((y0 + y1) / 2 - (top + bottom) / 2) < 0.6 * max(height, y1 - y0)
        if level and 0 <= x0 - right + height <= _RIGHT * width:
            yield 2 * max(0.0, x0 - right) / width, "right", label.name, index, line.text


def fits(name: str, text: str, today: date) -> bool:
    """Whether a text may be a value of the field."""
    letters, digits = sum(map(str.isalpha, text)), sum(map(str.isdigit, text))
    if name in DATES:
        return digits >= 3 and bool(readings(text, past=name in PAST_DATES, today=today))
    if name == "sex":
        return _sex(text) is not None
    if name in NUMBERS:
        whole = re.sub(r"[\s\-./]", "", text)
        # A number that is all letters is most often figures taken for letters.
        told = digits >= 1 or (len(whole) >= 7 and whole.isupper() and " " not in text)
        return told and 5 <= len(whole) <= 24 and digits + letters >= len(whole) - 1
    if name in NAMES:
        return letters >= 1 and digits <= max(1, letters // 6)
    return letters >= 2 if name != "other" else True


def _sex(text: str) -> str | None:
    """M, F or X; of two languages (`K/M`, `F/F`) the later one, which is the English."""
    said = [_SEXES.get(word) for word in re.split(r"[^a-z]+", normalised(text)) if word]
    known = [sex for sex in said if sex is not None]
    return known[-1] if known and len(normalised(text).replace(" ", "")) <= 12 else None


def where_printed(value: str, lines: Sequence[TextLine]) -> int | None:
    """The line that says exactly that (letters and figures only), whatever stands beside it; None where none does."""
    wanted = re.sub(r"[^a-z0-9]", "", normalised(value))
    if len(wanted) < 3:
        return None
    return next(
        (
            index
            for index, line in enumerate(lines)
            if wanted in (said := re.sub(r"[^a-z0-9]", "", normalised(line.text))) or edits(said, wanted, 1) <= 0
        ),
        None,
    )
