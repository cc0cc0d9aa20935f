"""Both of a pair go the same way, so that nothing but the decoder tells them apart."""

import numpy as np
import pytest
import skimage.data
import torch

from models.training.ai_generated_image.network import GeneratedNet
from models.training.ai_generated_image.tune import SIDE, crops, disturbed, held_out


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return np.ascontiguousarray(skimage.data.astronaut()[100:356, 100:356])


@pytest.mark.parametrize("seed", range(12))
def test_the_same_picture_twice_stays_the_same_picture(photo: np.ndarray, seed: int) -> None:
    first, second = disturbed([photo, photo.copy()], np.random.default_rng(seed))
    assert (first == second).all()
    patches = crops([photo, photo.copy()], np.random.default_rng(seed))
    assert len(patches) % 2 == 0
    for real, decoded in zip(patches[0::2], patches[1::2], strict=True):
        assert real.shape == (SIDE, SIDE, 3)
        assert (real == decoded).all()


def test_something_is_done_to_about_half_of_the_pairs(photo: np.ndarray) -> None:
    rng = np.random.default_rng(3)
    touched = [not np.array_equal(disturbed([photo], rng)[0], photo) for _ in range(100)]
    assert 30 <= sum(touched) <= 70


def test_views_of_a_source_are_left_out_together() -> None:
    source = np.array([f"photo {n % 40}" for n in range(200)])
    away = held_out(source)
    assert away.sum() == 40
    assert not set(source[away]) & set(source[~away])


def test_the_network_gives_one_logit_a_patch() -> None:
    logits = GeneratedNet().eval()(torch.zeros(2, SIDE, SIDE, 3))
    assert logits.shape == (2,)
