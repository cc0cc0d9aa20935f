"""The recapture network: three small towers over two views, one logit (higher = more bona fide)."""

import numpy as np
import torch
from torch import nn

from models.face.recapture import SIZE


def conv(inside: int, outside: int, size: int = 3, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inside, outside, size, stride, size // 2, bias=False), nn.BatchNorm2d(outside), nn.ReLU(inplace=True)
    )


class _Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            conv(width, width), nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(x + self.body(x))


class Spectrum(nn.Module):
    """Log magnitude of the 2-D Fourier transform, by matrix products (ONNX runs those everywhere).

    A periodic structure anywhere in the view becomes a peak at one place, whatever its phase.
    """

    cosine: torch.Tensor
    sine: torch.Tensor
    window: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        turns = np.outer(np.arange(SIZE), np.arange(SIZE)) / SIZE
        window = np.hanning(SIZE)[:, None] * np.hanning(SIZE)[None]
        order = np.fft.fftshift(np.arange(SIZE))
        cosine, sine = np.cos(2 * np.pi * turns)[order], np.sin(2 * np.pi * turns)[order]
        for name, value in (("cosine", cosine), ("sine", sine), ("window", window)):
            self.register_buffer(name, torch.tensor(value, dtype=torch.float32), persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 3, 128, 128) RGB to (N, 3, 128, 65): luma and two colour differences, vertical frequency centred."""
        red, green, blue = x[:, 0], x[:, 1], x[:, 2]
        planes = torch.stack([(red + 2 * green + blue) / 4, red - green, blue - green], 1)
        planes = (planes - planes.mean((2, 3), keepdim=True)) * self.window
        half = SIZE // 2  # the transform of a real plane: half of the columns hold everything
        columns = self.cosine[half:].T, self.sine[half:].T
        real, imaginary = planes @ columns[0], planes @ columns[1]
        a = self.cosine @ real - self.sine @ imaginary
        b = self.sine @ real + self.cosine @ imaginary
        return torch.log(a * a + b * b + 1e-2)


class RecaptureNet(nn.Module):
    """Views (N, 2, 128, 128, 3) RGB 0..255 to logits (N, 4): all towers together, then close, spectrum, wide alone."""

    def __init__(self, drop_tower: float = 0.15) -> None:
        super().__init__()
        self.drop_tower = drop_tower
        self.close = nn.Sequential(
            conv(3, 24, 5, 2), conv(24, 32, 3, 2), _Residual(32), conv(32, 48, 3, 2), _Residual(48), conv(48, 64)
        )
        self.spectrum = nn.Sequential(
            Spectrum(), nn.BatchNorm2d(3), conv(3, 16, 5, 2), conv(16, 32, 3, 2), conv(32, 48, 3, 2), conv(48, 64)
        )
        self.wide = nn.Sequential(
            conv(3, 16, 5, 2),
            conv(16, 32, 3, 2),
            _Residual(32),
            conv(32, 48, 3, 2),
            conv(48, 64, 3, 2),
            conv(64, 64),
        )
        self.alone = nn.ModuleList(nn.Linear(128, 1) for _ in range(3))
        self.together = nn.Sequential(nn.Dropout(0.3), nn.Linear(384, 48), nn.ReLU(), nn.Linear(48, 1))

    def forward(self, views: torch.Tensor) -> torch.Tensor:
        x = views.permute(1, 0, 4, 2, 3).float() / 127.5 - 1
        features = [self._pool(tower(x[view])) for tower, view in ((self.close, 1), (self.spectrum, 1), (self.wide, 0))]
        alone = [head(feature) for head, feature in zip(self.alone, features, strict=True)]
        if self.training and self.drop_tower:
            keep = (torch.rand(3, len(views), 1) > self.drop_tower).float()
            features = [feature * kept for feature, kept in zip(features, keep, strict=True)]
        return torch.cat([self.together(torch.cat(features, 1)), *alone], 1)

    @staticmethod
    def _pool(x: torch.Tensor) -> torch.Tensor:
        return torch.cat([x.mean((2, 3)), x.amax((2, 3))], 1)
