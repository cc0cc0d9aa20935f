"""The trunk that our own networks begin with."""

import pytest

torch = pytest.importorskip("torch")

from models.training.lite0 import CHANNELS, Trunk  # noqa: E402


def test_planes_have_the_strides_and_channels_that_are_said() -> None:
    planes = Trunk()(torch.zeros(1, 3, 64, 64))
    assert [plane.shape[1] for plane in planes] == list(CHANNELS)
    assert [64 // plane.shape[2] for plane in planes] == [2, 4, 8, 16, 16]


def test_gradients_through_kept_kernels_are_those_of_pytorch() -> None:
    torch.manual_seed(1)
    trunk = Trunk(3).double()
    x = torch.randn(1, 3, 32, 32, dtype=torch.float64, requires_grad=True)
    trunk.set_training(-1)
    assert torch.autograd.gradcheck(lambda y: trunk(y)[-1].sum(), (x,), fast_mode=True)


def test_only_what_should_learn_learns() -> None:
    trunk = Trunk()
    trunk.set_training(2)
    learning = {name.split(".")[1] for name, value in trunk.named_parameters() if value.requires_grad}
    assert learning == {"2", "3", "4"}
