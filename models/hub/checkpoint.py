"""What an operator says of a checkpoint: where it lies, how it is loaded, what its classes mean."""

import os
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from models.weights import WeightsError, cache_directory, sha256_of

CHECKPOINTS_VARIABLE = "VERISCOPE_CHECKPOINTS"
"""Names a TOML file with a table for each checkpoint; none are offered without it."""
PREFIX = "hub/"

Task = Literal["ai_generated_image", "face_manipulation", "voice"]


class CheckpointError(WeightsError):
    """The file of checkpoints, or a checkpoint itself, is not as it should be. Says what to change."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Calibration(_Strict):
    """Logit of being fake -> `scale * logit + offset`, fitted on held-out data of the operator's own."""

    scale: float = Field(1.0, gt=0)
    offset: float = 0.0


class Onnx(_Strict):
    """How an ONNX file of pictures wants its input; of voices, it gets (batch, samples) float32 within -1..1."""

    file: str = "model.onnx"
    size: int = Field(224, ge=16, le=2048)
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)


class Checkpoint(_Strict):
    """One checkpoint.

    Attributes:
        path: a directory; or `id` and `revision` of a model hub, which `veriscope weights sync` fetches.
        labels: class (its number or the model's own name for it) -> what it means. A model with one output has the
            class 0 alone, whose logit is taken as it is.
        sha256: digests of files that must not differ; every file of weights where an installation is audited.
        adapter: `module:function` for the loader `adapter`: `(directory, device, half) -> (batch -> (N, classes)
            logits)` over (H, W, 3) uint8 RGB pictures or (N,) int16 sounds of 16 kHz. It is the operator's code and
            runs with all rights of the process.
    """

    task: Task
    path: Path | None = None
    id: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")] | None = None
    revision: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")] | None = None
    loader: Literal["auto", "onnx", "adapter"] = "auto"
    adapter: str | None = None
    labels: Mapping[str, Literal["genuine", "fake"]]
    calibration: Calibration = Calibration()
    onnx: Onnx = Onnx()
    sha256: Mapping[str, str] = {}
    batch: int = Field(16, ge=1, le=1024)
    licence: str = Field(min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.path is None) == (self.id is None):
            raise ValueError("name either a path, or an id with its revision")
        if (self.id is None) != (self.revision is None):
            raise ValueError("an id needs a revision: 40 hex digits of one commit, so that it can never change")
        if (self.loader == "adapter") != (self.adapter is not None):
            raise ValueError("loader adapter and `adapter = 'module:function'` go together")
        if "fake" not in self.labels.values():
            raise ValueError("no label means fake")
        if len(self.labels) > 1 and "genuine" not in self.labels.values():
            raise ValueError("no label means genuine")
        return self

    @property
    def directory(self) -> Path:
        """Where its files lie, or belong once they are fetched."""
        if self.path is not None:
            return self.path.expanduser()
        return cache_directory() / "hub" / f"{str(self.id).replace('/', '--')}-{str(self.revision)[:12]}"

    def verify(self) -> Path:
        """The directory, after its digests were compared. Raises CheckpointError naming the file that is wrong."""
        if not self.directory.is_dir():
            mend = "run: veriscope weights sync" if self.id else "mount it, or change `path`"
            raise CheckpointError(f"checkpoint directory {self.directory} is missing; {mend}")
        for name, digest in self.sha256.items():
            file = self.directory / name
            if not file.is_file() or sha256_of(file) != digest:
                raise CheckpointError(f"checkpoint file {file} is missing or does not have the sha256 that is named")
        return self.directory


def checkpoints() -> Mapping[str, Checkpoint]:
    """Registry name (`hub/...`) -> checkpoint, of the file that `VERISCOPE_CHECKPOINTS` names.

    Raises:
        CheckpointError: the file cannot be read, or the entry it names is wrong.
    """
    return _read(os.environ.get(CHECKPOINTS_VARIABLE))


def of_task(task: Task) -> tuple[str, ...]:
    """Registry names of the checkpoints for a task, in the order in which they stand in the file."""
    return tuple(name for name, found in checkpoints().items() if found.task == task)


@cache
def _read(file: str | None) -> dict[str, Checkpoint]:
    if not file:
        return {}
    try:
        raw = tomllib.loads(Path(file).read_text(encoding="utf-8"))
        return {PREFIX + name.removeprefix(PREFIX): Checkpoint.model_validate(entry) for name, entry in raw.items()}
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{CHECKPOINTS_VARIABLE}={file}: {error}") from error
