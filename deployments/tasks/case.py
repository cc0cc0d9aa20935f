"""What a case is: a folder of media and the tasks that judge them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from deployments.tasks.store import Admission
from deployments.tasks.task import Task, TaskSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Medium:
    """A file of a case.

    Attributes:
        kind: `image`, `video` or `zip`.
        blob: key of the bytes; "" after they expired. `thumb` likewise, of a small JPEG, "" also where there is none.
        name: the file name it was sent with.
        info: JSON values that decoding told (`width`, `height`, `duration`, `fps`).
    """

    id: str
    case_id: str
    kind: str
    mime: str
    blob: str
    thumb: str = ""
    sha256: str
    size: int
    name: str = field(default="", repr=False)
    tags: tuple[str, ...] = ()
    meta_data: Mapping[str, Any] = field(default_factory=dict, repr=False)
    info: Mapping[str, Any] = field(default_factory=dict)
    created_at: float = 0.0
    updated_at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A folder with its media and tasks, both in order of creation. Times are Unix seconds.

    Attributes:
        expires_at: of a case that must leave nothing behind, when it goes in any case.
        hook_secret: what signs the deliveries to the URL that the call just named; None wherever it named none.
    """

    id: str
    tenant: str
    meta_data: Mapping[str, Any] = field(default_factory=dict, repr=False)
    endpoint_id: str | None = None
    created_at: float = 0.0
    updated_at: float = 0.0
    expires_at: float | None = None
    media: tuple[Medium, ...] = ()
    tasks: tuple[Task, ...] = ()
    hook_secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Tasks that are asked for together.

    Attributes:
        hook: URL that hears once when every task of the case has ended; None: the one that the case was made with.
        limits: how many open tasks are let in.
    """

    specs: Sequence[TaskSpec] = ()
    hook: str | None = None
    limits: Admission | None = None
