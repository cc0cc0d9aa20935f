"""AI-generated images through the Sensity-compatible facade (contracts 2.2, 2.3 and 2.6)."""

import base64
from typing import Any

import httpx
import pytest

from deployments.ingress.envelopes import thin
from deployments.ingress.sensity.document_forms import MEDIA_BYTES
from pipelines.report import Check, Report, Status, Verdict
from tests.contract.documents import kept
from tests.contract.files import GIF, JPEG, MP4, PDF, PNG, TEXT, WAV
from tests.contract.sensity.answers import created, refusal
from tests.contract.serving import Api

IMAGES = "/tasks/ai_generated_image_detection"
EVENT = "ai_generated_image_detection_analysis_complete"
URL = "https://media.example.com/picture.png"
MARKED = Check(name="ai_generation", status=Status.FAILED, score=0.0, reasons=("ai_generator_metadata",))
SIGNALS = [{"name": "ai_generation", "score": 1.0}]


def report(label: str, probability: float, *, inconclusive: bool = False, **data: Any) -> Report:
    judgement = {"label": label, "fake_probability": probability, "inconclusive": inconclusive}
    return Report(
        service="ai_generated_image_detection",
        verdict=Verdict.INCONCLUSIVE,
        checks=(MARKED,) if label == "fake" else (),
        data={"judgement": judgement, "signals": SIGNALS if label == "fake" else []} | data,
    )


def result(
    api: Api, client: httpx.Client, found: Report, tenant: str = "", overlay: bytes | None = None, **fields: str
) -> dict[str, Any]:
    task_id = created(client.post(IMAGES, files={"file": ("a.png", PNG)}, data=fields))
    assert client.get(f"{IMAGES}/{task_id}").json() == {"id": task_id, "status": "in_progress", "event_type": EVENT}
    artifacts = kept(api, tenant, **{"heatmap-1.png": overlay}) if overlay else ()
    api.complete(task_id, found, *artifacts)
    body = client.get(f"{IMAGES}/{task_id}").json()
    assert (body["status"], body["event_type"]) == ("completed", EVENT)
    assert "no_faces" not in body
    shown: dict[str, Any] = body["result"]
    return shown


@pytest.mark.parametrize("content", [PDF, WAV, TEXT], ids=["pdf", "sound", "text"])
def test_only_images_and_videos_are_taken(client: httpx.Client, content: bytes) -> None:
    assert refusal(client.post(IMAGES, files={"file": ("a.png", content)})) == (415, "unsupported_media_type")


@pytest.mark.parametrize("content", [JPEG, PNG, GIF, MP4], ids=["jpg", "png", "gif", "mp4"])
def test_images_of_all_kinds_and_videos_are_taken(
    api: Api, account: tuple[str, str], client: httpx.Client, content: bytes
) -> None:
    task = api.store.get(account[0], created(client.post(IMAGES, files={"file": ("a", content)})))
    assert task is not None
    assert dict(task.spec.options) == {"explain": False}


def test_a_url_may_stand_for_the_file(api: Api, account: tuple[str, str], client: httpx.Client) -> None:
    task = api.store.get(account[0], created(client.post(IMAGES, data={"url": URL, "explain": "true"})))
    assert task is not None
    (media,) = task.spec.media
    assert (media.kind, media.url, task.spec.options["explain"]) == ("url", URL, True)
    assert media.limits is not None
    assert set(media.limits.values()) == {MEDIA_BYTES}
    assert {"jpg", "png", "tiff", "gif", "webp", "mkv", "flv", "mov", "mp4", "avi", "webm"} <= set(media.limits)
    both = client.post(IMAGES, files={"file": ("a.png", PNG)}, data={"url": URL})
    assert refusal(both) == (400, "file_and_url")
    assert refusal(client.post(IMAGES, data={"url": ""})) == (400, "missing_file")
    created(client.post(IMAGES, files={"file": ("a.png", PNG)}, data={"url": ""}))


def test_a_wish_for_an_explanation_is_true_or_false(client: httpx.Client) -> None:
    wrong = client.post(IMAGES, files={"file": ("a.png", PNG)}, data={"explain": "perhaps"})
    assert refusal(wrong) == (400, "invalid_parameter")


@pytest.mark.parametrize(("label", "probability", "shown"), [("fake", 0.97, 0.97), ("real", 0.03, 0.97)])
def test_the_probability_is_that_of_the_label(
    api: Api, client: httpx.Client, label: str, probability: float, shown: float
) -> None:
    assert result(api, client, report(label, probability)) == {"class_name": label, "class_probability": shown}


def test_weak_evidence_is_the_likelier_label_and_says_that_it_is_weak(api: Api, client: httpx.Client) -> None:
    found = result(api, client, report("real", 0.45, inconclusive=True))
    assert found == {"class_name": "real", "class_probability": 0.55, "inconclusive": True}


def test_an_attribution_is_given_only_of_what_is_fake_and_known(api: Api, client: httpx.Client) -> None:
    named = {"attribution": {"model": "midjourney", "probability": 0.95}}
    found = result(api, client, report("fake", 0.99, **named))
    assert (found["model_attribution"], found["model_attribution_probability"]) == ("midjourney", 0.95)
    assert "model_attribution" not in result(api, client, report("fake", 0.99))
    assert "model_attribution" not in result(api, client, report("real", 0.2, **named))


def test_an_explanation_is_given_only_of_what_is_fake_and_only_when_asked(
    api: Api, account: tuple[str, str], client: httpx.Client
) -> None:
    fake = report("fake", 0.99)
    assert "explanation" not in result(api, client, fake)
    assert "explanation" not in result(api, client, report("real", 0.1), explain="true")
    explained = result(api, client, fake, explain="true")["explanation"]
    assert explained == {
        "type": "SignalExplanation",
        "description": "ai generation: ai generator metadata",
        "signals": SIGNALS,
    }
    drawn = result(api, client, fake, account[0], PNG, explain="true")["explanation"]
    assert (drawn["type"], base64.b64decode(drawn["overlay"])) == ("GANDetectorExplanations", PNG)
    assert "overlay" not in thin(drawn)


def test_a_video_tells_of_each_frame(api: Api, client: httpx.Client) -> None:
    frames = [{"timestamp": 0.0, "fake_probability": 0.2}, {"timestamp": 1.5, "fake_probability": 0.9}]
    found = result(api, client, report("real", 0.4, frames=frames))
    assert found["frames"] == [
        {"timestamp": 0.0, "class_probability_fake": 0.2},
        {"timestamp": 1.5, "class_probability_fake": 0.9},
    ]


def test_a_failed_task_says_why(api: Api, client: httpx.Client) -> None:
    task_id = created(client.post(IMAGES, files={"file": ("a.png", PNG)}))
    api.fail(task_id, "image_too_large", "image too large")
    body = client.get(f"{IMAGES}/{task_id}").json()
    assert (body["status"], body["error"]) == ("failed", "image too large")
    assert "result" not in body
