"""Tasks and deliveries as the native API shows them."""

from datetime import UTC, datetime
from typing import Any

from deployments.ingress.intake import json_reply
from deployments.tasks.idempotency import StoredReply
from deployments.tasks.outbox import Delivery
from deployments.tasks.task import State, Task

Json = dict[str, Any]


def accepted(task: Task) -> StoredReply:
    """202: the task was queued."""
    return json_reply({"id": task.id, "status": State.QUEUED.value, "url": f"/v1/reports/{task.id}"}, 202)


def full_report(task: Task) -> Json:
    """A task with all that was found. Artifacts are listed once, with where to get them."""
    found = None if task.report is None else {k: v for k, v in task.report.items() if k != "artifacts"}
    failed = task.state is State.FAILED
    return {
        "id": task.id,
        "service": task.spec.service,
        "status": task.state.value,
        "attempts": task.attempts,
        "progress": 1.0 if task.state is State.COMPLETED else round(task.progress or 0.0, 3),
        "created_at": timestamp(task.created_at),
        "started_at": timestamp(task.started_at),
        "finished_at": timestamp(task.finished_at),
        "additional_info": task.spec.additional_info,
        "media": [
            {"role": m.role, "kind": m.kind, "mime": m.mime, "size": m.size, "sha256": m.sha256}
            for m in task.spec.media
        ],
        "error": {"code": task.error_code, "message": task.error, "subject": task.error_subject} if failed else None,
        "report": found,
        "artifacts": [
            {"name": a.name, "mime": a.mime, "size": a.size, "url": f"/v1/reports/{task.id}/artifacts/{a.name}"}
            for a in task.artifacts
        ],
    }


def delivery(entry: Delivery) -> Json:
    """A delivery, without the secret that signs it."""
    return {
        "id": entry.id,
        "task_id": entry.task_id,
        "event": entry.event,
        "url": entry.url,
        "state": entry.state,
        "attempts": entry.attempt,
        "status": entry.status,
        "error": entry.error,
        "created_at": timestamp(entry.created_at),
        "finished_at": timestamp(entry.finished_at),
        "next_at": timestamp(entry.next_at),
    }


def timestamp(seconds: float | None) -> str | None:
    """Unix seconds as RFC 3339 in UTC, to the millisecond."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
