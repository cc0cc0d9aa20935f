"""Pretrained decoders that photographs are sent through: super-resolution, inpainting (MI-GAN), restyling (Magenta).

Each gives a picture with the content of the photograph and the traces of a decoder's upsampling layers.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
import torch.nn.functional as F

from models.onnx import open_session

Decoder = Callable[[np.ndarray, np.random.Generator], np.ndarray]
"""(256, 256, 3) uint8 RGB to the same."""


class KerasGraph:
    """Runs a `layers-model` of TensorFlow.js that is made of convolutions, sums, joins and nearest upsampling."""

    def __init__(self, directory: Path) -> None:
        described = json.loads((directory / "model.json").read_text())
        self._layers = described["modelTopology"]["model_config"]["config"]["layers"]
        self._weights: dict[str, torch.Tensor] = {}
        for group in described["weightsManifest"]:
            data = b"".join((directory / path).read_bytes() for path in group["paths"])
            at = 0
            for entry in group["weights"]:
                count = int(np.prod(entry["shape"]))
                values = np.frombuffer(data, np.float32, count, at).reshape(entry["shape"])
                self._weights[entry["name"]] = torch.from_numpy(values.copy())
                at += 4 * count

    @torch.inference_mode()
    def __call__(self, pixels: torch.Tensor) -> torch.Tensor:
        """(N, 3, h, w) to (N, 3, k h, k w)."""
        values: dict[str, torch.Tensor] = {}
        for layer in self._layers:
            name, kind, about = layer["name"], layer["class_name"], layer["config"]
            inputs = [values[node[0]] for node in (layer["inbound_nodes"] or [[]])[0]]
            values[name] = pixels if kind == "InputLayer" else self._apply(name, kind, about, inputs)
        return values[self._layers[-1]["name"]]

    def _apply(self, name: str, kind: str, about: dict[str, Any], inputs: list[torch.Tensor]) -> torch.Tensor:
        if kind == "Conv2D":
            kernel = self._weights[f"{name}/kernel"].permute(3, 2, 0, 1)
            found = F.conv2d(inputs[0], kernel, self._weights.get(f"{name}/bias"), padding=kernel.shape[-1] // 2)
            return torch.relu(found) if about.get("activation") == "relu" else found
        if kind == "Activation":
            return torch.relu(inputs[0])
        if kind == "Add":
            return inputs[0] + inputs[1]
        if kind == "Concatenate":
            return torch.cat(inputs, 1)
        if kind == "UpSampling2D":
            return F.interpolate(inputs[0], scale_factor=float(about["size"][0]), mode="nearest")
        raise ValueError(f"unknown layer {kind}")


def esrgan(directory: Path, factor: int) -> Decoder:
    """Reduces by `factor` and enlarges again."""
    graph = KerasGraph(directory)

    def decode(picture: np.ndarray, _rng: np.random.Generator) -> np.ndarray:
        small = reduced(picture, factor)
        tensor = torch.from_numpy(small.astype(np.float32) / 255).permute(2, 0, 1)[None]
        return _fitted(graph(tensor)[0].permute(1, 2, 0).numpy() * 255, picture)

    return decode


def real_esrgan(file: Path) -> Decoder:
    """Reduces to half and enlarges again with Real-ESRGAN x2."""
    session = open_session(file)
    name = session.get_inputs()[0].name

    def decode(picture: np.ndarray, _rng: np.random.Generator) -> np.ndarray:
        small = reduced(picture, 2).astype(np.float32).transpose(2, 0, 1)[None] / 255
        return _fitted(session.run(None, {name: small})[0][0].transpose(1, 2, 0) * 255, picture)

    return decode


def enlarging(models: Path, name: str, factor: int, margin: int = 0) -> Decoder:
    """Reduces by `factor` and enlarges again with a network of ncnn's, which eats `margin` pixels at every edge."""
    import ncnn

    net = ncnn.Net()
    net.opt.num_threads = 1
    net.load_param(str(models / f"{name}.param"))
    net.load_model(str(models / f"{name}.bin"))

    def decode(picture: np.ndarray, _rng: np.random.Generator) -> np.ndarray:
        small = np.pad(reduced(picture, factor), ((margin, margin), (margin, margin), (0, 0)), "reflect")
        extractor = net.create_extractor()
        tensor = np.ascontiguousarray(small.transpose(2, 0, 1), np.float32) / 255
        extractor.input(net.input_names()[0], ncnn.Mat(tensor))
        _, found = extractor.extract(net.output_names()[0])
        return _fitted(np.array(found).transpose(1, 2, 0) * 255, picture)

    return decode


def restyled(models: Path) -> Decoder:
    """Paints the picture in its own style, with its own colours: a decoder from a quarter of the size."""
    style, paint = (open_session(models / f"arbitrary_{name}.onnx") for name in ("predict", "transform"))
    (content, code), side = (entry.name for entry in paint.get_inputs()), 384

    def decode(picture: np.ndarray, _rng: np.random.Generator) -> np.ndarray:
        height, width = picture.shape[:2]
        padded = np.pad(picture, ((0, side - height), (0, side - width), (0, 0)), "reflect").astype(np.float32)
        own = cv2.resize(padded, (256, 256), interpolation=cv2.INTER_AREA)[None] / 255
        (vector,) = style.run(None, {style.get_inputs()[0].name: own})
        found = paint.run(None, {content: padded[None] / 255, code: vector})[0][0] * 255
        found += cv2.GaussianBlur(padded - found, (0, 0), 16)
        return _fitted(found, picture)

    return decode


def migan(file: Path) -> Decoder:
    """Paints most of the picture anew from its margin and from what random holes leave."""
    session = open_session(file)

    def decode(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        mask = np.full(picture.shape[:2], 255, np.uint8)
        for _ in range(int(rng.integers(3, 7))):
            top, left, height, width = rng.integers((0, 0, 60, 60), (160, 160, 140, 140))
            mask[top : top + height, left : left + width] = 0
        found = session.run(None, {"image": picture.transpose(2, 0, 1)[None], "mask": mask[None, None]})[0]
        return np.ascontiguousarray(found[0].transpose(1, 2, 0))

    return decode


def reduced(picture: np.ndarray, factor: int) -> np.ndarray:
    """A whole fraction of the picture's size."""
    height, width = (side // factor for side in picture.shape[:2])
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)


def _fitted(pixels: np.ndarray, like: np.ndarray) -> np.ndarray:
    """Padded by its own edge where a whole multiple is smaller than the picture."""
    missing = [max(0, like.shape[axis] - pixels.shape[axis]) for axis in (0, 1)]
    padded = np.pad(pixels, ((0, missing[0]), (0, missing[1]), (0, 0)), "reflect")[: like.shape[0], : like.shape[1]]
    return np.clip(np.round(padded), 0, 255).astype(np.uint8)
