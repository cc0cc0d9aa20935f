"""Galleries and deliveries of the native API."""

import httpx
import numpy as np

from pipelines.report import Check, Report, Status, Verdict
from tests.contract.files import JPEG, MP4
from tests.contract.serving import Api, liveness_report, matching_report

FACE = {"file": ("face.jpg", JPEG)}


def vector(seed: int) -> np.ndarray:
    values = np.random.default_rng(seed).normal(size=128).astype(np.float32)
    return values / np.linalg.norm(values)


def test_a_gallery_is_created_once_listed_and_deleted(client: httpx.Client) -> None:
    created = client.post("/v1/galleries", json={"id": "staff"})
    assert (created.status_code, created.json()) == (201, {"id": "staff"})
    assert client.get("/v1/galleries").json() == {"galleries": [{"id": "staff"}]}
    again = client.post("/v1/galleries", json={"id": "staff"})
    assert (again.status_code, again.json()["type"]) == (409, "https://api.test/problems/conflict")
    assert client.delete("/v1/galleries/staff").status_code == 204
    assert client.get("/v1/galleries").json() == {"galleries": []}
    assert client.delete("/v1/galleries/staff").status_code == 404


def test_enrolling_is_a_task_that_names_gallery_and_subject(api: Api) -> None:
    account = api.new_account()
    with api.client(account) as client:
        client.post("/v1/galleries", json={"id": "staff"})
        sent = {"subject_id": "employee-17"}
        reply = client.post("/v1/galleries/staff/subjects", files=FACE, data=sent)
        assert reply.status_code == 202
        task = api.store.get(account[0], reply.json()["id"])
        assert task is not None
        assert task.spec.service == "gallery_enrol"
        assert task.spec.options == {"gallery_id": "staff", "subject_id": "employee-17"}
        check = Check(name="enrolment", status=Status.PASSED)
        api.complete(task.id, Report(service="gallery_enrol", verdict=Verdict.GENUINE, checks=(check,)))
        assert client.get(reply.headers["location"]).json()["report"]["verdict"] == "genuine"


def test_a_video_is_not_enrolled(client: httpx.Client) -> None:
    client.post("/v1/galleries", json={"id": "staff"})
    files, data = {"file": ("face.mp4", MP4)}, {"subject_id": "employee-17"}
    assert client.post("/v1/galleries/staff/subjects", files=files, data=data).status_code == 415


def test_a_search_is_a_matching_task_against_the_gallery(api: Api) -> None:
    account = api.new_account()
    with api.client(account) as client:
        client.post("/v1/galleries", json={"id": "staff"})
        reply = client.post("/v1/galleries/staff/search", files=FACE)
        task = api.store.get(account[0], reply.json()["id"])
        assert task is not None
        assert (task.spec.service, task.spec.options) == ("face_matching", {"gallery_id": "staff"})
        found = {"gallery_id": "staff", "candidates": [{"subject_id": "employee-17", "score": 0.93}]}
        api.complete(task.id, matching_report(0.93, identification=found))
        assert client.get(reply.headers["location"]).json()["report"]["data"]["identification"] == found


def test_subjects_are_listed_and_removed(api: Api) -> None:
    account = api.new_account()
    api.galleries.create(account[0], "staff")
    for seed, subject in enumerate(("employee-17", "employee-18", "employee-17")):
        api.galleries.add(account[0], "staff", subject, vector(seed))
    with api.client(account) as client:
        body = {"id": "staff", "subjects": ["employee-17", "employee-18"]}
        assert client.get("/v1/galleries/staff").json() == body
        assert client.delete("/v1/galleries/staff/subjects/employee-17").status_code == 204
        assert client.get("/v1/galleries/staff").json()["subjects"] == ["employee-18"]
        assert client.delete("/v1/galleries/staff/subjects/employee-17").status_code == 404


def test_another_tenants_gallery_is_not_found(api: Api, client: httpx.Client) -> None:
    client.post("/v1/galleries", json={"id": "staff"})
    with api.client() as stranger:
        replies = (
            stranger.get("/v1/galleries/staff"),
            stranger.delete("/v1/galleries/staff"),
            stranger.delete("/v1/galleries/staff/subjects/employee-17"),
            stranger.post("/v1/galleries/staff/search", files=FACE),
            stranger.post("/v1/galleries/staff/subjects", files=FACE, data={"subject_id": "a"}),
            stranger.post("/tasks/face_matching", files=FACE, data={"gallery_id": "staff"}),
        )
        assert [reply.status_code for reply in replies] == [404] * len(replies)
        assert stranger.get("/v1/galleries").json() == {"galleries": []}
    assert client.get("/v1/galleries/staff").status_code == 200


def deliveries(client: httpx.Client, **query: object) -> dict:
    reply = client.get("/v1/deliveries", params={name: str(value) for name, value in query.items()})
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


def finished(api: Api, client: httpx.Client) -> str:
    task_id = str(client.post("/tasks/liveness_detection", files=FACE).json()["report_id"])
    api.complete(task_id, liveness_report(Status.PASSED, Verdict.GENUINE))
    return task_id


def test_deliveries_are_listed_newest_first_page_by_page(api: Api, client: httpx.Client) -> None:
    url = "https://hooks.example.com/veriscope"
    client.post("/webhooks/liveness_detection_analysis_complete", data={"url": url})
    tasks = [finished(api, client) for _ in range(3)]
    first = deliveries(client, limit=2)
    assert [entry["task_id"] for entry in first["deliveries"]] == tasks[:0:-1]
    entry = first["deliveries"][0]
    assert (entry["url"], entry["state"], entry["attempts"]) == (url, "pending", 0)
    assert "secret" not in entry
    rest = deliveries(client, limit=2, before=first["next"])
    assert [entry["task_id"] for entry in rest["deliveries"]] == tasks[:1]
    assert rest["next"] is None
    assert [entry["task_id"] for entry in deliveries(client, task_id=tasks[1])["deliveries"]] == tasks[1:2]


def test_a_delivery_can_be_sent_again_and_only_by_its_owner(api: Api, client: httpx.Client) -> None:
    client.post("/webhooks/liveness_detection_analysis_complete", data={"url": "https://hooks.example.com/a"})
    task_id = finished(api, client)
    found = next(delivery for delivery in api.outbox.due("test", 100, 60) if delivery.task_id == task_id)
    assert api.outbox.delivered(found.id, found.lease or "", 204)
    with api.client() as stranger:
        assert deliveries(stranger)["deliveries"] == []
        assert stranger.post(f"/v1/deliveries/{found.id}/replay").status_code == 404
    before = len(api.wakes)
    reply = client.post(f"/v1/deliveries/{found.id}/replay")
    assert (reply.status_code, reply.json()) == (202, {"id": found.id, "state": "pending"})
    assert api.wakes[before:] == ["deliverer"]
    assert deliveries(client)["deliveries"][0]["state"] == "pending"
