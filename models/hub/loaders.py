"""From a checkpoint's directory to a function from a batch to logits."""

import os
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from models.hub.checkpoint import Checkpoint, CheckpointError
from models.onnx import DEVICE_VARIABLE, open_session

RATE = 16_000
Logits = Callable[[Sequence[np.ndarray]], np.ndarray]
"""Pictures (H, W, 3) uint8 RGB, or sounds (N,) int16 of 16 kHz, to (batch, classes) float logits."""


def load(checkpoint: Checkpoint, *, threads: int) -> tuple[Logits, list[str]]:
    """The function, and the names of its classes where the checkpoint has any. No network is used.

    Raises:
        CheckpointError: a file is missing, or the loader refuses what it finds.
    """
    directory = checkpoint.verify()
    device = os.environ.get(DEVICE_VARIABLE, "cpu")
    try:
        if checkpoint.loader == "adapter":
            return _adapter(str(checkpoint.adapter), directory, device), []
        if checkpoint.loader == "onnx":
            return _onnx(checkpoint, directory, threads), []
        return _auto(checkpoint, directory, device, threads)
    except (OSError, ValueError, ImportError, AttributeError) as error:
        raise CheckpointError(f"{directory} cannot be loaded: {error}") from error


def _adapter(name: str, directory: Path, device: str) -> Logits:
    module, _, function = name.partition(":")
    made: Logits = getattr(import_module(module), function)(directory, device, device == "cuda")
    return made


def _onnx(checkpoint: Checkpoint, directory: Path, threads: int) -> Logits:
    session = open_session(directory / checkpoint.onnx.file, threads=threads)
    (entry,) = session.get_inputs()
    form = checkpoint.onnx

    def pictures(batch: Sequence[np.ndarray]) -> np.ndarray:
        sized = [cv2.resize(picture, (form.size, form.size), interpolation=cv2.INTER_AREA) for picture in batch]
        scaled = (np.stack(sized) / 255 - form.mean) / form.std
        return scaled.transpose(0, 3, 1, 2).astype(np.float32)

    prepare = _padded if checkpoint.task == "voice" else pictures

    def run(batch: Sequence[np.ndarray]) -> np.ndarray:
        logits: np.ndarray = session.run(None, {entry.name: prepare(batch)})[0]
        return logits.reshape(len(batch), -1)

    return run


def _auto(checkpoint: Checkpoint, directory: Path, device: str, threads: int) -> tuple[Logits, list[str]]:
    import torch
    import transformers

    torch.set_num_threads(threads)
    voice = checkpoint.task == "voice"
    # Neither pickles nor code of the checkpoint's own are ever run.
    options: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    classifiers = transformers.AutoModelForImageClassification, transformers.AutoModelForAudioClassification
    family: Any = classifiers[voice]
    half = device == "cuda"
    kind = torch.float16 if half else torch.float32
    model = family.from_pretrained(directory, use_safetensors=True, dtype=kind, **options).to(device).eval()
    reader: Any = transformers.AutoFeatureExtractor if voice else transformers.AutoImageProcessor
    read = reader.from_pretrained(directory, **options)

    def run(batch: Sequence[np.ndarray]) -> np.ndarray:
        if voice:
            sounds = [sound / np.float32(32768) for sound in batch]
            inputs = read(sounds, sampling_rate=RATE, return_tensors="pt", padding=True)
        else:
            inputs = read(images=list(batch), return_tensors="pt")
        cast = {name: value.to(device, kind if value.is_floating_point() else None) for name, value in inputs.items()}
        with torch.inference_mode():
            logits: np.ndarray = model(**cast).logits.float().cpu().numpy()
        return logits

    return run, [str(model.config.id2label[number]) for number in range(model.config.num_labels)]


def _padded(batch: Sequence[np.ndarray]) -> np.ndarray:
    longest = max(len(sound) for sound in batch)
    padded = np.zeros((len(batch), longest), np.float32)
    for row, sound in zip(padded, batch, strict=True):
        row[: len(sound)] = sound / np.float32(32768)
    return padded
