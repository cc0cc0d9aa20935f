"""The beam search, over decoders that are tables."""

from collections.abc import Sequence

import numpy as np

from models.voice.beam import search

END = 0


class Table:
    """A decoder whose state is what was said; unknown continuations end."""

    def __init__(self, chances: dict[tuple[int, ...], dict[int, float]]) -> None:
        self._chances = chances
        self.said = 0

    def say(self, state: tuple[int, ...], token: int) -> tuple[int, ...]:
        self.said += 1
        return (*state, token)

    def next(self, state: tuple[int, ...], said: Sequence[int]) -> np.ndarray:
        assert tuple(said) == state
        found = np.full(8, -np.inf, np.float32)
        for token, chance in self._chances.get(state, {END: 1.0}).items():
            found[token] = np.log(chance)
        return found

    def best(self, beams: int, longest: int = 10) -> tuple[int, ...]:
        return search((), self.say, self.next, end=END, beams=beams, longest=longest).tokens


GARDEN_PATH = {(): {1: 0.6, 2: 0.4}, (1,): {3: 0.3, 4: 0.3, END: 0.2}, (2,): {5: 0.99}}
"""The likelier first token leads nowhere."""


def test_one_beam_takes_the_likeliest_token_each_time() -> None:
    assert Table({(): {1: 0.6, 2: 0.4}, (1,): {3: 0.7, 4: 0.3}}).best(1) == (1, 3)


def test_more_beams_find_what_is_likelier_in_the_end() -> None:
    assert Table(GARDEN_PATH).best(1)[0] == 1
    assert Table(GARDEN_PATH).best(3) == (2, 5)


def test_what_never_ends_is_cut_off() -> None:
    endless = Table({(1,) * n: {1: 0.9, 2: 0.1} for n in range(20)})
    assert endless.best(1, longest=6) == (1,) * 6


def test_sureness_is_the_mean_over_all_tokens_and_the_end() -> None:
    table = Table({(): {1: 0.5}, (1,): {END: 0.5}})
    found = search((), table.say, table.next, end=END, beams=2, longest=10)
    assert np.isclose(found.sureness, np.log(0.5))


def test_it_says_no_more_than_its_beams_at_each_step() -> None:
    table = Table({(): {1: 0.6, 2: 0.4}, (1,): {3: 0.5, 4: 0.5}, (2,): {5: 0.5, 6: 0.5}})
    table.best(2)
    assert table.said <= 2 * 3
