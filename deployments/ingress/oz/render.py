"""Folders, media and analyses as the Oz-compatible API shows them. What could not be judged never succeeds."""

from collections.abc import Iterable, Mapping
from typing import Any

from deployments.ingress.oz.errors import INVALID_VALUE, UNKNOWN
from deployments.ingress.oz.links import company_of, derived_id, link
from deployments.settings import Settings
from deployments.tasks.case import Case, Medium
from deployments.tasks.task import State, Task
from pipelines.policy import ENFORCED, REFUTING
from pipelines.report import Status, Verdict

Json = dict[str, Any]
MEDIA_TYPES = {"image": "IMAGE_FOLDER", "video": "VIDEO_FOLDER", "zip": "SHOTS_SET_FOLDER"}
SOURCE_KEYS = {"image": "source_image_id", "video": "source_video_id", "zip": "source_shots_set_id"}
INFO_KEYS = {"image": "image", "video": "video", "zip": "shots_set"}
_WORST_FIRST = ("FAILED", "DECLINED", "OPERATOR_REQUIRED", "SUCCESS")
_OUR_FAULT = frozenset(("internal", "worker_lost", "deadline_exceeded"))
DOCUMENTS = "id_document_authentication"
EVEN = 0.5
"""`confidence_spoofing` at the detector's threshold."""
_JUST_NOT = 0.499999
THRESHOLD = "confidence_spoofing_over_threshold"


def folder(case: Case, settings: Settings, *, with_analyses: bool) -> Json:
    """A folder object (contracts 4.4)."""
    resolutions = [resolution(task) for task in case.tasks]
    body: Json = {
        "folder_id": case.id,
        "company_id": company_of(case.tenant),
        "user_id": derived_id("user", case.tenant),
        "time_created": case.created_at,
        "time_updated": case.updated_at,
        "meta_data": dict(case.meta_data),
        "technical_meta_data": {},
        "resolution_status": _folder_status(resolutions),
        "system_resolution": worst(resolutions),
        "operator_comment": None,
        "is_cleared": False,
        "media": [media(medium, settings) for medium in case.media],
    }
    if with_analyses:
        body["analyses"] = [analysis(case, task, settings) for task in case.tasks]
    return body | secret(case)


def secret(case: Case) -> Json:
    """What to check webhook signatures with: only in the reply to the request that named the URL."""
    return {} if case.hook_secret is None else {"webhook_secret": case.hook_secret}


def media(medium: Medium, settings: Settings) -> Json:
    """A media object."""
    original = link(settings, f"/api/media/{medium.id}/original") if medium.blob else None
    video = medium.kind == "video"
    return {
        "media_id": medium.id,
        "folder_id": medium.case_id,
        "media_type": MEDIA_TYPES[medium.kind],
        "time_created": medium.created_at,
        "time_updated": medium.updated_at,
        "meta_data": dict(medium.meta_data),
        "technical_meta_data": {},
        "tags": list(medium.tags),
        "original_name": medium.name,
        "original_url": original,
        "thumb_url": link(settings, f"/api/media/{medium.id}/thumb") if medium.thumb else None,
        "video_id": medium.id if video else None,
        "video_url": original if video else None,
        "info": {INFO_KEYS[medium.kind]: dict(medium.info)} if medium.info else {},
    }


def analysis(case: Case, task: Task, settings: Settings) -> Json:
    """An analysis object; `analyse_id` is its older name."""
    known = {medium.id: medium for medium in case.media}
    asked, resolved = task.spec.options["analysis"], resolution(task)
    code, message = _error(task, resolved)
    body: Json = {
        "analyse_id": task.id,
        "analysis_id": task.id,
        "folder_id": case.id,
        "type": asked["type"],
        "time_created": task.created_at,
        "time_updated": task.finished_at or task.started_at or task.created_at,
        "meta_data": {},
        "technical_meta_data": {},
        "state": _state(resolved),
        "resolution_status": resolved,
        "resolution": resolved,
        "source_media": [media(known[one], settings) for one in _sources(task) if one in known],
        "results_media": _results_media(task, settings) if task.state is State.COMPLETED else [],
        "results_data": _results_data(task),
        "error_code": code,
        "error_message": message,
        "params": asked["params"],
    }
    if resolved == "DECLINED":
        body["decline_reasons"] = _decline_reasons(task)
    if asked.get("collection"):
        body["collection"] = asked["collection"]
    return body


def resolution(task: Task) -> str:
    """PROCESSING, SUCCESS, DECLINED, or FAILED for whatever could not be judged.

    OPERATOR_REQUIRED only for a document that was found: a person may see what the checks could not.
    """
    if task.state is State.FAILED:
        return "FAILED"
    if task.state is not State.COMPLETED or task.report is None:
        return "PROCESSING"
    if task.spec.service == "liveness_set" and any(_declines(task, check) for check in task.report["checks"]):
        return "DECLINED"
    unsure = "FAILED"
    if task.spec.service == DOCUMENTS and (task.report["data"].get("document") or {}).get("sides"):
        unsure = "OPERATOR_REQUIRED"
    return {Verdict.GENUINE: "SUCCESS", Verdict.SUSPICIOUS: "DECLINED"}.get(task.report["verdict"], unsure)


def confidence_spoofing(check: Mapping[str, Any]) -> float | None:
    """The chance of an attack, 0..1: the detector's score turned round and stretched so that its threshold is at 0.5.

    None for what was not judged: a number would be read as a judgement.
    """
    score, threshold = check["score"], check["threshold"]
    if check["status"] not in (Status.PASSED, Status.FAILED) or score is None or threshold is None:
        return None
    if check["status"] == Status.FAILED:
        return float(min(1.0, max(EVEN, round(1 - EVEN * score / threshold, 6))))
    return float(max(0.0, min(_JUST_NOT, round(EVEN * (1 - score) / (1 - threshold), 6))))


def worst(resolutions: Iterable[str]) -> str:
    """What the analyses of a folder say together: INITIAL without any, PROCESSING while one runs, else the worst."""
    found = set(resolutions)
    if not found:
        return "INITIAL"
    return "PROCESSING" if "PROCESSING" in found else next(word for word in _WORST_FIRST if word in found)


def _folder_status(resolutions: list[str]) -> str:
    together = worst(resolutions)
    return together if together in ("INITIAL", "PROCESSING", "FAILED") else "FINISHED"


def _state(resolved: str) -> str:
    return resolved if resolved in ("PROCESSING", "FAILED") else "FINISHED"


def _declines(task: Task, check: Mapping[str, Any]) -> bool:
    if check["name"] != "liveness":
        return False
    spoofing = confidence_spoofing(check)
    return spoofing is not None and spoofing >= task.spec.options["threshold"]


def _error(task: Task, resolved: str) -> tuple[int | None, str | None]:
    if resolved != "FAILED":
        return None, None
    if task.state is State.FAILED:
        return (UNKNOWN if task.error_code in _OUR_FAULT else INVALID_VALUE), task.error
    against = [check for check in (task.report or {})["checks"] if _counts_against(task.spec.service, check)]
    reasons = sorted({reason for check in against for reason in check["reasons"]})
    return INVALID_VALUE, f"could not be judged: {', '.join(reasons) or 'unknown'}"


def _decline_reasons(task: Task) -> list[str]:
    """Why, in the words of the checks (their names where they say no more). Where every check passed, the client's own
    threshold is stricter than the detector's."""
    failed = (check for check in (task.report or {})["checks"] if check["status"] == Status.FAILED)
    against = [check for check in failed if _counts_against(task.spec.service, check)]
    return sorted({reason for check in against for reason in check["reasons"] or [check["name"]]}) or [THRESHOLD]


def _results_media(task: Task, settings: Settings) -> list[Json]:
    kinds = [ref.kind for ref in task.spec.media]
    return [_result(task, media_id, kind, settings) for media_id, kind in zip(_sources(task), kinds, strict=True)]


def _sources(task: Task) -> list[str]:
    """Ids of the media that the task is about: their roles, but for the sides of a document."""
    sides = task.spec.options["analysis"].get("sides", {})
    return [sides.get(ref.role, ref.role) for ref in task.spec.media]


def _result(task: Task, media_id: str, kind: str, settings: Settings) -> Json:
    report = task.report or {}
    body: Json = {
        "analyse_id": task.id,
        "analysis_id": task.id,
        "media_association_id": derived_id("association", task.id, media_id),
        SOURCE_KEYS[kind]: media_id,
        "results_data": None,
    }
    if task.spec.service == "liveness_set":
        spoofing = _spoofing([check for check in report["checks"] if check["subject"] == media_id])
        body["results_data"] = None if spoofing is None else {"confidence_spoofing": spoofing}
        if task.spec.options.get("best_frame"):
            body["output_images"] = _output_images(task, media_id, settings)
    elif task.spec.service == "watchlist":
        persons = report["data"]["persons"].get(media_id, [])
        named = [{"person_id": person["subject_id"], "confidence": person["score"]} for person in persons]
        body["results_data"] = {"persons": named}
    elif task.spec.service == DOCUMENTS:
        body["results_data"] = _text_fields(report)
    return body


def _spoofing(checks: list[Mapping[str, Any]]) -> float | None:
    """Of one medium. None too where single frames look alive but the recording as a whole does not stand."""
    spoofing = next((confidence_spoofing(check) for check in checks if check["name"] == "liveness"), None)
    doubted = any(_counts_against("liveness_set", check) for check in checks)
    return None if doubted and spoofing is not None and spoofing < EVEN else spoofing


def _counts_against(service: str, check: Mapping[str, Any]) -> bool:
    """Whether the check keeps the verdict from being genuine."""
    enforced, refuting = ENFORCED[service], REFUTING.get(service, frozenset())
    failed = check["status"] == Status.FAILED
    return (check["name"] in enforced and check["status"] != Status.PASSED) or (check["name"] in refuting and failed)


def _output_images(task: Task, media_id: str, settings: Settings) -> list[Json]:
    wanted = f"best_frame.{media_id}.jpg"
    return [
        {
            "media_id": derived_id("output", task.id, media_id),
            "media_type": "IMAGE_RESULT_ANALYSIS_QUALITY",
            "original_url": link(settings, f"/api/analyses/{task.id}/images/{media_id}"),
        }
        for artifact in task.artifacts
        if artifact.name == wanted and artifact.blob
    ]


def _text_fields(report: Mapping[str, Any]) -> Json:
    fields = report["data"].get("fields") or ()
    return {
        "text_fields": [
            {"field_name": field["name"], "visual": field.get("visual"), "mrz": field.get("mrz")} for field in fields
        ]
    }


def _results_data(task: Task) -> Json | None:
    if task.state is not State.COMPLETED or task.spec.service not in ("same_person", DOCUMENTS):
        return None
    if task.spec.service == DOCUMENTS:
        return _text_fields(task.report or {})
    data = (task.report or {})["data"]
    return {"max_confidence": data["max"], "min_confidence": data["min"]}
