"""How probable each character is at each place of a line, given that the line has exactly so many characters.

The forward-backward algorithm on the lattice of a CTC reader (Graves et al. 2006), with every text of one length in
place of one text: the sum over all alignments and over all characters that may stand elsewhere.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from models.document.mrz_lattice import ALPHABET, BLANK, Lattice

Array = npt.NDArray[np.float64]

_FLOOR = 1e-6
"""No network is surer than that."""
_CLEAR = 0.999
"""Columns that are blank with this probability add nothing beside another such column."""
_IMPOSSIBLE = -1e9


def symbol_mask(symbols: Sequence[str]) -> Array:
    """(N, 37) of 0 and 1: which characters may stand at each of N places."""
    return np.array([[float(character in allowed) for character in ALPHABET] for allowed in symbols])


def posterior(lattice: Lattice, mask: Array) -> tuple[Array, float]:
    """Probabilities (N, 37) of the characters at each place, and the log-likelihood of the line having N characters.

    Args:
        mask: of `symbol_mask`.

    Returns:
        Rows that add up to 1. The likelihood is -1e9 where the lattice is too short for N characters.
    """
    columns = _without_repeated_blanks(lattice.probabilities.astype(np.float64) + _FLOOR)
    blank, symbols = columns[:, BLANK], columns[:, 1:]
    places, steps = len(mask), len(columns)
    # What may be entered at place i: from the blank before it, or from another character of place i - 1.
    enter = np.zeros((steps, places, len(ALPHABET)))
    stay_log, here, empty = 0.0, np.zeros_like(mask), np.zeros(places + 1)
    empty[0] = 1.0
    scales = np.zeros(steps)
    for step in range(steps):
        before = empty[:-1, None] + _others(here)
        enter[step] = symbols[step] * mask * before
        fresh = symbols[step] * mask * here + enter[step]
        empty = blank[step] * (empty + np.concatenate([[0.0], here.sum(axis=1)]))
        total = fresh.sum() + empty.sum()
        here, empty, scales[step] = fresh / total, empty / total, total
        enter[step] /= total
        stay_log += np.log(total)
    reached = here[-1].sum() + empty[-1]
    if reached <= 0:
        return mask / mask.sum(axis=1, keepdims=True), _IMPOSSIBLE
    counts = _counts(symbols, blank, mask, enter, scales)
    return counts / counts.sum(axis=1, keepdims=True), float(stay_log + np.log(reached))


def _counts(symbols: Array, blank: Array, mask: Array, enter: Array, scales: Array) -> Array:
    """Expected number of entries into each place and character: the backward pass, (N, 37)."""
    places, steps = len(mask), len(symbols)
    later_here, later_empty = np.zeros_like(mask), np.zeros(places + 1)
    later_here[-1], later_empty[-1] = 1.0, 1.0
    counts = np.zeros_like(mask)
    for step in range(steps - 1, -1, -1):
        counts += enter[step] * later_here
        weighted = symbols[step] * mask * later_here
        onward = np.concatenate([weighted, np.zeros((1, weighted.shape[1]))])[1:]
        after = blank[step] * later_empty
        later_here = (weighted + _others(onward, shifted=False) + after[1:, None]) / scales[step]
        later_empty = (after + np.concatenate([weighted.sum(axis=1), [0.0]])) / scales[step]
    return counts


def _others(values: Array, *, shifted: bool = True) -> Array:
    """For each place and character: the sum over all other characters, of the place before when `shifted`."""
    others = values.sum(axis=1, keepdims=True) - values
    return np.concatenate([np.zeros((1, values.shape[1])), others[:-1]]) if shifted else others


def _without_repeated_blanks(columns: Array) -> Array:
    """Drops columns that repeat a clear blank: they take half of a line and change nothing."""
    clear = columns[:, BLANK] > _CLEAR
    kept = ~clear
    kept[1:] |= clear[1:] & ~clear[:-1]
    kept[0] = True
    return columns[kept]
