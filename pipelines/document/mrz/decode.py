"""The most probable texts of a whole zone that keep every check digit, found exactly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from models.document.mrz_lattice import ALPHABET
from pipelines.document.mrz.check_digits import VALUES, WEIGHTS
from pipelines.document.mrz.formats import FILLER, Format, Place
from pipelines.document.mrz.posterior import Array

_KEPT = 4
"""Texts kept for each pair of running sums, and answers given."""
_FAINT = 1e-5
"""Characters less probable than this are not tried."""
_MOST_SYMBOLS = 6


@dataclass(frozen=True, slots=True)
class Text:
    """One text of a zone and its log-probability, given the zone's format."""

    lines: tuple[str, ...]
    score: float


@dataclass(frozen=True, slots=True)
class _Duty:
    """What a place has to do with check digits: weights in its field's sum and in the composite, or being a digit."""

    field: int = 0
    composite: int = 0
    begins: bool = False
    checks: bool = False
    empty: bool = False
    overflows: bool = False
    closes: bool = False


@cache
def _duties(form: Format) -> Mapping[Place, _Duty]:
    """Every place that a check digit covers or holds, in the order in which the composite counts them."""
    found: dict[Place, _Duty] = {}
    composite = [(line, column) for line, start, end in form.composite for column in range(start, end)]
    weights = {place: WEIGHTS[at % 3] for at, place in enumerate(composite)}
    for part in form.fields:
        if not part.check:
            continue
        for at, place in enumerate(part.places()):
            found[place] = _Duty(WEIGHTS[at % 3], weights.get(place, 0), begins=at == 0)
        place = part.line, part.end
        found[place] = _Duty(
            composite=weights.get(place, 0), checks=True, empty=part.may_be_filler, overflows=part.overflows
        )
    for place in composite:
        found.setdefault(place, _Duty(composite=weights[place]))
    if form.composite_at:
        found[form.composite_at] = _Duty(closes=True)
    return dict(sorted(found.items()))


def most_probable(form: Format, posteriors: Sequence[Array]) -> Text:
    """The text of the most probable character at each place, whatever the check digits say."""
    lines = tuple("".join(ALPHABET[best] for best in rows.argmax(axis=1)) for rows in posteriors)
    return Text(lines, float(sum(np.log(rows.max(axis=1)).sum() for rows in posteriors)))


def keeping_check_digits(form: Format, posteriors: Sequence[Array]) -> list[Text]:
    """The most probable texts whose check digits are all right, best first; empty where none is near.

    Walks over all places that check digits cover with the two running sums as state, keeping the best few texts of each
    state. Places that no check digit covers hold their most probable character.
    """
    duties = _duties(form)
    base = most_probable(form, posteriors)
    free = sum(
        float(np.log(posteriors[line].max(axis=1)[column]))
        for line in range(form.lines)
        for column in range(form.length)
        if (line, column) not in duties
    )
    states: dict[tuple[int, int, bool], list[tuple[float, str]]] = {(0, 0, False): [(0.0, "")]}
    for (line, column), duty in duties.items():
        states = _step(states, duty, _candidates(posteriors[line][column]))
        if not states:
            return []
    best = sorted((entry for entries in states.values() for entry in entries), reverse=True)[:_KEPT]
    return [Text(_filled(base.lines, list(duties), text), score + free) for score, text in best]


def _candidates(row: Array) -> list[tuple[str, float]]:
    order = np.argsort(row)[::-1][:_MOST_SYMBOLS]
    return [(ALPHABET[index], float(np.log(row[index]))) for index in order if row[index] > _FAINT]


def _step(
    states: dict[tuple[int, int, bool], list[tuple[float, str]]], duty: _Duty, candidates: list[tuple[str, float]]
) -> dict[tuple[int, int, bool], list[tuple[float, str]]]:
    """Takes one place: states are (sum of the field, sum of the composite, whether the field holds anything)."""
    following: dict[tuple[int, int, bool], list[tuple[float, str]]] = {}
    for (total, composite, filled), entries in states.items():
        for character, cost in candidates:
            value = VALUES[character]
            if duty.checks and not _fits(character, total, filled, duty):
                continue
            if duty.closes and character != str(composite):
                continue
            begun = 0 if duty.begins else total
            state = (
                (begun + value * duty.field) % 10 if duty.field else 0,
                (composite + value * duty.composite) % 10,
                bool(duty.field) and ((filled and not duty.begins) or character != FILLER),
            )
            kept = following.setdefault(state, [])
            kept.extend((score + cost, text + character) for score, text in entries)
    return {state: sorted(entries, reverse=True)[:_KEPT] for state, entries in following.items()}


def _fits(character: str, total: int, filled: bool, duty: _Duty) -> bool:
    """Whether the check digit is right; a filler is, where the field is empty or goes on elsewhere."""
    return character == str(total) or (character == FILLER and ((duty.empty and not filled) or duty.overflows))


def _filled(lines: tuple[str, ...], places: Sequence[Place], text: str) -> tuple[str, ...]:
    """The lines with the characters of `text` at those places."""
    rows = [list(line) for line in lines]
    for (line, column), character in zip(places, text, strict=True):
        rows[line][column] = character
    return tuple("".join(row) for row in rows)
