"""Bodies of the native replies, for the documentation; replies are rendered without passing through them."""

from typing import Any, Literal

from pydantic import BaseModel


class Accepted(BaseModel):
    """A task was accepted; its report will be at `url`."""

    id: str
    status: Literal["queued"]
    url: str


class ChallengeStep(BaseModel):
    """One movement; it has to show for at least so many seconds."""

    action: Literal["turn_left", "turn_right", "nod", "blink", "move_closer"]
    at_least_s: float
    instruction: str


class LivenessChallenge(BaseModel):
    """What a person has to do before the camera, in this order, and the token that goes with the recording."""

    id: str
    token: str
    expires_at: str
    steps: list[ChallengeStep]
    instructions: str
    longest_s: float


class TaskError(BaseModel):
    """Why a task ended without a report; `subject` is the role of the media it is about."""

    code: str
    message: str
    subject: str | None = None


class MediaEntry(BaseModel):
    """Media that was submitted. `size` is in bytes."""

    role: str
    kind: str
    mime: str
    size: int
    sha256: str


class ArtifactEntry(BaseModel):
    """Bytes that the report produced. `size` is in bytes."""

    name: str
    mime: str
    size: int
    url: str


class Report(BaseModel):
    """A task and, once it is completed, everything that was found. Times are RFC 3339, in UTC.

    `progress` is the share of the work that is done, 0..1; tasks that take seconds go from 0 to 1 at once.
    """

    id: str
    service: str
    status: Literal["queued", "running", "completed", "failed"]
    attempts: int
    progress: float
    created_at: str
    started_at: str | None = None
    finished_at: str | None = None
    additional_info: str | None = None
    media: list[MediaEntry]
    error: TaskError | None = None
    report: dict[str, Any] | None = None
    artifacts: list[ArtifactEntry]


class Gallery(BaseModel):
    """A gallery of known faces."""

    id: str


class GalleryList(BaseModel):
    """The account's galleries."""

    galleries: list[Gallery]


class GallerySubjects(BaseModel):
    """A gallery and the subjects enrolled in it."""

    id: str
    subjects: list[str]


class Delivery(BaseModel):
    """A result on its way to a webhook. `id` is sent as `webhook-id`. Times are RFC 3339, in UTC."""

    id: str
    task_id: str
    event: str
    url: str | None = None
    state: Literal["pending", "delivered", "failed", "cancelled"]
    attempts: int
    status: int | None = None
    error: str | None = None
    created_at: str
    finished_at: str | None = None
    next_at: str | None = None


class DeliveryPage(BaseModel):
    """Deliveries, newest first; `next` is given as `before` to get the page after."""

    deliveries: list[Delivery]
    next: str | None = None


class Replayed(BaseModel):
    """A delivery is being sent again."""

    id: str
    state: Literal["pending"]
