"""Fits on features: what each part knows is added up."""

import numpy as np
import pytest

pytest.importorskip("sklearn")

from models.training.voice_spoof.compare import equal_error, lines, logistic


def two_views(count: int, seed: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Two parts of three and two features, each of which knows something of its own; and what is fake."""
    rng = np.random.default_rng(seed)
    fake = np.arange(count) % 2 == 1
    x = rng.standard_normal((count, 5))
    x[:, 0] += fake
    x[:, 3] += fake
    return x, fake


def test_a_line_through_each_part_hears_more_than_one_of_them_alone() -> None:
    (x, fake), (other, truth) = two_views(400), two_views(1000, seed=5)
    weights = np.ones(len(x))
    both = lines(1.0, (3, 2))(x, fake, weights)
    alone = logistic(1.0)(x[:, :3], fake, weights)
    assert equal_error(both(other), truth) < equal_error(alone(other[:, :3]), truth) - 0.03


def test_log_odds_of_the_parts_are_added() -> None:
    x, fake = two_views(200)
    weights = np.ones(len(x))
    parts = logistic(1.0)(x[:, :3], fake, weights)(x[:, :3]) + logistic(1.0)(x[:, 3:], fake, weights)(x[:, 3:])
    assert lines(1.0, (3, 2))(x, fake, weights)(x) == pytest.approx(parts)
