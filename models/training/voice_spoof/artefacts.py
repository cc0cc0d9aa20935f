"""The lower layers of PLCMOS (Diener et al. 2023, Microsoft, MIT) in torch, out of its ONNX file, and their statistics.

PLCMOS rates how speech sounds whose gaps a machine filled in, and so has an ear for what synthesis does to speech. Its
weights are used as they are, and travel inside our own graph.
"""

import itertools
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn
from torch.nn import functional

from models.training.voice_spoof.transforms import fourier, spread

SIZE, HOP = 512, 256
WIDTH, STATES, PARTS = 128, 32, 4
COUNT = 2 * (PARTS * WIDTH + WIDTH + 2 * STATES)
"""Features of a window: means and deviations."""
_QUIET = 1e-12
_GRUS = (("onnx::GRU_412", "onnx::GRU_413", "onnx::GRU_411"), ("onnx::GRU_455", "onnx::GRU_456", "onnx::GRU_454"))
"""The file's names of what goes in, what goes back, and offsets of both recurrent layers."""


class ArtefactStatistics(nn.Module):
    """(N, LENGTH) samples at a level of 0.05 to (N, COUNT): how the upper layers of PLCMOS behave over time."""

    basis: torch.Tensor

    def __init__(self, file: Path) -> None:
        """Args: file: `plcmos_v2.onnx`."""
        super().__init__()
        window = torch.hamming_window(SIZE)
        self.register_buffer("basis", fourier(torch.arange(SIZE // 2 + 1), SIZE, window)[:, None])
        widths = (1, 32, 64, WIDTH)
        self.convolutions = nn.ModuleList(
            nn.Conv2d(inner, outer, 3, padding=1, dilation=(2, 1)) for inner, outer in itertools.pairwise(widths)
        )
        self.join = nn.Conv1d(PARTS * WIDTH, WIDTH, 1)
        self.over_time = nn.GRU(WIDTH, STATES, num_layers=2, bidirectional=True, batch_first=True)
        stored = {init.name: numpy_helper.to_array(init) for init in onnx.load(str(file)).graph.initializer}
        self.load_state_dict(_weights(stored) | {"basis": self.basis})
        self.requires_grad_(False)

    def forward(self, waves: torch.Tensor) -> torch.Tensor:
        found = functional.conv1d(functional.pad(waves, (SIZE // 2, SIZE // 2))[:, None], self.basis, stride=HOP)
        half = SIZE // 2 + 1
        levels = torch.log(found[:, :half].square() + found[:, half:].square() + _QUIET) / 20
        x = levels.transpose(1, 2)[:, None]
        for convolution in self.convolutions:
            x = functional.max_pool2d(functional.leaky_relu(convolution(x), 0.1), (1, 4))
        parts = x.permute(0, 3, 1, 2).flatten(1, 2)  # (N, PARTS * WIDTH, frames)
        joined = self.join(parts)
        states = self.over_time(joined.transpose(1, 2))[0].transpose(1, 2)
        return torch.cat([part for rows in (parts, joined, states) for part in (rows.mean(2), spread(rows))], 1)


def _weights(stored: dict[str, np.ndarray]) -> dict[str, torch.Tensor]:
    """The file's weights by the network's names."""
    found = {}
    for end in ("weight", "bias"):
        for row in range(3):
            found[f"convolutions.{row}.{end}"] = stored[f"in_blocks.0.conv{row + 1}.{end}"]
        found[f"join.{end}"] = stored[f"in_blocks.0.conv_project.{end}"]
    for layer, (into, back, offsets) in enumerate(_GRUS):
        for direction, end in enumerate(("", "_reverse")):
            own = {"weight_ih": stored[into][direction], "weight_hh": stored[back][direction]}
            own |= dict(zip(("bias_ih", "bias_hh"), np.split(stored[offsets][direction], 2), strict=True))
            for name, values in own.items():
                update, reset, new = np.split(values, 3)  # the order of ONNX; torch has reset first
                found[f"over_time.{name}_l{layer}{end}"] = np.concatenate([reset, update, new])
    return {name: torch.from_numpy(values.copy()) for name, values in found.items()}
