"""Reports as result envelopes (contracts 2.5 and 2.6). What could not be judged is never rendered as genuine."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from deployments.ingress.pictures import Pictures, ReadBlob, load_pictures
from deployments.ingress.sensity import deepfakes, documents, faces
from deployments.ingress.sensity.services import SERVICES
from deployments.tasks.task import State, Task
from pipelines.report import Status, Verdict

Json = dict[str, Any]
_QUALITY = "quality."


async def pictures_of(task: Task, read: ReadBlob) -> Pictures:
    """The pictures that stand in the task's result."""
    wanted = _PICTURED.get(task.spec.service)
    return await load_pictures(task, wanted, read) if wanted else {}


def envelope(task: Task, pictures: Pictures = MappingProxyType({})) -> Json:
    """The result of a task, as polls and webhooks show it. Keys without a value are absent."""
    body: Json = {"id": task.id, "status": _status(task.state), "event_type": SERVICES[task.spec.service].event}
    if task.spec.additional_info is not None:
        body["additional_info"] = task.spec.additional_info
    if task.state is State.FAILED:
        body["error"] = task.error
    elif task.state is State.COMPLETED and task.spec.service in _RENDERED:
        body |= _BESIDE.get(task.spec.service, _nothing)(task, pictures)
        body["result"] = _RENDERED[task.spec.service](task, pictures)
    elif task.state is State.COMPLETED:
        body |= _RESULTS[task.spec.service](task.report or {})
    return body


def _nothing(_task: Task, _pictures: Pictures) -> Json:
    return {}


def _status(state: State) -> str:
    return state.value if state.terminal else "in_progress"


def _liveness(report: Json) -> Json:
    liveness = _check(report, "liveness")
    no_faces = liveness is not None and bool(liveness["evidence"].get("no_faces"))
    result: Json = {}
    if liveness is not None and not no_faces:
        live = report["verdict"] == Verdict.GENUINE and liveness["status"] == Status.PASSED
        result["live"] = "Live" if live else "Spoof"
    result["image_quality_checks"] = _quality(report)
    return {"no_faces": no_faces, "result": result}


def _quality(report: Json) -> Json:
    checks: Json = {}
    for check in report["checks"]:
        if check["name"].startswith(_QUALITY) and check["status"] != Status.NOT_PERFORMED:
            found = {"passed": check["status"] == Status.PASSED}
            if check["evidence"].get("value") is not None:
                found["value"] = check["evidence"]["value"]
            checks[check["name"].removeprefix(_QUALITY)] = found
    overall = _check(report, "quality")
    if overall is not None and overall["score"] is not None:
        checks["score"] = overall["score"]
    return checks


def _matching(report: Json) -> Json:
    result: Json = {}
    match = _check(report, "face_match")
    if match is not None and match["status"] != Status.NOT_PERFORMED:
        result["match"] = match["status"] == Status.PASSED
        if match["score"] is not None:
            result["score"] = match["score"]
    result["identification"] = report["data"].get("identification") or {}
    return {"result": result}


def _check(report: Json, name: str) -> Json | None:
    return next((check for check in report["checks"] if check["name"] == name), None)


_RENDERED: Mapping[str, Callable[[Task, Pictures], Json]] = {
    "ai_generated_image_detection": deepfakes.ai_generated,
    "face_manipulation": faces.manipulated,
    "voice_analysis": lambda task, _pictures: deepfakes.voice(task),
    "id_document_authentication": documents.id_document,
    "forensic_analysis": documents.forensic,
    "data_extraction": documents.extraction,
}
_PICTURED: Mapping[str, Callable[[str], bool]] = {
    "ai_generated_image_detection": deepfakes.overlaid,
    "face_manipulation": faces.wanted,
    "id_document_authentication": documents.wanted,
    "forensic_analysis": documents.wanted,
    "data_extraction": documents.wanted,
}
"""Which artifacts stand in a result."""
_BESIDE: Mapping[str, Callable[[Task, Pictures], Json]] = {"face_manipulation": faces.beside}
"""What stands beside a result."""
_RESULTS: Mapping[str, Callable[[Json], Json]] = {"liveness_detection": _liveness, "face_matching": _matching}
