"""Reports on images, faces and voices as results (contracts 2.6)."""

from typing import Any

from deployments.ingress.pictures import Pictures
from deployments.tasks.task import Task
from pipelines.report import Status

Json = dict[str, Any]
_OVERLAY = "heatmap-1.png"


def judged(judgement: Json) -> Json:
    """The label with how sure it is. A weak judgement keeps its label, likely by a little, and says that it is weak."""
    probability = judgement["fake_probability"] if judgement["label"] == "fake" else 1 - judgement["fake_probability"]
    found: Json = {"class_name": judgement["label"], "class_probability": round(probability, 4)}
    return found | ({"inconclusive": True} if judgement["inconclusive"] else {})


def label_of(fake_probability: float) -> Json:
    """A part's label and how sure it is."""
    fake = fake_probability >= 0.5
    shown = fake_probability if fake else 1 - fake_probability
    return {"class_name": "fake" if fake else "real", "class_probability": round(shown, 4)}


def overlaid(name: str) -> bool:
    """Whether an artifact of that name appears in a result on an image."""
    return name == _OVERLAY


def ai_generated(task: Task, pictures: Pictures) -> Json:
    """The result of `ai_generated_image_detection`."""
    report = task.report or {}
    data: Json = report["data"]
    result = judged(data["judgement"])
    fake = data["judgement"]["label"] == "fake"
    if fake and task.spec.options.get("explain"):
        result["explanation"] = _explained(report, pictures)
    if fake and data.get("attribution"):
        result["model_attribution"] = data["attribution"]["model"]
        result["model_attribution_probability"] = data["attribution"]["probability"]
    if data.get("frames"):
        result["frames"] = [
            {"timestamp": frame["timestamp"], "class_probability_fake": frame["fake_probability"]}
            for frame in data["frames"]
        ]
    return result


def _explained(report: Json, pictures: Pictures) -> Json:
    overlay = {"overlay": pictures[_OVERLAY]} if _OVERLAY in pictures else {}
    against = [check for check in report["checks"] if check["status"] == Status.FAILED and check["reasons"]]
    said = "; ".join(f"{check['name']}: {', '.join(check['reasons'])}".replace("_", " ") for check in against)
    return {
        "type": "GANDetectorExplanations" if overlay else "SignalExplanation",
        **overlay,
        "description": said or "weak evidence",
        "signals": report["data"]["signals"],
    }


def voice(task: Task) -> Json:
    """The result of `voice_analysis`."""
    data = (task.report or {})["data"]
    judgement = data["judgement"]
    silent = judgement["label"] == "no_voice"
    result: Json = {"class_name": "no_voice", "class_probability": 0} if silent else judged(judgement)
    if task.spec.options.get("explain") and not silent:
        result["explanation"] = [
            {"start": part["start"], "end": part["end"]} | label_of(part["fake_probability"])
            for part in data["segments"]
            if "fake_probability" in part
        ]
    return result | _texts(data.get("speech"))


def _texts(speech: Json | None) -> Json:
    """What is said, and in English; both empty where nobody speaks."""
    if speech is None:
        return {}
    said = {name: speech[name] for name in ("language", "language_probability", "text", "segments") if name in speech}
    return {"transcription": said, "translation": speech["translation"]}
