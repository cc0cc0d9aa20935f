import numpy as np
import pytest

from models.document.mrz_lattice import ALPHABET, Lattice
from models.training.mrz_reader.render import FONTS, draw_sample
from models.training.mrz_reader.texts import LENGTHS, draw_text
from models.training.mrz_reader.train import column_targets


def test_texts_have_the_length_and_the_alphabet_of_zones() -> None:
    rng = np.random.default_rng(1)
    for _ in range(200):
        length = int(rng.choice(LENGTHS))
        text = draw_text(rng, length)
        assert len(text) == length
        assert set(text) <= set(ALPHABET)


def test_targets_of_columns_spell_the_text_with_a_blank_between_any_two_characters() -> None:
    text = "P<<UTO11"
    middles = 7 + 14 * np.arange(len(text), dtype=np.float32)
    targets = column_targets(text, middles, 28)
    sure = targets[targets >= 0]
    one_hot = np.eye(38, dtype=np.float32)[sure]
    assert Lattice(one_hot).greedy()[0] == text


@pytest.mark.skipif(not FONTS.is_dir(), reason="needs the Debian package fonts-ocr-b")
def test_drawn_lines_are_told_where_their_ink_stands() -> None:
    sample = draw_sample(np.random.default_rng(4), 30, hardness=0.0)
    again = draw_sample(np.random.default_rng(4), 30, hardness=0.0)
    assert np.array_equal(sample.line, again.line)
    assert sample.line.shape == (28, 420)
    assert np.all(np.diff(sample.middles) > 0)
    darkness = sample.line.max(axis=0).astype(float) - sample.line.min(axis=0)
    near = [darkness[max(0, round(float(middle)) - 3) : round(float(middle)) + 4].max() for middle in sample.middles]
    between = [darkness[round(float(a + b) / 2)] for a, b in zip(sample.middles[:-1], sample.middles[1:], strict=True)]
    assert np.median(near) > 2 * np.median(between)
