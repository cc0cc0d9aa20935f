"""What the tests of the task life submit, and the clock they turn."""

from typing import Any
from uuid import uuid4

from sqlalchemy import Engine, select

from deployments.tasks.schema import metadata
from deployments.tasks.store import TaskStore
from deployments.tasks.task import Completed, MediaRef, Outcome, Task, TaskSpec

EVENT = "liveness_detection_analysis_complete"
URL = "https://bank.example/hook"
REPORT = {"service": "liveness", "verdict": "genuine", "checks": [{"name": "liveness", "score": 0.97}]}


class Clock:
    """Unix seconds that only move when told. They lie in the past, so processes on the real clock see all as due."""

    def __init__(self) -> None:
        self.now = 1_000_000_000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


def media(role: str = "file", **values: Any) -> MediaRef:
    """A stored image."""
    stored = {"blob": f"folder/{uuid4()}", "sha256": "ab" * 32, "size": 3, "mime": "image/jpeg", "kind": "image"}
    return MediaRef(role=role, **stored | values)


def spec(tenant: str = "bank", **values: Any) -> TaskSpec:
    """A liveness task of one image."""
    given = {"facade": "sensity", "service": "liveness_detection", "media": (media(),), "event": EVENT}
    return TaskSpec(tenant=tenant, **given | values)


def claim_one(store: TaskStore, worker: str = "worker", lease_s: float = 30) -> Task:
    """Claims the one task that is ready."""
    (task,) = store.claim(worker, 10, lease_s)
    return task


def finish(store: TaskStore, task: Task, outcome: Outcome | None = None) -> bool:
    """Ends a claimed task, by default as completed."""
    assert task.lease is not None
    return store.finish(task.id, task.lease, outcome or Completed(REPORT))


def finished(store: TaskStore, **values: Any) -> Task:
    """A task that was submitted, claimed and completed."""
    task = store.submit(spec(**values))
    claimed = next(found for found in store.claim("worker", 100, 30) if found.id == task.id)
    assert finish(store, claimed)
    return task


def row_counts(engine: Engine) -> dict[str, int]:
    """How many rows each table holds, tables without any left out."""
    with engine.connect() as connection:
        counts = {table.name: len(connection.execute(select(table)).all()) for table in metadata.sorted_tables}
    return {name: count for name, count in counts.items() if count}
