"""Manipulated faces through the Sensity-compatible facade (contracts 2.2, 2.3, 2.5 and 2.6)."""

import base64
from typing import Any

import httpx
import pytest

from deployments.ingress.envelopes import thin
from deployments.ingress.sensity.document_forms import MEDIA_BYTES
from pipelines.report import Report, Verdict
from tests.contract.documents import kept
from tests.contract.files import GIF, JPEG, MP4, PDF, PNG, TEXT, WAV
from tests.contract.sensity.answers import created, refusal
from tests.contract.serving import Api

FACES = "/tasks/face_manipulation"
EVENT = "face_manipulation_analysis_complete"
URL = "https://media.example.com/interview.mp4"


def part(face: int, probability: float, heat: str | None = None) -> dict[str, Any]:
    moment = {"timestamp": 4.0, "fake_probability": probability, "box": [1.5, 2.0, 101.5, 122.0]}
    signals = [{"name": "face_artifacts", "score": 0.91}]
    return {"face_id": face, "frame": 120, **moment, "signals": signals, **({"heatmap": heat} if heat else {})}


def report(label: str, probability: float, *, inconclusive: bool = False, **data: Any) -> Report:
    judgement = {"label": label, "fake_probability": probability, "inconclusive": inconclusive}
    return Report(
        service="face_manipulation",
        verdict=Verdict.INCONCLUSIVE,
        checks=(),
        data={"judgement": judgement, "faces": []} | data,
    )


def envelope(
    api: Api,
    client: httpx.Client,
    found: Report,
    tenant: str = "",
    pictures: dict[str, bytes] | None = None,
    **fields: str,
) -> dict[str, Any]:
    task_id = created(client.post(FACES, files={"file": ("a.mp4", MP4)}, data=fields))
    assert client.get(f"{FACES}/{task_id}").json() == {"id": task_id, "status": "in_progress", "event_type": EVENT}
    api.complete(task_id, found, *(kept(api, tenant, **pictures) if pictures else ()))
    body: dict[str, Any] = client.get(f"{FACES}/{task_id}").json()
    assert (body["status"], body["event_type"]) == ("completed", EVENT)
    return body


@pytest.mark.parametrize("content", [PDF, WAV, TEXT], ids=["pdf", "sound", "text"])
def test_only_images_and_videos_are_taken(client: httpx.Client, content: bytes) -> None:
    assert refusal(client.post(FACES, files={"file": ("a.png", content)})) == (415, "unsupported_media_type")


@pytest.mark.parametrize("content", [JPEG, PNG, GIF, MP4], ids=["jpg", "png", "gif", "mp4"])
def test_images_of_all_kinds_and_videos_are_taken(
    api: Api, account: tuple[str, str], client: httpx.Client, content: bytes
) -> None:
    task = api.store.get(account[0], created(client.post(FACES, files={"file": ("a", content)})))
    assert task is not None
    assert dict(task.spec.options) == {"explain": False}


def test_a_url_may_stand_for_the_file(api: Api, account: tuple[str, str], client: httpx.Client) -> None:
    task = api.store.get(account[0], created(client.post(FACES, data={"url": URL, "explain": "true"})))
    assert task is not None
    (media,) = task.spec.media
    assert (media.kind, media.url, task.spec.options["explain"]) == ("url", URL, True)
    assert media.limits is not None
    assert set(media.limits.values()) == {MEDIA_BYTES}
    both = client.post(FACES, files={"file": ("a.png", PNG)}, data={"url": URL})
    assert refusal(both) == (400, "file_and_url")
    assert refusal(client.post(FACES, data={"url": ""})) == (400, "missing_file")


def test_a_wish_for_an_explanation_is_true_or_false(client: httpx.Client) -> None:
    wrong = client.post(FACES, files={"file": ("a.png", PNG)}, data={"explain": "perhaps"})
    assert refusal(wrong) == (400, "invalid_parameter")


@pytest.mark.parametrize(("label", "probability"), [("fake", 0.97), ("real", 0.03)])
def test_the_probability_is_that_of_the_label(api: Api, client: httpx.Client, label: str, probability: float) -> None:
    body = envelope(api, client, report(label, probability))
    assert body["no_faces"] is False
    assert body["result"] == {"class_name": label, "class_probability": 0.97}
    assert "preview" not in body


def test_weak_evidence_is_the_likelier_label_and_says_that_it_is_weak(api: Api, client: httpx.Client) -> None:
    found = envelope(api, client, report("real", 0.45, inconclusive=True))["result"]
    assert found == {"class_name": "real", "class_probability": 0.55, "inconclusive": True}


def test_without_faces_there_is_no_other_key(api: Api, client: httpx.Client) -> None:
    body = envelope(api, client, report("no_faces", 0.5, inconclusive=True), explain="true")
    assert body["no_faces"] is True
    assert body["result"] == {"class_name": "no_faces", "class_probability": 0}


def test_a_fake_is_explained_by_boxes_and_heat_maps_where_that_was_asked_for(
    api: Api, account: tuple[str, str], client: httpx.Client
) -> None:
    explanation = [part(0, 0.98, "heatmap-0.png"), part(1, 0.4)]
    found = report("fake", 0.98, explanation=explanation, manipulation_type="faceswap")
    pictures = {"preview.jpg": JPEG, "heatmap-0.png": PNG, "timeline.png": GIF}
    plain = envelope(api, client, found, account[0], pictures)
    assert plain["result"] == {"class_name": "fake", "class_probability": 0.98, "manipulation_type": "faceswap"}
    assert plain["preview"] == base64.b64encode(JPEG).decode()
    told = envelope(api, client, found, account[0], pictures, explain="true")["result"]
    first, second = told["explanation"]
    assert first == {
        "face_id": 0, "frame": 120, "timestamp": 4.0, "bbox": [1.5, 2.0, 101.5, 122.0], "class_name": "fake",
        "class_probability": 0.98, "signals": [{"name": "face_artifacts", "score": 0.91}],
        "heatmap": base64.b64encode(PNG).decode(),
    }  # fmt: skip
    assert (second["class_name"], second["class_probability"]) == ("real", 0.6)
    assert "heatmap" not in second


def test_what_is_real_is_neither_explained_nor_of_a_kind(api: Api, client: httpx.Client) -> None:
    found = report("real", 0.02, explanation=[part(0, 0.02)], manipulation_type="faceswap")
    assert envelope(api, client, found, explain="true")["result"] == {"class_name": "real", "class_probability": 0.98}


def test_an_explanation_has_twenty_parts_at_most(api: Api, client: httpx.Client) -> None:
    found = report("fake", 0.9, explanation=[part(n, 0.9) for n in range(30)])
    assert len(envelope(api, client, found, explain="true")["result"]["explanation"]) == 20


def test_a_thin_webhook_carries_no_pictures(api: Api, account: tuple[str, str], client: httpx.Client) -> None:
    found = report("fake", 0.98, explanation=[part(0, 0.98, "heatmap-0.png")])
    pictures = {"preview.jpg": JPEG, "heatmap-0.png": PNG}
    slim = thin(envelope(api, client, found, account[0], pictures, explain="true"))
    assert "preview" not in slim
    assert "heatmap" not in slim["result"]["explanation"][0]
    assert slim["result"]["class_name"] == "fake"


def test_a_failed_task_says_why(api: Api, client: httpx.Client) -> None:
    task_id = created(client.post(FACES, files={"file": ("a.mp4", MP4)}))
    api.fail(task_id, "video_too_long", "video too long")
    body = client.get(f"{FACES}/{task_id}").json()
    assert (body["status"], body["error"]) == ("failed", "video too long")
    assert not {"result", "no_faces", "preview"} & set(body)
