"""The detector's network: a small U-shaped one of depthwise separable convolutions."""

import torch
from torch import nn

WIDTHS = (24, 48, 72, 112)


def _separable(inside: int, outside: int, stride: int = 1, size: int = 3) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inside, inside, size, stride, size // 2, groups=inside, bias=False),
        nn.BatchNorm2d(inside),
        nn.ReLU(inplace=True),
        nn.Conv2d(inside, outside, 1, bias=False),
        nn.BatchNorm2d(outside),
        nn.ReLU(inplace=True),
    )


class DetectorNet(nn.Module):
    """(N, 256, 256, 3) RGB 0..255 to logits (N, 3, 64, 64): inside, core, corner (`models.document.corners`)."""

    def __init__(self) -> None:
        super().__init__()
        b, c, d, e = WIDTHS
        # Straight to a stride of 4: most of the time would go into larger planes.
        stem = nn.Conv2d(3, b, 7, 4, 3, bias=False)
        self.quarter = nn.Sequential(stem, nn.BatchNorm2d(b), nn.ReLU(inplace=True), _separable(b, b))
        self.eighth = nn.Sequential(_separable(b, c, 2), _separable(c, c))
        self.sixteenth = nn.Sequential(_separable(c, d, 2), _separable(d, d, size=5))
        # At a stride of 32 the grid has 8 x 8 cells: a kernel of 7 sees the whole picture.
        self.whole = nn.Sequential(_separable(d, e, 2), _separable(e, e, size=7), _separable(e, d, size=7))
        self.up = nn.ModuleList([_separable(d + d, c), _separable(c + c, 32), _separable(32 + b, 32)])
        self.head = nn.Sequential(_separable(32, 32), nn.Conv2d(32, 3, 1))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        x = images.permute(0, 3, 1, 2) / 127.5 - 1
        quarter = self.quarter(x)
        eighth = self.eighth(quarter)
        sixteenth = self.sixteenth(eighth)
        x = self.whole(sixteenth)
        for block, skip in zip(self.up, (sixteenth, eighth, quarter), strict=True):
            x = block(torch.cat([nn.functional.interpolate(x, scale_factor=2.0, mode="nearest"), skip], 1))
        return self.head(x)
