"""Reports on manipulated faces as results (contracts 2.5 and 2.6)."""

from typing import Any

from deployments.ingress.pictures import Pictures
from deployments.ingress.sensity.deepfakes import judged, label_of
from deployments.tasks.task import Task

Json = dict[str, Any]
_PREVIEW, _HEAT = "preview.jpg", "heatmap-"
_NO_FACES = "no_faces"
_MOST = 20


def wanted(name: str) -> bool:
    """Whether an artifact of that name appears in an envelope."""
    return name == _PREVIEW or name.startswith(_HEAT)


def beside(task: Task, pictures: Pictures) -> Json:
    """What the envelope holds beside the result."""
    preview = {"preview": pictures[_PREVIEW]} if _PREVIEW in pictures else {}
    return {"no_faces": _data(task)["judgement"]["label"] == _NO_FACES, **preview}


def manipulated(task: Task, pictures: Pictures) -> Json:
    """The result of `face_manipulation`."""
    data = _data(task)
    if data["judgement"]["label"] == _NO_FACES:
        return {"class_name": _NO_FACES, "class_probability": 0}
    result = judged(data["judgement"])
    if result["class_name"] != "fake":
        return result
    if task.spec.options.get("explain"):
        result["explanation"] = [_explained(part, pictures) for part in data.get("explanation", ())[:_MOST]]
    if data.get("manipulation_type"):
        result["manipulation_type"] = data["manipulation_type"]
    return result


def _explained(part: Json, pictures: Pictures) -> Json:
    """One face in one frame, in pixels of the picture after EXIF rotation."""
    heat = part.get("heatmap", "")
    return {
        "face_id": part["face_id"],
        "frame": part["frame"],
        "timestamp": part["timestamp"],
        "bbox": part["box"],
        **label_of(part.get("fake_probability", 0.5)),
        "signals": part["signals"],
        **({"heatmap": pictures[heat]} if heat in pictures else {}),
    }


def _data(task: Task) -> Json:
    data: Json = (task.report or {})["data"]
    return data
