"""The network of decoder traces: the first stages of EfficientNet-Lite0 at full resolution, beside a noise residual.

It sees traces of upsampling where they are, and too little of a picture to learn what it shows (Chai et al. 2020).
"""

from collections.abc import Mapping

import torch
from torch import nn
from torch.nn import functional

from models.training.lite0 import CHANNELS, Trunk

_STAGES, _RESIDUAL, _HIDDEN = 3, (24, 32, 32), 96


class GeneratedNet(nn.Module):
    """Patches (N, H, W, 3) RGB 0..255 to logits (N,) of having been generated."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = Trunk(_STAGES)
        padding, stem = self.trunk.stem[0], self.trunk.stem[1]
        assert isinstance(padding, nn.ZeroPad2d)
        assert isinstance(stem, nn.Conv2d)
        padding.padding, stem.stride = (1, 1, 1, 1), (1, 1)
        layers: list[nn.Module] = []
        for inside, outside in zip((3, *_RESIDUAL), _RESIDUAL, strict=False):
            layers += [nn.Conv2d(inside, outside, 3, 2 if layers else 1, 1), nn.ReLU6()]
        self.residual = nn.Sequential(*layers)
        width = 2 * (sum(CHANNELS[:_STAGES]) + _RESIDUAL[-1])
        self.head = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, _HIDDEN), nn.ReLU(), nn.Dropout(0.3), nn.Linear(_HIDDEN, 1)
        )

    def features(self, patches: torch.Tensor) -> torch.Tensor:
        """(N, 216) mean and spread of every plane."""
        pixels = patches.permute(0, 3, 1, 2).float()
        blurred = functional.avg_pool2d(functional.pad(pixels, (1, 1, 1, 1), "replicate"), 3, 1)
        planes = [*self.trunk((pixels - 127) / 128), self.residual((pixels - blurred) / 8)]
        parts = [part for x in planes for part in (x.float().mean((2, 3)), _spread(x.float()))]
        return torch.cat(parts, 1)

    def forward(self, patches: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.head(self.features(patches))
        return found[:, 0]


def _spread(planes: torch.Tensor) -> torch.Tensor:
    return (planes - planes.mean((2, 3), keepdim=True)).square().mean((2, 3)).add(1e-4).sqrt()


def pretrained(state: Mapping[str, torch.Tensor]) -> GeneratedNet:
    """The network with the first stages of Lite0 as published (ImageNet)."""
    net = GeneratedNet()
    net.trunk.pretrained(state)
    return net
