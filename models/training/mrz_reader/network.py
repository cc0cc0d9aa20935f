"""The network: 28 rows are folded away while the width shrinks by four, then each column names a character or none."""

import torch
from torch import nn

from models.document.mrz_lattice import ALPHABET

STRIDE = 4
"""Pixels of width for one column of the output."""


def _convolution(inside: int, outside: int, stride: tuple[int, int] = (1, 1), rows: int = 3) -> nn.Sequential:
    padding = (1 if rows == 3 else 0, 1)
    return nn.Sequential(
        nn.Conv2d(inside, outside, (rows, 3), stride, padding, bias=False), nn.BatchNorm2d(outside), nn.ReLU(True)
    )


class _Residual(nn.Module):
    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.inner(x)


def _along(channels: int) -> nn.Module:
    """Looks two characters to either side: one column of a blurred letter says little alone."""
    return _Residual(
        nn.Sequential(
            nn.Conv1d(channels, channels, 9, padding=4, groups=channels, bias=False),
            nn.BatchNorm1d(channels),
            nn.Conv1d(channels, channels, 1),
            nn.ReLU(True),
        )
    )


class MrzNet(nn.Module):
    """(N, 1, 28, W) float32, mean 0 and deviation 1, to (N, W / 4, 38) logits."""

    def __init__(self) -> None:
        super().__init__()
        self.look = nn.Sequential(
            _convolution(1, 24, (2, 2)),
            _convolution(24, 40, (2, 2)),
            _Residual(_convolution(40, 40)),
            _convolution(40, 72, (2, 1)),
            _Residual(_convolution(72, 72)),
            _convolution(72, 112, (2, 1)),
            _convolution(112, 144, rows=2),
        )
        self.read = nn.Sequential(_along(144), _along(144), nn.Dropout(0.1), nn.Conv1d(144, len(ALPHABET) + 1, 1))

    def forward(self, line: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.read(self.look(line)[:, :, 0])
        return logits.transpose(1, 2)


class Exported(nn.Module):
    """What the product runs: probabilities in place of logits."""

    def __init__(self, net: MrzNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, line: torch.Tensor) -> torch.Tensor:
        return self.net(line).softmax(-1)
