"""The first layers of Whisper tiny's encoder (MIT) in torch, out of its 8-bit ONNX file, for windows of three seconds.

What the product runs of it travels inside our own graph; its weights are used as they are.
"""

from pathlib import Path

import librosa
import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn
from torch.nn import functional

from models.training.voice_spoof.windows import LENGTH

WIDTH, HEADS, MELS = 384, 6, 80
FRAMES = LENGTH // 320
_SIZE, _HOP = 400, 160


class LogMel(nn.Module):
    """(N, LENGTH) samples to (N, 80, 2 * FRAMES), relative to the loudest point: level does not matter."""

    basis: torch.Tensor
    filters: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        n, k = torch.arange(_SIZE, dtype=torch.float64), torch.arange(_SIZE // 2 + 1, dtype=torch.float64)
        angles = 2 * torch.pi * torch.outer(k, n) / _SIZE
        window = 0.5 - 0.5 * torch.cos(2 * torch.pi * n / _SIZE)
        basis = torch.cat([torch.cos(angles), torch.sin(angles)]) * window
        self.register_buffer("basis", basis[:, None].float())
        filters = librosa.filters.mel(sr=16000, n_fft=_SIZE, n_mels=MELS)
        self.register_buffer("filters", torch.from_numpy(filters))

    def forward(self, waves: torch.Tensor) -> torch.Tensor:
        waves = waves / (waves.square().mean(1, keepdim=True).sqrt() + 1e-6)
        # Repetition of the window's own ends takes the place of reflection, whose gradient no export needs.
        padded = torch.cat([waves[:, -_SIZE // 2 :], waves, waves[:, : _SIZE // 2]], 1)
        found = functional.conv1d(padded[:, None], self.basis, stride=_HOP)[:, :, : 2 * FRAMES]
        half = _SIZE // 2 + 1
        power = self.filters @ (found[:, :half].square() + found[:, half:].square())
        levels = torch.log10(power.clamp(min=1e-10))
        most = levels.amax((1, 2), keepdim=True)
        return (torch.maximum(levels, most - 8) - most + 5.5) / 4


class Layer(nn.Module):
    """One layer of the encoder."""

    def __init__(self) -> None:
        super().__init__()
        self.attended, self.fed = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.query, self.key, self.value = (
            nn.Linear(WIDTH, WIDTH),
            nn.Linear(WIDTH, WIDTH, bias=False),
            nn.Linear(WIDTH, WIDTH),
        )
        self.joined = nn.Linear(WIDTH, WIDTH)
        self.wide, self.narrow = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.attended(x)
        size = WIDTH // HEADS
        query, key, value = (
            f(y).unflatten(2, (HEADS, size)).transpose(1, 2) for f in (self.query, self.key, self.value)
        )
        weights = torch.softmax(query @ key.transpose(2, 3) * size**-0.5, -1)
        x = x + self.joined((weights @ value).transpose(1, 2).flatten(2))
        return x + self.narrow(functional.gelu(self.wide(self.fed(x))))


class Encoder(nn.Module):
    """(N, LENGTH) samples to a list of (N, FRAMES, 384): the input of the first layer and the output of each."""

    def __init__(self, file: Path, layers: int) -> None:
        """Args: file: `encoder_model_quantized.onnx` of Whisper tiny; layers: how many of its four to keep."""
        super().__init__()
        self.mel = LogMel()
        self.first = nn.Conv1d(MELS, WIDTH, 3, padding=1)
        self.second = nn.Conv1d(WIDTH, WIDTH, 3, stride=2, padding=1)
        self.places = nn.Parameter(torch.zeros(FRAMES, WIDTH))
        self.layers = nn.ModuleList(Layer() for _ in range(layers))
        _fill(self, onnx.load(str(file)).graph)
        self.requires_grad_(False)

    def forward(self, waves: torch.Tensor) -> list[torch.Tensor]:
        x = functional.gelu(self.second(functional.gelu(self.first(self.mel(waves))))).transpose(1, 2) + self.places
        found = [x]
        for layer in self.layers:
            found.append(layer(found[-1]))
        return found


def _fill(net: Encoder, graph: onnx.GraphProto) -> None:
    """Puts the file's weights, times their scales, into the network."""
    stored = {init.name: numpy_helper.to_array(init) for init in graph.initializer}

    def floats(name: str) -> torch.Tensor:
        if name in stored and stored[name].dtype == np.float32:
            return torch.from_numpy(stored[name].copy())
        base = name.removesuffix("_quantized")
        whole, zero, scale = (stored[f"{base}_{part}"] for part in ("quantized", "zero_point", "scale"))
        return torch.from_numpy((whole.astype(np.float32) - zero.astype(np.float32)) * scale)

    products = {node.name: node.input[1] for node in graph.node if node.op_type in ("MatMulInteger", "ConvInteger")}

    def product(part: str) -> torch.Tensor:
        (name,) = (value for key, value in products.items() if key.startswith(f"/{part}/"))
        return floats(name)

    for name, convolution in (("conv1", net.first), ("conv2", net.second)):
        convolution.weight.data = product(name)
        convolution.bias = nn.Parameter(floats(f"{name}.bias"))
    net.places.data = floats("embed_positions.weight")[:FRAMES]
    for row, layer in enumerate(net.layers):
        at = f"layers.{row}"
        for own, theirs in (
            ("query", "self_attn/q_proj"),
            ("key", "self_attn/k_proj"),
            ("value", "self_attn/v_proj"),
            ("joined", "self_attn/out_proj"),
            ("wide", "fc1"),
            ("narrow", "fc2"),
        ):
            linear = getattr(layer, own)
            linear.weight.data = product(f"{at}/{theirs}").T.contiguous()
            if linear.bias is not None:
                linear.bias.data = floats(f"{at}.{theirs.replace('/', '.')}.bias")
        for own, theirs in (("attended", "self_attn_layer_norm"), ("fed", "final_layer_norm")):
            getattr(layer, own).weight.data = floats(f"{at}.{theirs}.weight")
            getattr(layer, own).bias.data = floats(f"{at}.{theirs}.bias")
