"""What ships: Whisper tiny's first layer, linear cepstra and PLCMOS, all frozen, their statistics, and a line.

All of it is one graph, from samples to a logit.
"""

from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from models.training.voice_spoof import artefacts
from models.training.voice_spoof.encoder import WIDTH, Encoder
from models.training.voice_spoof.transforms import fourier, linear_bands, skewness, spread
from models.training.voice_spoof.windows import LENGTH

_SIZE, _HOP, _BANDS, _CEPSTRA, _BEATS = 512, 160, 60, 40, 64
_GROUP = 8
PARTS = (2 * WIDTH + 5 * _CEPSTRA + _CEPSTRA * _BEATS // _GROUP, artefacts.COUNT)
"""Features of a window: encoder and cepstra; artefacts. A line goes through each, and their logits are added."""


class CepstralStatistics(nn.Module):
    """(N, LENGTH) samples to (N, 520): mean, deviation and skewness over time of 40 linear cepstra.

    To these come deviation and skewness of their changes, and their modulations (spectra over time, in eight bands).
    The zeroth cepstrum, the level, is left out.
    """

    basis: torch.Tensor
    bands: torch.Tensor
    cosines: torch.Tensor
    beats: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        frames = (LENGTH - _SIZE) // _HOP + 1
        self.register_buffer("basis", fourier(torch.arange(_SIZE // 2 + 1), _SIZE, torch.hann_window(_SIZE))[:, None])
        self.register_buffer("bands", linear_bands(_BANDS, _SIZE))
        k, n = torch.arange(1, _CEPSTRA + 1).float(), torch.arange(_BANDS).float()
        cosines = torch.cos(torch.pi / _BANDS * torch.outer(k, n + 0.5)) * (2 / _BANDS) ** 0.5
        self.register_buffer("cosines", cosines)
        self.register_buffer("beats", fourier(torch.arange(1, _BEATS + 1), frames, torch.ones(frames)))

    def forward(self, waves: torch.Tensor) -> torch.Tensor:
        found = functional.conv1d(waves[:, None], self.basis, stride=_HOP)
        half = _SIZE // 2 + 1
        power = self.bands @ (found[:, :half].square() + found[:, half:].square())
        floor = 1e-9 * power.amax((1, 2), keepdim=True) + 1e-12
        cepstra = self.cosines @ torch.log(power + floor)
        change = cepstra[:, :, 1:] - cepstra[:, :, :-1]
        centred = cepstra - cepstra.mean(2, keepdim=True)
        spectra = centred @ self.beats.T
        size = torch.sqrt(spectra[:, :, :_BEATS].square() + spectra[:, :, _BEATS:].square())
        beats = torch.log(size + 1e-3).reshape(-1, _CEPSTRA, _BEATS // _GROUP, _GROUP).mean(3).flatten(1)
        moments = [cepstra.mean(2), spread(cepstra), skewness(cepstra), spread(change), skewness(change.abs())]
        return torch.cat([*moments, beats], 1)


class Listener(nn.Module):
    """(N, LENGTH) samples to (N, sum of PARTS) features; level does not matter."""

    def __init__(self, encoder: Path, plcmos: Path) -> None:
        super().__init__()
        self.encoder, self.cepstra = Encoder(encoder, layers=1), CepstralStatistics()
        self.artefacts = artefacts.ArtefactStatistics(plcmos)

    def forward(self, waves: torch.Tensor) -> torch.Tensor:
        waves = 0.1 * waves / (waves.square().mean(1, keepdim=True).sqrt() + 1e-6)
        heard = self.encoder(waves)[-1].transpose(1, 2)
        return torch.cat([heard.mean(2), spread(heard), self.cepstra(waves), self.artefacts(0.5 * waves)], 1)


class SpoofDetector(nn.Module):
    """Samples to a logit, higher = synthetic: the features, and a line through them."""

    def __init__(self, listener: Listener, weights: np.ndarray, offset: float) -> None:
        super().__init__()
        self.listener, self.line = listener, nn.Linear(sum(PARTS), 1)
        self.line.weight.data = torch.from_numpy(weights.astype(np.float32))[None]
        self.line.bias.data = torch.tensor([offset], dtype=torch.float32)

    def forward(self, windows: torch.Tensor) -> torch.Tensor:
        return self.line(self.listener(windows))[:, 0]
