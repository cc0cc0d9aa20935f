import itertools

import numpy as np
import pytest

from models.document.mrz_lattice import ALPHABET, Lattice
from pipelines.document.mrz.posterior import posterior, symbol_mask
from tests.unit.pipelines.document.mrz.lattices import lattice_of


def collapsed(path: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(symbol for symbol, _ in itertools.groupby(path) if symbol)


def test_posteriors_and_likelihood_agree_with_summing_every_alignment() -> None:
    rng = np.random.default_rng(5)
    few = 3  # blank and two characters have weight, so that all 3^6 alignments can be written out
    probabilities = np.full((6, 38), 1e-12, np.float32)
    probabilities[:, :few] = rng.dirichlet(np.ones(few), 6)
    summed = np.zeros((2, 37))
    for path in itertools.product(range(few), repeat=6):
        text = collapsed(path)
        if len(text) == 2:
            weight = float(np.prod([probabilities[step, symbol] for step, symbol in enumerate(path)]))
            for place, symbol in enumerate(text):
                summed[place, symbol - 1] += weight
    found, likelihood = posterior(Lattice(probabilities), symbol_mask([ALPHABET, ALPHABET]))
    assert found == pytest.approx(summed / summed.sum(axis=1, keepdims=True), abs=2e-3)
    assert likelihood == pytest.approx(np.log(summed[0].sum()), abs=2e-3)


def test_characters_that_may_not_stand_there_get_no_probability() -> None:
    found, _ = posterior(lattice_of("O", {0: {"O": 0.6, "0": 0.38}}), symbol_mask(["0123456789"]))
    assert ALPHABET[int(found[0].argmax())] == "0"
    assert found[0, ALPHABET.index("O")] == 0


def test_repeated_characters_stay_apart() -> None:
    found, _ = posterior(lattice_of("A<<<B"), symbol_mask([ALPHABET] * 5))
    assert "".join(ALPHABET[best] for best in found.argmax(axis=1)) == "A<<<B"


def test_a_line_is_likelier_at_its_own_length_than_at_another() -> None:
    lattice = lattice_of("L898902C36UTO7408122F1204159ZE18")
    likelihoods = {n: posterior(lattice, symbol_mask([ALPHABET] * n))[1] for n in (30, 31, 32, 33, 36)}
    assert max(likelihoods, key=lambda n: likelihoods[n]) == 32


def test_a_lattice_that_is_too_short_is_impossible() -> None:
    assert posterior(lattice_of("AB"), symbol_mask([ALPHABET] * 30))[1] < -1e8
