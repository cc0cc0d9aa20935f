"""A shallow network at full resolution: the first blocks of EfficientNet-Lite0 without the stem's stride.

It sees traces of upsampling where they are, and too little of a picture to learn what it shows (Chai et al. 2020).
"""

from pathlib import Path

import torch
from torch import nn

_BLOCKS = ((32, 16, 3, 1, 1), (16, 24, 3, 2, 6), (24, 24, 3, 1, 6), (24, 40, 5, 2, 6), (40, 40, 5, 1, 6))
"""(inside, outside, kernel, stride, expansion)."""


class _Block(nn.Module):
    """An inverted residual with the names of the published weights."""

    def __init__(self, inside: int, outside: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = inside * expansion
        self._expand_conv = nn.Conv2d(inside, wide, 1, bias=False) if expansion > 1 else None
        self._bn0 = nn.BatchNorm2d(wide, 1e-3) if expansion > 1 else None
        self._depthwise_conv = nn.Conv2d(wide, wide, kernel, stride, kernel // 2, groups=wide, bias=False)
        self._bn1 = nn.BatchNorm2d(wide, 1e-3)
        self._project_conv = nn.Conv2d(wide, outside, 1, bias=False)
        self._bn2 = nn.BatchNorm2d(outside, 1e-3)
        self._residual = stride == 1 and inside == outside

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = x
        if self._expand_conv is not None and self._bn0 is not None:
            y = nn.functional.relu6(self._bn0(self._expand_conv(y)))
        y = nn.functional.relu6(self._bn1(self._depthwise_conv(y)))
        y = self._bn2(self._project_conv(y))
        return x + y if self._residual else y


class GeneratedNet(nn.Module):
    """Patches (N, H, W, 3) RGB 0..255 to logits (N, H / 4, W / 4) of having been generated, place by place."""

    def __init__(self) -> None:
        super().__init__()
        self._conv_stem = nn.Conv2d(3, 32, 3, 1, 1, bias=False)
        self._bn0 = nn.BatchNorm2d(32, 1e-3)
        self._blocks = nn.ModuleList(_Block(*shape) for shape in _BLOCKS)
        self.head = nn.Sequential(nn.Conv2d(40, 96, 1), nn.ReLU(), nn.Dropout2d(0.2), nn.Conv2d(96, 1, 1))

    def features(self, patches: torch.Tensor) -> list[torch.Tensor]:
        """What the stem and each block give."""
        x = (patches.permute(0, 3, 1, 2).float() - 127) / 128
        x = nn.functional.relu6(self._bn0(self._conv_stem(x)))
        found = [x]
        for block in self._blocks:
            x = block(x)
            found.append(x)
        return found

    def forward(self, patches: torch.Tensor) -> torch.Tensor:
        return self.head(self.features(patches)[-1])[:, 0]


def pretrained(file: Path) -> GeneratedNet:
    """The network with the first blocks of Lite0 as published (ImageNet)."""
    net = GeneratedNet()
    known = torch.load(file, map_location="cpu", weights_only=True)
    wanted = {name: known[name] for name in net.state_dict() if name in known}
    missing = net.load_state_dict(wanted, strict=False).missing_keys
    assert all(name.startswith("head.") for name in missing), missing
    return net
