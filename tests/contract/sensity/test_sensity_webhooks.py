"""Registering webhooks through the Sensity-compatible facade (contracts 2.2 and 2.7)."""

import asyncio
from typing import Any

import httpx
import pytest

from deployments.ingress.envelopes import ENVELOPES, Sources
from pipelines.report import Status, Verdict
from tests.contract.files import JPEG
from tests.contract.serving import Api, liveness_report

LIVENESS_EVENT = "/webhooks/liveness_detection_analysis_complete"
URL = "https://hooks.example.com/veriscope"
EVENTS = [
    "ai_generated_image_detection_analysis_complete",
    "data_extraction_analysis_complete",
    "face_manipulation_analysis_complete",
    "face_matching_analysis_complete",
    "forensic_analysis_complete",
    "id_document_authentication_analysis_complete",
    "liveness_detection_analysis_complete",
    "voice_analysis_complete",
]


@pytest.mark.parametrize("event", EVENTS)
def test_every_event_can_be_registered_listed_and_deleted(client: httpx.Client, event: str) -> None:
    path = f"/webhooks/{event}"
    registered = client.post(path, data={"url": URL})
    assert registered.status_code == 200
    body = registered.json()
    assert body["success"] is True
    assert body["secret"].startswith("whsec_")
    assert client.get(path).json() == {"success": True, "urls": [{"id": body["id"], "url": URL}]}
    assert client.delete(f"{path}/{body['id']}").json() == {"success": True}
    assert client.get(path).json() == {"success": True, "urls": []}


@pytest.mark.parametrize(
    "event",
    ["forensic_analysis_analysis_complete", "voice_analysis_analysis_complete", "liveness_detection", "nothing"],
)
def test_other_events_are_not_found(client: httpx.Client, event: str) -> None:
    for reply in (
        client.post(f"/webhooks/{event}", data={"url": URL}),
        client.get(f"/webhooks/{event}"),
        client.delete(f"/webhooks/{event}"),
    ):
        assert (reply.status_code, reply.json()["code"]) == (404, "not_found")


def test_the_doubled_slash_of_the_vendors_samples_works(client: httpx.Client) -> None:
    request = client.build_request("POST", "/", data={"url": URL})
    request.url = request.url.copy_with(raw_path=b"//webhooks/forensic_analysis_complete")
    assert client.send(request).status_code == 200


def test_a_multipart_form_registers_as_well(client: httpx.Client) -> None:
    assert client.post(LIVENESS_EVENT, files={"url": (None, URL)}).status_code == 200


def test_the_same_url_twice_is_one_endpoint(client: httpx.Client) -> None:
    ids = {client.post(LIVENESS_EVENT, data={"url": URL}).json()["id"] for _ in range(2)}
    assert len(ids) == 1
    assert len(client.get(LIVENESS_EVENT).json()["urls"]) == 1


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example.com",
        "ftp://hooks.example.com/",
        "https://user:secret@hooks.example.com/",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.7/hook",
        "http://[::1]/hook",
        "https://93.184.216.34:8443/hook",
        "https://hooks.example.com/\r\nX-Injected: 1",
        "https://hooks.example.com/" + "x" * 3_000,
    ],
    ids=lambda url: url[:40] or "empty",
)
def test_a_url_that_must_not_be_called_is_not_registered(client: httpx.Client, url: str) -> None:
    reply = client.post(LIVENESS_EVENT, data={"url": url})
    assert (reply.status_code, reply.json()["code"]) == (400, "invalid_parameter")
    assert client.get(LIVENESS_EVENT).json()["urls"] == []


def test_a_network_that_the_operator_allows_may_be_called(client: httpx.Client) -> None:
    assert client.post(LIVENESS_EVENT, data={"url": "http://127.0.0.1:9999/hook"}).status_code == 200


def test_webhooks_belong_to_their_account_and_event(api: Api, client: httpx.Client) -> None:
    endpoint = client.post(LIVENESS_EVENT, data={"url": URL}).json()["id"]
    assert client.delete(f"/webhooks/voice_analysis_complete/{endpoint}").status_code == 404
    with api.client() as stranger:
        assert stranger.get(LIVENESS_EVENT).json()["urls"] == []
        assert stranger.delete(f"{LIVENESS_EVENT}/{endpoint}").status_code == 404
        assert stranger.delete(LIVENESS_EVENT).json() == {"success": True}
    assert len(client.get(LIVENESS_EVENT).json()["urls"]) == 1


def test_a_registration_wakes_the_deliverer(api: Api, client: httpx.Client) -> None:
    before = len(api.wakes)
    client.post(LIVENESS_EVENT, data={"url": URL})
    assert api.wakes[before:] == ["deliverer"]


def test_a_webhook_posts_exactly_what_a_poll_answers(api: Api) -> None:
    account = api.new_account()
    with api.client(account) as client:
        sent = {"additional_info": "order 4711"}
        task_id = client.post("/tasks/liveness_detection", files={"file": ("a.jpg", JPEG)}, data=sent).json()[
            "report_id"
        ]
        api.complete(task_id, liveness_report(Status.PASSED, Verdict.GENUINE))
        polled = client.get(f"/tasks/liveness_detection/{task_id}").json()
    task = api.store.get(account[0], task_id)
    assert task is not None
    posted: Any = ENVELOPES["sensity"](task, Sources(api.settings, api.cases, api.blobs.get))
    assert asyncio.run(posted) == polled


def test_a_url_registered_after_the_task_ended_still_gets_a_delivery(client: httpx.Client, api: Api) -> None:
    task_id = client.post("/tasks/liveness_detection", files={"file": ("a.jpg", JPEG)}).json()["report_id"]
    api.complete(task_id, liveness_report(Status.PASSED, Verdict.GENUINE))
    assert client.get("/v1/deliveries").json()["deliveries"] == []
    client.post(LIVENESS_EVENT, data={"url": URL})
    assert [entry["task_id"] for entry in client.get("/v1/deliveries").json()["deliveries"]] == [task_id]
