"""The network on document crops: a close look and the spectrum of the same crop, two logits (higher = more genuine)."""

import torch
from torch import nn

from models.training.recapture.network import Spectrum, conv


class DocumentRecaptureNet(nn.Module):
    """Crops (N, 128, 128, 3) RGB 0..255 to logits (N, 2): against screens, against prints."""

    def __init__(self) -> None:
        super().__init__()
        self.close = nn.Sequential(
            conv(3, 16, 5, 2), conv(16, 24), conv(24, 32, 3, 2), conv(32, 48, 3, 2), conv(48, 64, 3, 2)
        )
        self.spectrum = nn.Sequential(
            Spectrum(), nn.BatchNorm2d(3), conv(3, 16, 5, 2), conv(16, 32, 3, 2), conv(32, 48, 3, 2), conv(48, 48)
        )
        self.together = nn.Sequential(nn.Dropout(0.2), nn.Linear(2 * (64 + 48) + 6, 64), nn.ReLU(), nn.Linear(64, 2))

    def forward(self, crops: torch.Tensor) -> torch.Tensor:
        x = crops.permute(0, 3, 1, 2).float() / 127.5 - 1
        features = [self._pool(tower(x)) for tower in (self.close, self.spectrum)]
        # Colours of the crop as a whole: grey copies have none, printed whites and blacks are not those of the paper.
        low = nn.functional.avg_pool2d(x, 16)
        spread = torch.stack([low.amax(1) - low.amin(1), low.mean(1)], 1)
        colours = torch.cat([spread.mean((2, 3)), spread.amax((2, 3)), spread.amin(3).amin(2)], 1)
        return self.together(torch.cat([*features, colours], 1))

    @staticmethod
    def _pool(x: torch.Tensor) -> torch.Tensor:
        return torch.cat([x.mean((2, 3)), x.amax((2, 3))], 1)
