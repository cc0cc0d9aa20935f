"""The occlusion network: the first layers of the face embedder SFace, and a head that knows bare faces cell by cell.

The layers are read from the verified ONNX file (Apache-2.0, Zhong et al. 2021) with the package `onnx`, each batch
normalisation folded into the convolution before it. They stay as they are: only the head is trained.
"""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn

from models import weights
from models.face.alignment import SIZE

MIDDLE, LAST = "conv_6_relu", "conv_9_relu"
"""Layers whose outputs are used: 256 channels of 28 x 28, and 512 of 14 x 14."""
KEPT = ((slice(0, 256), 64), (slice(256, 768), 128))
"""How many principal components are kept of which channels."""
_OPSET = 18


class Trunk(nn.Module):
    """(N, 112, 112, 3) RGB 0..255 to (N, 768, 14, 14): both layers, the finer one averaged over two by two."""

    def __init__(self) -> None:
        super().__init__()
        graph = onnx.load(str(weights.path("sface"))).graph
        values = {tensor.name: torch.from_numpy(numpy_helper.to_array(tensor).copy()) for tensor in graph.initializer}
        self.shift, self.factor = (float(values[name]) for name in ("scalar_op1", "scalar_op2"))
        parts: list[Any] = []
        for node in graph.node:
            given = [values[name] for name in node.input[1:] if name in values]
            options = {option.name: onnx.helper.get_attribute_value(option) for option in node.attribute}
            if node.op_type == "Conv":
                parts.append(_convolution(given[0], options))
            elif node.op_type == "BatchNormalization":
                _fold(parts[-1], given, options["epsilon"])
            elif node.op_type == "PRelu":
                parts.append(nn.PReLU(given[0].numel()))
                parts[-1].weight.data = given[0].flatten()
            if node.output[0] == MIDDLE:
                self.near, parts = nn.Sequential(*parts), []
            if node.output[0] == LAST:
                break
        self.far = nn.Sequential(*parts)
        self.requires_grad_(False).eval()

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        middle = self.near((images.permute(0, 3, 1, 2) - self.shift) * self.factor)
        return torch.cat([nn.functional.avg_pool2d(middle, 2), self.far(middle)], 1)


def _convolution(kernel: torch.Tensor, options: dict[str, Any]) -> nn.Conv2d:
    group = options["group"]
    layer = nn.Conv2d(
        kernel.shape[1] * group, len(kernel), kernel.shape[2], options["strides"][0], options["pads"][0], groups=group
    )
    layer.weight.data, layer.bias = kernel, nn.Parameter(torch.zeros(len(kernel)))
    return layer


def _fold(layer: Any, normalisation: list[torch.Tensor], epsilon: float) -> None:
    gain, offset, mean, variance = normalisation
    share = gain / torch.sqrt(variance + epsilon)
    layer.weight.data = layer.weight.data * share[:, None, None, None]
    layer.bias.data = (layer.bias.data - mean) * share + offset


def principal(features: np.ndarray) -> np.ndarray:
    """The (192, 768) map of N cells' (N, 768) features onto the leading components of each layer, of variance 1."""
    kept, rows = np.zeros((sum(count for _, count in KEPT), features.shape[1]), np.float32), 0
    for channels, count in KEPT:
        values, vectors = np.linalg.eigh(np.cov(features[:, channels].T))
        kept[rows : rows + count, channels] = (vectors[:, ::-1] / np.sqrt(values[::-1] + 1e-6)).T[:count]
        rows += count
    return kept


class Head(nn.Module):
    """(N, 192, 14, 14) components to logits (N, 14, 14) that the cell is hidden.

    Components are read as how far they lie from what bare faces show in that cell, in standard deviations, so that
    anything that does not belong to a face stands out and not only what was trained on.

    Args:
        bare: (N, 192, 14, 14) components of bare faces.
    """

    mean: torch.Tensor
    spread: torch.Tensor

    def __init__(self, bare: np.ndarray) -> None:
        super().__init__()
        self.register_buffer("mean", torch.from_numpy(bare.mean(0, dtype=np.float32)))
        self.register_buffer("spread", torch.from_numpy(bare.astype(np.float32).std(0) + 0.05))
        count = bare.shape[1]
        self.mix = nn.Conv2d(count + 2, 80, 1)
        # Left and right of a face are not alike to the network's cells, so each cell may lean on the whole face.
        self.around = nn.Conv2d(80, 80, 5, padding=2, groups=80)
        self.out = nn.Sequential(nn.Conv2d(80, 48, 1), nn.ReLU(), nn.Conv2d(48, 1, 1))

    def forward(self, components: torch.Tensor) -> torch.Tensor:
        away = ((components - self.mean) / self.spread).clamp(-8, 8)
        near, far = torch.split(away, [count for _, count in KEPT], 1)
        seen = torch.cat([away, *(part.abs().mean(1, keepdim=True) for part in (near, far))], 1)
        mixed = torch.relu(self.mix(nn.functional.dropout(seen, 0.1, self.training)))
        return self.out(mixed + torch.relu(self.around(mixed)))[:, 0]


class Whole(nn.Module):
    """(N, 112, 112, 3) RGB 0..255 to the hidden share (N, 14, 14) of each cell."""

    def __init__(self, trunk: Trunk, basis: np.ndarray, head: Head) -> None:
        super().__init__()
        self.trunk, self.head = trunk, head
        self.basis = nn.Conv2d(basis.shape[1], len(basis), 1, bias=False)
        self.basis.weight.data = torch.from_numpy(basis)[:, :, None, None]

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(self.head(self.basis(self.trunk(images))))


def export(net: Whole, path: Path) -> None:
    """Writes the ONNX graph, free of traces of where it was made: `faces` (N, 112, 112, 3) float32 RGB 0..255 to
    `hidden` (N, 14, 14), 0..1."""
    path.parent.mkdir(exist_ok=True)
    program = torch.onnx.export(
        net.eval(),
        (torch.zeros(2, SIZE, SIZE, 3),),
        input_names=["faces"],
        output_names=["hidden"],
        dynamic_shapes=({0: torch.export.Dim("batch")},),
        opset_version=_OPSET,
        dynamo=True,
    )
    assert program is not None
    model = program.model_proto
    for node in model.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    for part in (*model.graph.value_info, *model.graph.input, *model.graph.output, model.graph):
        del part.metadata_props[:]
    del model.metadata_props[:]
    path.write_bytes(model.SerializeToString())
