"""Tasks to table rows and back."""

from collections.abc import Iterable, Sequence
from typing import Any

from deployments.tasks.task import (
    ArtifactRef,
    Completed,
    MediaRef,
    Outcome,
    State,
    Task,
    TaskSpec,
)

_MEDIA_FIELDS = ("role", "blob", "sha256", "size", "mime", "kind")
_URL_FIELDS = ("url", "limits")
_ARTIFACT_FIELDS = ("name", "mime", "blob", "size")


def task_row(task: Task) -> dict[str, Any]:
    """The row of a task that was just submitted."""
    spec = task.spec
    return {
        "id": task.id,
        "tenant": spec.tenant,
        "facade": spec.facade,
        "service": spec.service,
        "event": spec.event,
        "media": dump_media(spec.media),
        "options": dict(spec.options),
        "additional_info": spec.additional_info,
        "state": task.state.value,
        "attempts": task.attempts,
        "ready_at": task.created_at,
        "created_at": task.created_at,
        "case_id": spec.case,
    }


def outcome_row(outcome: Outcome) -> dict[str, Any]:
    """What ends a task, as parameters of `statements.END`."""
    if isinstance(outcome, Completed):
        artifacts = [{name: getattr(ref, name) for name in _ARTIFACT_FIELDS} for ref in outcome.artifacts]
        return _ending(State.COMPLETED, report=outcome.report, artifacts=artifacts)
    return _ending(State.FAILED, error_code=outcome.code, error=outcome.message, error_subject=outcome.subject)


def load_task(row: Any, *, report: dict[str, Any] | None = None, lease: str | None = None) -> Task:
    """The task of a row of `statements.GET`, `LIST` or a claim."""
    return Task(
        id=row.id,
        spec=TaskSpec(
            tenant=row.tenant,
            facade=row.facade,
            service=row.service,
            media=load_media(row.media),
            options=row.options,
            additional_info=row.additional_info,
            event=row.event,
            case=row.case_id,
        ),
        state=State(row.state),
        attempts=row.attempts,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        error_code=row.error_code,
        error=row.error,
        error_subject=row.error_subject,
        report=report,
        artifacts=tuple(ArtifactRef(**values) for values in row.artifacts or ()),
        lease=lease,
        progress=row.progress,
    )


def dump_media(media: Iterable[MediaRef]) -> list[dict[str, Any]]:
    """The JSON values of media references."""
    return [{name: getattr(ref, name) for name in _MEDIA_FIELDS} | _of_url(ref) for ref in media]


def load_media(values: Sequence[dict[str, Any]]) -> tuple[MediaRef, ...]:
    """The media references of JSON values."""
    return tuple(MediaRef(**value) for value in values)


def _of_url(ref: MediaRef) -> dict[str, Any]:
    return {name: getattr(ref, name) for name in _URL_FIELDS} if ref.url is not None else {}


def _ending(
    state: State,
    *,
    report: dict[str, Any] | None = None,
    artifacts: list[dict[str, Any]] | None = None,
    error_code: str | None = None,
    error: str | None = None,
    error_subject: str | None = None,
) -> dict[str, Any]:
    return {
        "new_state": state.value,
        "new_report": report,
        "new_artifacts": artifacts,
        "new_error_code": error_code,
        "new_error": error,
        "new_error_subject": error_subject,
    }
