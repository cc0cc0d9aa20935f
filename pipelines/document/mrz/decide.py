"""Decides what a zone of a given format says, and of which lines that is certain."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from models.document.mrz_lattice import Lattice
from pipelines.document.mrz.decode import Text, keeping_check_digits, most_probable
from pipelines.document.mrz.formats import Format
from pipelines.document.mrz.posterior import Array, posterior, symbol_mask

_PLAUSIBLE = 7.0
"""Natural logarithm: a text so much less probable than what the readers see is no repair but another document."""
_ALTERNATIVE = 6.0
_SURE = 0.97
"""Least probability of a line's characters, all together, for it to be certain."""
_DOUBT = 2e-3
"""Probability that each reader leaves to every character: neither can rule out what the other sees plainly."""
_RIGHT_DIGITS = 0.25
"""What right check digits add to the score of a format; more, and chance repairs of a wrong format would win."""
_LEAST_EVIDENCE = -1.2
"""Of `_evidence`: below it a row is no line of a zone. Rows that were read right had -0.6 and more."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The text of a zone.

    Attributes:
        certain: for each line.
        alternatives: other texts of the zone, most probable first.
        score: how well the format explains the rows, for comparing formats; higher is better.
    """

    lines: tuple[str, ...]
    certain: tuple[bool, ...]
    alternatives: tuple[tuple[str, ...], ...]
    score: float


def decide(form: Format, readings: Sequence[Sequence[Lattice]]) -> Decision | None:
    """Reads rows as a zone of that format.

    Args:
        readings: for each row, what every reader makes of it.

    Returns:
        None where the rows are no lines of that format.
    """
    posteriors: list[Array] = []
    agreed: list[bool] = []
    evidence: list[float] = []
    for number, lattices in enumerate(readings):
        mask = _mask(form, number)
        seen = [posterior(lattice, mask) for lattice in lattices]
        told = [_evidence(rows, likelihood) for rows, likelihood in seen]
        if max(told) < _LEAST_EVIDENCE:
            return None
        evidence += told
        posteriors.append(_together([rows for rows, _ in seen], mask))
        agreed.append(len({tuple(rows.argmax(axis=1)) for rows, _ in seen}) == 1)
    plain, kept = most_probable(form, posteriors), keeping_check_digits(form, posteriors)
    valid = bool(kept) and plain.score - kept[0].score < _PLAUSIBLE
    chosen = kept[0] if valid else plain
    # What check digits decided, what the readers read differently, and what is only likely is never certain.
    certain = tuple(
        chosen.lines[number] == plain.lines[number]
        and agreed[number]
        and float(posteriors[number].max(axis=1).prod()) >= _SURE
        for number in range(form.lines)
    )
    near = [text for text in [plain, *kept] if chosen.score - text.score < _ALTERNATIVE]
    score = float(np.mean(evidence)) + (_RIGHT_DIGITS if valid else 0.0) - (plain.score - chosen.score) / form.length
    return Decision(chosen.lines, certain, _others(near, chosen), score)


@cache
def _mask(form: Format, number: int) -> Array:
    return symbol_mask([form.symbols[number, column] for column in range(form.length)])


def _evidence(rows: Array, likelihood: float) -> float:
    """Log-probability of the most probable text of the format's length, for each character."""
    return (likelihood + float(np.log(rows.max(axis=1)).sum())) / len(rows)


def _together(readings: Sequence[Array], mask: Array) -> Array:
    """The readers' probabilities multiplied, (N, 37), each with a doubt of its own where there are several."""
    if len(readings) == 1:
        return readings[0]
    product = np.prod([rows + _DOUBT for rows in readings], axis=0) * mask
    return np.asarray(product / product.sum(axis=1, keepdims=True))


def _others(texts: Sequence[Text], chosen: Text) -> tuple[tuple[str, ...], ...]:
    ordered = sorted(texts, key=lambda text: -text.score)
    return tuple(lines for lines in dict.fromkeys(text.lines for text in ordered) if lines != chosen.lines)[:3]
