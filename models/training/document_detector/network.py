"""The detector's network: the first two thirds of EfficientNet-Lite0, learned on ImageNet, and a small decoder."""

import torch
from torch import nn
from torch.nn import functional

from models.training.lite0 import CHANNELS, Trunk

_WIDTH = 64
_FROZEN = 2
"""Stages that stay as they came; most of the time would go into learning these large planes."""


def _dense(inside: int, outside: int, size: int = 3, stride: int = 1) -> nn.Sequential:
    """A full convolution: the backward pass of depthwise ones costs more on a CPU."""
    return nn.Sequential(
        nn.Conv2d(inside, outside, size, stride, size // 2, bias=False),
        nn.BatchNorm2d(outside),
        nn.ReLU(inplace=True),
    )


class DetectorNet(nn.Module):
    """(N, 256, 256, 3) RGB 0..255 to logits (N, 3, 64, 64): inside, core, corner (`models.document.corners`)."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = Trunk()
        quarter, eighth, last = CHANNELS[1], CHANNELS[2], CHANNELS[4]
        # At a stride of 32 the grid has 8 x 8 cells: two kernels of 5 see the whole picture.
        self.whole = nn.Sequential(_dense(last, 96, 3, 2), _dense(96, 96, 5), _dense(96, _WIDTH, 5))
        self.edges = _dense(3, 24, 7, 4)  # learned beside the trunk's frozen planes
        self.sides = nn.ModuleList([nn.Conv2d(channels, _WIDTH, 1) for channels in (last, eighth, quarter + 24)])
        self.smooth = nn.ModuleList([_dense(_WIDTH, _WIDTH), _dense(_WIDTH, _WIDTH), _dense(_WIDTH, 48)])
        self.head = nn.Sequential(_dense(48, 48), nn.Conv2d(48, 3, 1))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        x = (images.permute(0, 3, 1, 2) - 127.0) / 128.0
        edges, planes = self.edges(x), self.trunk(x)
        y = self.whole(planes[4])
        taps = planes[4], planes[2], torch.cat([planes[1], edges], 1)
        for side, smooth, plane in zip(self.sides, self.smooth, taps, strict=True):
            y = smooth(functional.interpolate(y, scale_factor=2.0, mode="nearest") + side(plane))
        return self.head(y)

    def set_training(self) -> None:
        """Mode for training."""
        self.train()
        self.trunk.set_training(_FROZEN)
