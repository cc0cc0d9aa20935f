"""The network on document crops: the beginning of EfficientNet-Lite0 beside a tower that sees spectra."""

from pathlib import Path

import torch
from torch import nn

from models.training.lite0 import CHANNELS, Trunk
from models.training.recapture.network import Spectrum

FACE_NETWORK = Path(__file__).parents[2] / "trained" / "recapture.onnx"


def tints(x: torch.Tensor) -> torch.Tensor:
    """(N, 6) colours of a crop as a whole: grey copies have none, printed whites and blacks are not those of paper."""
    low = nn.functional.avg_pool2d(x, 16)
    found = torch.stack([low.amax(1) - low.amin(1), low.mean(1)], 1)
    return torch.cat([found.mean((2, 3)), found.amax((2, 3)), found.amin((2, 3))], 1)


class DocumentRecaptureNet(nn.Module):
    """Crops (N, 128, 128, 3) RGB 0..255 to logits (N, 2), against screens and against prints; higher = more genuine.

    Moire and dots are texture at the scale of pixels, so that the trunk's first planes are pooled as well as its last
    ones.
    """

    def __init__(self) -> None:
        super().__init__()
        self.trunk = Trunk(4)
        width = 2 * (CHANNELS[0] + CHANNELS[1] + CHANNELS[3] + 64) + 6
        self.spectrum = _spectrum()
        self.head = nn.Sequential(
            nn.BatchNorm1d(width, affine=False), nn.Dropout(0.4), nn.Linear(width, 64), nn.ReLU(), nn.Linear(64, 2)
        )

    def forward(self, crops: torch.Tensor) -> torch.Tensor:
        x = crops.permute(0, 3, 1, 2).float()
        planes = self.trunk((x - 127.0) / 128.0)
        with torch.autocast("cpu", enabled=False):  # spectra span more than half precision holds
            planes.append(self.spectrum(x / 127.5 - 1))
        kept = [planes[0], planes[1], planes[3], planes[4]]
        pooled = [part.float() for plane in kept for part in (plane.mean((2, 3)), plane.amax((2, 3)))]
        return self.head(torch.cat([*pooled, tints(x / 127.5 - 1)], 1))


def _spectrum() -> nn.Sequential:
    """Crops -1..1 to (N, 64, 8, 8) of their spectra; normalisation behind the convolutions is folded into them."""
    layers: list[nn.Module] = [Spectrum(), nn.BatchNorm2d(3)]
    for inside, outside, size, stride in ((3, 16, 5, 2), (16, 32, 3, 2), (32, 48, 3, 2), (48, 64, 3, 1)):
        layers += [nn.Conv2d(inside, outside, size, stride, size // 2), nn.ReLU()]
    return nn.Sequential(*layers)


def spectrum_from_faces() -> nn.Sequential:
    """The tower as it has learned from recaptured faces (`models.training.recapture`). Needs onnx."""
    import onnx
    from onnx import numpy_helper

    stored = {
        i.name: torch.from_numpy(numpy_helper.to_array(i).copy()) for i in onnx.load(FACE_NETWORK).graph.initializer
    }
    tower = _spectrum()
    weights = [key for key, value in stored.items() if key.startswith("net.spectrum.") and value.ndim == 4]
    convs = [module for module in tower if isinstance(module, nn.Conv2d)]
    for conv, key in zip(convs, weights, strict=True):
        conv.weight.data, bias = stored[key], stored[f"{key}_bias"]
        assert conv.bias is not None
        conv.bias.data = bias
    norm = tower[1]
    assert isinstance(norm, nn.BatchNorm2d)
    norm.weight.data, norm.bias.data = stored["net.spectrum.1.weight"], stored["net.spectrum.1.bias"]
    norm.running_mean, norm.running_var = stored["net.spectrum.1.running_mean"], stored["net.spectrum.1.running_var"]
    return tower
