"""Reports on documents and files as results (contracts 2.6). What could not be judged is never authentic."""

import re
from collections.abc import Iterable
from typing import Any

from deployments.ingress.pictures import Pictures
from deployments.tasks.task import Task
from pipelines.policy import deciding
from pipelines.report import Status, Verdict

Json = dict[str, Any]
PORTRAIT = "portrait"
_EXTRACTED = re.compile(r"extracted-(\d+)(\.\w+)?")
_EXTRACTION_KEYS = ("document_type", "classification", "font_analysis", "keywords", "ocr", "overlapping_text")
_JUDGED = (Status.PASSED, Status.FAILED)


def wanted(name: str) -> bool:
    """Whether an artifact of that name appears in a result."""
    return name == PORTRAIT or _EXTRACTED.fullmatch(name) is not None


def id_document(task: Task, pictures: Pictures) -> Json:
    """The result of `id_document_authentication`."""
    report = task.report or {}
    data: Json = report.get("data") or {}
    checks = report.get("checks") or []
    result: Json = {"authentic": report.get("verdict") == Verdict.GENUINE}
    decide = deciding(task.spec.service)
    judged = [check for check in checks if check["name"] in decide and check["status"] in _JUDGED]
    if scores := [check["score"] for check in judged if check["score"] is not None]:
        result["score"] = round(min(scores), 6)
    result["document"] = _with_values({"type": "unknown"} | (data.get("document") or {}))
    result["fields"] = [_with_values(field) for field in data.get("fields") or ()]
    if data.get("mrz"):
        result["mrz"] = data["mrz"]
    result["checks"] = [_check(check) for check in checks]
    result["images"] = {PORTRAIT: pictures[PORTRAIT]} if PORTRAIT in pictures else {}
    return result


def forensic(task: Task, pictures: Pictures) -> Json:
    """The result of `forensic_analysis`."""
    data = (task.report or {})["data"]
    flags = data["red_flags"]
    return {
        "document_details": data["document_details"],
        **_extracted_images(task, pictures),
        "red_flags": flags,
        "trigger_values": {flag: data["trigger_values"][flag] for flag in flags},
    }


def extraction(task: Task, pictures: Pictures) -> Json:
    """The result of `data_extraction`."""
    data = (task.report or {})["data"]
    found = {key: data[key] for key in _EXTRACTION_KEYS if data.get(key) is not None}
    return found | {"extracted_data": data["extracted_data"]} | _extracted_images(task, pictures)


def _check(check: Json) -> Json:
    # The facade has no word for a check that came to no conclusion; it was not performed, and says why.
    status = check["status"] if check["status"] in _JUDGED else Status.NOT_PERFORMED.value
    side = "both" if "+" in check["subject"] else check["subject"].partition("#")[0]
    shown: Json = {"name": check["name"], "side": side, "status": status}
    if check["score"] is not None and status != Status.NOT_PERFORMED:
        shown["score"] = check["score"]
    return shown | {"message": _sentence(check["reasons"])}


def _sentence(reasons: Iterable[str]) -> str:
    return ", ".join(reason.replace("_", " ") for reason in reasons)


def _extracted_images(task: Task, pictures: Pictures) -> Json:
    """Only of a PDF, and only where they were asked for; then even where there are none."""
    media = task.media("file")
    if media is None or media.kind != "pdf" or not task.spec.options.get("extract_images"):
        return {}
    numbered = [(int(found[1]), name) for name in pictures if (found := _EXTRACTED.fullmatch(name))]
    return {"extracted_images": [pictures[name] for _, name in sorted(numbered)]}


def _with_values(values: Json) -> Json:
    return {key: value for key, value in values.items() if value not in (None, "")}
