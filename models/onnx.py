"""ONNX models on onnxruntime: the one place that decides threads, memory and where they run."""

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnxruntime

from models.onnx_graph import Shape, redeclare_inputs, spell_out_prelu

DEVICE_VARIABLE = "VERISCOPE_DEVICE"
"""`cpu` (default) or `cuda`: set by the profile for the replicas that were given a GPU."""

_ERRORS_ONLY = 3
_CPU = "CPUExecutionProvider"


class Session:
    """One loaded ONNX model with a single float32 input."""

    def __init__(
        self,
        file: Path,
        inputs: Mapping[str, Shape],
        *,
        threads: int = 1,
        device: str | None = None,
    ) -> None:
        """Loads a verified file.

        Args:
            file: see `models.weights.path`.
            inputs: the model's one input by name and shape, a string for each free dimension; replaces what the file
                declares, which opens a fixed batch.
            threads: CPU threads one run may use.
            device: `cpu` or `cuda`; None reads `VERISCOPE_DEVICE`.

        Raises:
            RuntimeError: cuda was asked for and the installed onnxruntime cannot use it.
        """
        (self._input,) = inputs
        model = redeclare_inputs(file.read_bytes(), inputs)
        if providers(device) == [_CPU]:
            model = spell_out_prelu(model)
        self._session = open_session(model, threads=threads, device=device)

    def __call__(self, batch: np.ndarray) -> list[np.ndarray]:
        """Runs one float32 batch and returns the model's outputs in order."""
        return self._session.run(None, {self._input: np.ascontiguousarray(batch, dtype=np.float32)})

    @property
    def output_names(self) -> list[str]:
        """Names of the outputs, in the order in which a call returns them."""
        return [output.name for output in self._session.get_outputs()]

    @property
    def metadata(self) -> dict[str, str]:
        """What the file's authors wrote beside the graph, such as an alphabet."""
        return dict(self._session.get_modelmeta().custom_metadata_map)


def open_session(
    model: Path | bytes, *, threads: int = 1, device: str | None = None, arena: bool = False
) -> onnxruntime.InferenceSession:
    """A session over any model, for those with several inputs; arguments and errors as of `Session`.

    Args: arena: keep memory between runs: for a model that runs often, on inputs of one size.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    # The arena holds the largest batch ever seen; without it memory falls back and the CPU time is the same.
    options.enable_cpu_mem_arena = arena
    # Idle worker threads must sleep, not spin: a replica shares its cores with others.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    source = model if isinstance(model, bytes) else str(model)
    return onnxruntime.InferenceSession(source, options, providers=providers(device))


def providers(device: str | None = None) -> list[str]:
    """Execution providers for a device, `cpu` or `cuda` (None reads `VERISCOPE_DEVICE`).

    Raises RuntimeError for an unknown device, and where cuda is asked for but not there: never a silent fallback.
    """
    device = device or os.environ.get(DEVICE_VARIABLE, "cpu")
    if device == "cpu":
        return [_CPU]
    if device != "cuda":
        raise RuntimeError(f"{DEVICE_VARIABLE} is {device!r}; it must be cpu or cuda")
    if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
        raise RuntimeError(f"{DEVICE_VARIABLE} is cuda, but this onnxruntime has none; install onnxruntime-gpu")
    return ["CUDAExecutionProvider", _CPU]
