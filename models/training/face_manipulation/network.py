"""EfficientNet-Lite0 (Tan and Le, 2019; Apache-2.0) with heads for manipulated faces."""

from pathlib import Path

import torch
from torch import nn

STAGES = (
    *((3, 1, 1, 32, 16, 1), (3, 2, 6, 16, 24, 2), (5, 2, 6, 24, 40, 2), (3, 2, 6, 40, 80, 3)),
    *((5, 1, 6, 80, 112, 3), (5, 2, 6, 112, 192, 4), (3, 1, 6, 192, 320, 1)),
)
"""Kernel, stride, expansion, channels in and out, repetitions."""
FEATURES = 1280


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.02)


def _pad(size: int, stride: int) -> nn.Module:
    """TensorFlow's padding of even sides: where the stride is 2, one pixel less before than after."""
    least = (size - stride) // 2 if stride == 2 else size // 2
    return nn.ZeroPad2d((least, size - stride - least, least, size - stride - least) if stride == 2 else least)


class Block(nn.Module):
    """Inverted bottleneck; the parameters' names are those of the published weights."""

    def __init__(self, size: int, stride: int, expansion: int, inside: int, outside: int) -> None:
        super().__init__()
        wide = inside * expansion
        self.expands, self.adds = expansion != 1, stride == 1 and inside == outside
        if self.expands:
            self._expand_conv, self._bn0 = nn.Conv2d(inside, wide, 1, bias=False), _norm(wide)
        self.pad = _pad(size, stride)
        self._depthwise_conv = nn.Conv2d(wide, wide, size, stride, groups=wide, bias=False)
        self._bn1 = _norm(wide)
        self._project_conv, self._bn2 = nn.Conv2d(wide, outside, 1, bias=False), _norm(outside)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        x = nn.functional.relu6(self._bn0(self._expand_conv(inputs))) if self.expands else inputs
        x = nn.functional.relu6(self._bn1(self._depthwise_conv(self.pad(x))))
        x = self._bn2(self._project_conv(x))
        return x + inputs if self.adds else x


class FaceNet(nn.Module):
    """Views (N, S, S, 3) RGB 0..255, S a multiple of 32, to `forward`'s outputs."""

    def __init__(self, kinds: int = 3, dropout: float = 0.3) -> None:
        super().__init__()
        self._conv_stem, self._bn0 = nn.Conv2d(3, 32, 3, 2, bias=False), _norm(32)
        self.pad = _pad(3, 2)
        blocks = []
        for size, stride, expansion, inside, outside, times in STAGES:
            blocks += [Block(size, stride, expansion, inside, outside)]
            blocks += [Block(size, 1, expansion, outside, outside) for _ in range(times - 1)]
        self._blocks = nn.ModuleList(blocks)
        self._conv_head, self._bn1 = nn.Conv2d(320, FEATURES, 1, bias=False), _norm(FEATURES)
        self.dropout = nn.Dropout(dropout)
        self.fake, self.kinds = nn.Linear(FEATURES, 1), nn.Linear(FEATURES, kinds)
        self.where = nn.Conv2d(320, 1, 1)

    def start_from(self, file: Path) -> None:
        """The published ImageNet weights; the heads stay as they are."""
        state = torch.load(file, map_location="cpu", weights_only=True)
        missing, unexpected = self.load_state_dict(state, strict=False)
        if {name.split(".")[0] for name in missing} != {"fake", "kinds", "where"} or set(unexpected) - {
            "_fc.weight",
            "_fc.bias",
        }:
            raise ValueError(f"{file.name} does not hold this network: {missing} {unexpected}")

    def trunk(self, views: torch.Tensor) -> torch.Tensor:
        """(N, 320, S/32, S/32)."""
        x = ((views.float() - 127) / 128).permute(0, 3, 1, 2)
        x = nn.functional.relu6(self._bn0(self._conv_stem(self.pad(x))))
        for block in self._blocks:
            x = block(x)
        return x

    def forward(self, views: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Logit (N,), logits of the kinds (N, K), logits of the mask (N, S/32, S/32)."""
        x = self.trunk(views)
        pooled = self.dropout(nn.functional.relu6(self._bn1(self._conv_head(x))).mean((2, 3)))
        return self.fake(pooled)[:, 0], self.kinds(pooled), self.where(x)[:, 0]


class Exported(nn.Module):
    """What the product runs: logit, class activation map (its mean and the bias are the logit), logits of the kinds."""

    def __init__(self, net: FaceNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, views: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        net = self.net
        features = nn.functional.relu6(net._bn1(net._conv_head(net.trunk(views))))
        activation = torch.einsum("nchw,c->nhw", features, net.fake.weight[0])
        pooled = features.mean((2, 3))
        return activation.mean((1, 2)) + net.fake.bias, activation, net.kinds(pooled)
