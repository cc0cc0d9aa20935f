"""The words of a task's life: what is asked, in which state it is, and how it ends."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

MAX_ATTEMPTS = 3
"""Claims a task may use before it fails as `worker_lost`: a poison file must not loop."""

WORKER_LOST = "worker_lost"
WORKER_LOST_MESSAGE = "worker lost"


class State(StrEnum):
    """Where a task stands."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"

    @property
    def terminal(self) -> bool:
        """Whether the task will never change again."""
        return self in (State.COMPLETED, State.FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaRef:
    """Submitted bytes, by reference.

    Attributes:
        role: `file`, `extra_file`, `front`, `back`, ...; unique within a task.
        blob: key in the blob store; "" while a `url` was not fetched yet, and after the media expired.
        sha256: hex digest of the bytes, "" while not fetched.
        size: bytes.
        mime: as sniffed from the bytes.
        kind: `image`, `video`, `audio`, `pdf`, `zip` or `url`.
        url: where the worker has to fetch it from.
        limits: bytes allowed of what is there (inclusive), by extension as `pipelines.media.sniff` names it.
    """

    role: str
    blob: str
    sha256: str
    size: int
    mime: str
    kind: str
    url: str | None = None
    limits: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactRef:
    """Bytes a report produced, by reference: `blob` is a key in the blob store, `size` is in bytes."""

    name: str
    mime: str
    blob: str
    size: int


@dataclass(frozen=True, slots=True)
class Ticket:
    """Something that one task may use, once: `id` names it, and after `expires_at` (Unix seconds) nobody takes it."""

    id: str
    expires_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSpec:
    """What is asked.

    Attributes:
        tenant: account that owns the task.
        facade: which API it came through (`sensity`, `native`, ...).
        service: `liveness_detection`, `face_matching`, `identity`, ...
        options: JSON values.
        event: webhook event announced at the end; None where the facade has no webhooks.
        case: id of the case that the task and its media belong to, where there is one.
        ticket: what submitting the task uses up; not kept with the task.
    """

    tenant: str
    facade: str
    service: str
    media: tuple[MediaRef, ...]
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)
    additional_info: str | None = field(default=None, repr=False)
    event: str | None = None
    ticket: Ticket | None = None
    case: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A `TaskSpec` with its life so far. Times are Unix seconds.

    Attributes:
        id: uuid7 text; sorts by creation.
        attempts: claims used, this one included.
        error_code: snake_case word, only when failed.
        error: sentence for the client, only when failed.
        error_subject: role of the media that the error is about, where it is about one.
        report: JSON values, only when completed (and not filled in lists).
        lease: token that fences heartbeat, requeue and finish; only on a task that was just claimed.
        progress: share of its work that is done, 0..1, as of the last heartbeat; None where nothing was said of it.
    """

    id: str
    spec: TaskSpec
    state: State
    attempts: int
    created_at: float
    started_at: float | None = None
    finished_at: float | None = None
    error_code: str | None = None
    error: str | None = None
    error_subject: str | None = None
    report: dict[str, Any] | None = field(default=None, repr=False)
    artifacts: tuple[ArtifactRef, ...] = ()
    lease: str | None = None
    progress: float | None = None

    def media(self, role: str) -> MediaRef | None:
        """The media in that role."""
        return next((ref for ref in self.spec.media if ref.role == role), None)


@dataclass(frozen=True, slots=True)
class Completed:
    """The task was judged: `report` holds JSON values."""

    report: dict[str, Any]
    artifacts: tuple[ArtifactRef, ...] = ()


@dataclass(frozen=True, slots=True)
class Failed:
    """The task cannot be judged: `code` is a snake_case word, `message` a sentence free of personal data.

    `subject` is the role of the media it is about, where it is about one.
    """

    code: str
    message: str
    subject: str | None = None


Outcome: TypeAlias = Completed | Failed
