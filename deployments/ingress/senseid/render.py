"""Reports as the vendor's replies (contracts 3.5 and 3.6). What could not be judged is never passed."""

import base64
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from deployments.ingress.errors import ApiError
from deployments.ingress.senseid import forms
from deployments.ingress.senseid.forms import Endpoint
from deployments.tasks.task import State, Task
from pipelines.policy import verdict
from pipelines.report import Check, Status, Verdict

Json = dict[str, Any]
ReadBlob = Callable[[str], Awaitable[bytes]]
SUCCESS = 1000
_PIXELS = frozenset(("image_size", "image_too_large", "video_resolution"))
_NOT_THE_MEDIA = frozenset(("worker_lost", "internal", "media_timeout", "deadline"))


async def result(endpoint: Endpoint, task: Task, read: ReadBlob) -> Json:
    """The members of a successful reply beside its code and id. Raises ApiError for what the vendor calls an error."""
    if task.state is State.FAILED:
        raise _failure(endpoint, task.error_code or "", task.error_subject)
    report = task.report or {}
    _refuse_covered(endpoint, task, report)
    if endpoint is forms.MATRIX:
        return _matrix(report)
    if endpoint is forms.QUALITY:
        return {"faces": report["data"]["faces"]}
    if endpoint in (forms.IMAGES, forms.LIVENESS_IMAGE):
        return {"verification_score": _match_score(endpoint, report)}
    return await _silent(endpoint, task, report, read)


def _failure(endpoint: Endpoint, code: str, subject: str | None) -> ApiError:
    """The error of a task that ended without a report, or of a check that was not performed."""
    if code in _NOT_THE_MEDIA:
        return ApiError("internal")
    field = next((name for name, role in endpoint.fields.items() if role == subject), "")
    if field == "liveness_file":
        return ApiError("no_face" if code == "no_face" else "corrupted_liveness_data")
    if field == "encrypted_video" or (not field and endpoint is forms.SILENT):
        return ApiError("liveness_failed" if code == "no_face" else endpoint.bad_video)
    if code == "no_face":
        return ApiError("no_face")
    if code in _PIXELS:
        return ApiError("image_size")
    return ApiError(endpoint.corrupt if code == "corrupt_media" else "image_type")


def _refuse_covered(endpoint: Endpoint, task: Task, report: Json) -> None:
    """With `check_quality`, a covered photo is an error. Raises ApiError `face_occlusion`."""
    if not task.spec.options.get("occlusion"):
        return
    photos = {role for name, role in endpoint.fields.items() if name not in ("encrypted_video", "liveness_file")}
    for check in _checks(report, "quality.occlusion"):
        if check["subject"] in photos and check["status"] != Status.PASSED:
            raise ApiError("face_occlusion")


def _match_score(endpoint: Endpoint, report: Json) -> float:
    """The comparison's score. Raises ApiError where it could not be performed."""
    for check in _checks(report, "face_match"):
        if check["score"] is not None and check["status"] != Status.NOT_PERFORMED:
            return round(check["score"], 6)
        reasons = check["reasons"] or ["internal"]
        raise _failure(endpoint, reasons[0], _photo_of(endpoint))
    raise ApiError("internal")


def _photo_of(endpoint: Endpoint) -> str:
    return list(endpoint.fields.values())[-1]


def _matrix(report: Json) -> Json:
    rects = report["data"]["rects"]
    return {
        "scores": report["data"]["scores"],
        "face_rects": {"first_image_face_rects": rects["file"], "second_image_face_rects": rects["extra_file"]},
    }


async def _silent(endpoint: Endpoint, task: Task, report: Json, read: ReadBlob) -> Json:
    """Both silent endpoints: liveness, and where there is a photo the comparison with it."""
    video = endpoint.fields["encrypted_video"]
    photo_score = _match_score_if_any(endpoint, report)
    liveness = next((c for c in _checks(report, "liveness") if c["subject"] == video), None)
    seen = next((c for c in _checks(report, "visible_time") if c["subject"] == video), None)
    duration = seen["evidence"].get("duration") if seen is not None else None
    if endpoint is forms.SILENT and duration is not None and duration < task.spec.options["least_s"]:
        raise ApiError("invalid_video")
    if liveness is None or liveness["status"] == Status.NOT_PERFORMED:
        raise ApiError("liveness_failed")
    long_enough = seen is not None and seen["status"] == Status.PASSED
    passed = long_enough and _live(report, video)
    status = "ok" if passed else "hack" if long_enough else "short_time"
    body: Json = {"passed": passed, "liveness_score": round(liveness["score"] or 0.0, 6)}
    asked = _asked(task)
    if asked["return_status"]:
        body["liveness_status"] = status
    if passed and photo_score is not None:
        body["verification_score"] = photo_score
    if passed:
        body |= await _pictures(task, report, asked, read)
    return body


def _match_score_if_any(endpoint: Endpoint, report: Json) -> float | None:
    """None where the endpoint compares nothing, or the video shows nobody to compare with."""
    if endpoint is forms.SILENT:
        return None
    checks = list(_checks(report, "face_match"))
    if not checks:
        return None
    unusable = checks[0]["status"] == Status.NOT_PERFORMED
    subject = checks[0]["evidence"].get("subject")
    if unusable and subject == endpoint.fields["encrypted_video"]:
        return None
    return _match_score(endpoint, report)


def _live(report: Json, subject: str) -> bool:
    """Whether all checks about the video together, by the policy of the liveness service, say genuine."""
    about = [
        Check(name=check["name"], subject=subject, status=Status(check["status"]))
        for check in report["checks"]
        if check["subject"] == subject
    ]
    return verdict("liveness_detection", about) is Verdict.GENUINE


def _asked(task: Task) -> Mapping[str, bool]:
    """What the client asked to be returned."""
    options = task.spec.options
    return {
        "return_status": bool(options.get("return_status")),
        "return_image": bool(options.get("best_frame")),
        "return_face_image": bool(options.get("best_face")),
    }


async def _pictures(task: Task, report: Json, asked: Mapping[str, bool], read: ReadBlob) -> Json:
    found = {artifact.name: artifact.blob for artifact in task.artifacts}
    body: Json = {}
    if asked["return_image"] and "best_frame.jpg" in found:
        body["image_timestamp"] = round(report["data"]["best"]["timestamp"], 3)
        body["base64_image"] = base64.b64encode(await read(found["best_frame.jpg"])).decode()
    if asked["return_face_image"] and "best_face.jpg" in found:
        body["base64_face_image"] = base64.b64encode(await read(found["best_face.jpg"])).decode()
    return body


def _checks(report: Json, name: str) -> Iterable[Json]:
    return (check for check in report["checks"] if check["name"] == name)
