"""The shape of an installation: which models share a host, batch sizes, concurrency. The `args` of the application."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Batch(_Strict):
    """How calls of different requests are merged for one model."""

    size: int = Field(8, ge=1, description="At most so many calls in one run of the model.")
    wait_ms: float = Field(0.0, ge=0, description="How long a run waits for further calls.")


class Host(_Strict):
    """One model deployment: predictors that share a replica."""

    models: tuple[str, ...] = Field(min_length=1)
    threads: int = Field(1, ge=1, description="CPU threads of one model run (BLAS, onnxruntime, OpenCV).")
    parallel: int = Field(1, ge=1, description="Model runs that one replica does at the same time.")


class Media(_Strict):
    """Decoding of untrusted bytes."""

    workers: int = Field(1, ge=1, description="Isolated decoder processes in a replica.")
    memory_mb: int = Field(1024, ge=128)
    timeout_s: float = Field(30.0, gt=0)


class Dispatch(_Strict):
    """How tasks are claimed and run."""

    concurrency: int = Field(8, ge=1, description="Tasks a dispatcher works on at the same time.")
    slow: int = Field(3, ge=1, description="Of these, tasks of services that take minutes, so that others get through.")
    lease_s: float = Field(15.0, gt=0, description="A task whose dispatcher is silent for so long is claimed anew.")
    deadline_s: float = Field(
        120.0, gt=0, description="A task that gets no further for so long is tried again, at most three times."
    )
    poll_s: float = Field(1.0, gt=0, description="Fallback for a lost wake-up.")
    merge: int = Field(8, ge=1, description="Waiting tasks whose media travel to a host in one call.")


class Profile(_Strict):
    """The application's arguments (`serve_config.yaml`, `cluster/profiles/*.yaml`)."""

    http: Literal["replica", "proxy"] = Field(
        "replica", description="`replica`: the gateway listens itself (one node); `proxy`: Serve's proxy in front."
    )
    nodes: Literal["one", "many"] = Field(
        "one", description="`many`: replicas run on several machines, so all state lives outside of them."
    )
    hosts: dict[str, Host]
    batches: dict[str, Batch] = {}
    media: Media = Media()
    dispatch: Dispatch = Dispatch()
    deployments: dict[str, dict[str, Any]] = Field(
        {}, description="Ray Serve options by deployment name: replicas, autoscaling, num_gpus, ..."
    )

    def spans_nodes(self) -> bool:
        """Whether replicas run on more than one machine."""
        return self.nodes == "many"
