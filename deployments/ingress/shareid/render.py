"""Reports as the vendor's reply (contracts 6.1). Only what the policy calls genuine has the verdict true."""

from datetime import UTC, datetime
from typing import Any

from deployments.ingress.errors import ApiError
from deployments.ingress.shareid.countries import alpha2
from deployments.ingress.shareid.findings import findings_of, ocr, security
from deployments.ingress.shareid.reasons import IDS, reasons
from deployments.ingress.shareid.request import DOC_TYPES, Claim
from deployments.settings import ShareIdSettings
from deployments.tasks.task import State, Task

Json = dict[str, Any]
_OUR_FAULT = frozenset(("worker_lost", "internal", "media_timeout", "deadline_exceeded", "media_gone"))
_UNREAD: Json = {"doc_type": "", "country_code": "", "doc_model": "", "ocr": {}, "security": {}}
_WORDS = {ours: word for word, ours in DOC_TYPES.items()}


def result(task: Task, settings: ShareIdSettings) -> Json:
    """The body of a reply. Raises ApiError, with the flow's id, where the fault is ours."""
    if task.state is State.FAILED:
        if task.error_code in _OUR_FAULT:
            raise with_flow(ApiError("internal"), task.id)
        return _UNREAD | _verdict(["low_quality"], task.id)
    report = task.report or {}
    found = findings_of(report)
    # The day it was asked: looking a flow up later does not change its verdict.
    today = datetime.fromtimestamp(task.created_at, UTC).date()
    against = reasons(found, Claim.from_json(task.spec.options["claim"]), today, settings.least_side)
    body = dict(_UNREAD)
    if found.kind in _WORDS:
        portrait = any(artifact.name == "portrait" for artifact in task.artifacts)
        model = report["data"]["document"].get("model")
        body = {
            "doc_type": _WORDS[found.kind],
            "country_code": alpha2(found.country),
            "doc_model": str(model or ""),
            "ocr": ocr(found, report),
            "security": security(found, report, portrait=portrait),
        }
    return body | _verdict(against, task.id)


def with_flow(error: ApiError, flow_id: str) -> ApiError:
    """The same error, naming the flow."""
    error.members["flow_id"] = flow_id
    return error


def _verdict(against: list[str], flow_id: str) -> Json:
    body: Json = {"reason": against[0] if against else "", "verdict": not against, "flow_id": flow_id}
    if against and against[0] in IDS:
        body["reason_id"] = IDS[against[0]]
    return body | {"reasons": against}
