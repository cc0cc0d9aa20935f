"""Creating tasks and polling results through the Sensity-compatible facade (contracts 2.2 to 2.6)."""

import uuid

import httpx
import pytest

from deployments.tasks.task import State
from pipelines.report import Check, Report, Status, Verdict
from tests.contract.files import GIF, JPEG, MP4, PDF, PNG, picture
from tests.contract.sensity.answers import created
from tests.contract.serving import Api, liveness_report, matching_report

LIVENESS = "/tasks/liveness_detection"
MATCHING = "/tasks/face_matching"


def result(client: httpx.Client, path: str, task_id: str) -> dict:
    reply = client.get(f"{path}/{task_id}")
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


def test_a_created_task_answers_200_with_its_id_under_both_names(client: httpx.Client) -> None:
    reply = client.post(LIVENESS, files={"file": ("selfie.jpg", JPEG)})
    assert reply.status_code == 200
    body = reply.json()
    assert set(body) == {"report_id", "task_id", "success"}
    assert body["success"] is True
    assert body["report_id"] == body["task_id"]
    assert uuid.UUID(body["report_id"])


def test_the_first_poll_right_after_the_create_is_in_progress(client: httpx.Client) -> None:
    task_id = created(client.post(LIVENESS, files={"file": ("selfie.jpg", JPEG)}))
    assert result(client, LIVENESS, task_id) == {
        "id": task_id,
        "status": "in_progress",
        "event_type": "liveness_detection_analysis_complete",
    }


def test_a_running_task_is_in_progress_with_its_additional_info(api: Api, client: httpx.Client) -> None:
    sent = {"additional_info": "Auftrag 4711, größer"}
    task_id = created(client.post(LIVENESS, files={"file": ("selfie.jpg", JPEG)}, data=sent))
    leases = {task.id: task.lease for task in api.store.claim("test", 10_000, 60)}
    body = result(client, LIVENESS, task_id)
    for claimed, lease in leases.items():
        api.store.requeue(claimed, lease or "", 0, use_attempt=False)
    assert body["status"] == "in_progress"
    assert body["additional_info"] == sent["additional_info"]


def test_the_stored_task_holds_the_uploaded_bytes_and_their_sniffed_type(api: Api) -> None:
    account = api.new_account()
    with api.client(account) as client:
        task_id = created(client.post(LIVENESS, files={"file": ("holiday.doc", PNG, "application/msword")}))
    task = api.store.get(account[0], task_id)
    assert task is not None
    assert task.state is State.QUEUED
    assert [(ref.role, ref.kind, ref.mime, ref.size) for ref in task.spec.media] == [
        ("file", "image", "image/png", len(PNG))
    ]


def test_a_commit_wakes_a_dispatcher(api: Api, client: httpx.Client) -> None:
    before = len(api.wakes)
    created(client.post(LIVENESS, files={"file": ("selfie.jpg", JPEG)}))
    assert api.wakes[before:] == ["dispatcher"]


def test_a_living_person_is_rendered_live_with_the_quality_checks(api: Api, client: httpx.Client) -> None:
    task_id = created(client.post(LIVENESS, files={"file": ("selfie.jpg", JPEG)}))
    api.complete(task_id, liveness_report(Status.PASSED, Verdict.GENUINE))
    assert result(client, LIVENESS, task_id) == {
        "id": task_id,
        "status": "completed",
        "event_type": "liveness_detection_analysis_complete",
        "no_faces": False,
        "result": {
            "live": "Live",
            "image_quality_checks": {
                "face_size": {"passed": True, "value": 212},
                "pose": {"passed": True, "value": {"yaw": 3.1, "pitch": -2.0, "roll": 0.5}},
                "single_face": {"passed": False, "value": 2},
                "score": 0.91,
            },
        },
    }


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (Status.FAILED, Verdict.SUSPICIOUS),
        (Status.INCONCLUSIVE, Verdict.INCONCLUSIVE),
        (Status.NOT_PERFORMED, Verdict.INCONCLUSIVE),
        (Status.PASSED, Verdict.INCONCLUSIVE),
        (Status.INCONCLUSIVE, Verdict.GENUINE),
    ],
)
def test_what_could_not_be_judged_is_never_rendered_live(
    api: Api, client: httpx.Client, status: Status, verdict: Verdict
) -> None:
    task_id = created(client.post(LIVENESS, files={"file": ("selfie.jpg", JPEG)}))
    api.complete(task_id, liveness_report(status, verdict))
    assert result(client, LIVENESS, task_id)["result"]["live"] == "Spoof"


def test_without_a_face_the_task_completes_and_live_is_absent(api: Api, client: httpx.Client) -> None:
    task_id = created(client.post(LIVENESS, files={"file": ("selfie.jpg", JPEG)}))
    report = liveness_report(Status.NOT_PERFORMED, Verdict.INCONCLUSIVE, score=None, no_faces=True)
    api.complete(task_id, report)
    body = result(client, LIVENESS, task_id)
    assert body["status"] == "completed"
    assert body["no_faces"] is True
    assert body["result"] == {"image_quality_checks": {}}


def test_a_failed_task_has_an_error_and_no_result(api: Api, client: httpx.Client) -> None:
    task_id = created(client.post(LIVENESS, files={"file": ("clip.mp4", MP4)}))
    api.fail(task_id, "corrupt_media", "the video cannot be decoded")
    assert result(client, LIVENESS, task_id) == {
        "id": task_id,
        "status": "failed",
        "event_type": "liveness_detection_analysis_complete",
        "error": "the video cannot be decoded",
    }


def test_matching_faces_are_a_match_with_their_score(api: Api, client: httpx.Client) -> None:
    task_id = created(client.post(MATCHING, files={"file": ("a.jpg", JPEG), "extra_file": ("b.png", PNG)}))
    api.complete(task_id, matching_report(0.8))
    body = result(client, MATCHING, task_id)
    assert body["event_type"] == "face_matching_analysis_complete"
    assert body["result"] == {"match": True, "score": 0.8, "identification": {}}
    assert "no_faces" not in body


def test_a_score_under_the_threshold_is_no_match(api: Api, client: httpx.Client) -> None:
    task_id = created(client.post(MATCHING, files={"file": ("a.jpg", JPEG), "extra_file": ("b.png", PNG)}))
    api.complete(task_id, matching_report(0.69))
    assert result(client, MATCHING, task_id)["result"]["match"] is False


def test_a_match_that_was_not_performed_is_not_rendered_as_one(api: Api, client: httpx.Client) -> None:
    task_id = created(client.post(MATCHING, files={"file": ("a.jpg", JPEG), "extra_file": ("b.png", PNG)}))
    check = Check(name="face_match", subject="file+extra_file", status=Status.NOT_PERFORMED)
    api.complete(task_id, Report(service="face_matching", verdict=Verdict.INCONCLUSIVE, checks=(check,)))
    assert result(client, MATCHING, task_id)["result"] == {"identification": {}}


def test_candidates_of_a_gallery_are_named(api: Api) -> None:
    account = api.new_account()
    api.galleries.create(account[0], "staff")
    candidates = {"gallery_id": "staff", "candidates": [{"subject_id": "employee-17", "score": 0.93}]}
    with api.client(account) as client:
        task_id = created(client.post(MATCHING, files={"file": ("a.jpg", JPEG)}, data={"gallery_id": "staff"}))
        assert api.store.get(account[0], task_id).spec.options == {"gallery_id": "staff"}
        api.complete(task_id, matching_report(0.93, identification=candidates))
        assert result(client, MATCHING, task_id)["result"]["identification"] == candidates


@pytest.mark.parametrize(("first", "second"), [("source", "target"), ("face", "reference"), ("file", "target")])
def test_aliases_of_the_matching_fields_fill_the_same_roles(api: Api, first: str, second: str) -> None:
    account = api.new_account()
    with api.client(account) as client:
        task_id = created(client.post(MATCHING, files={first: ("a.jpg", JPEG), second: ("b.png", PNG)}))
    task = api.store.get(account[0], task_id)
    assert task is not None
    assert [(ref.role, ref.mime) for ref in task.spec.media] == [("file", "image/jpeg"), ("extra_file", "image/png")]


def test_a_video_may_be_the_selfie_but_not_the_reference(client: httpx.Client) -> None:
    created(client.post(MATCHING, files={"file": ("a.mp4", MP4), "extra_file": ("b.png", PNG)}))
    refused = client.post(MATCHING, files={"file": ("a.png", PNG), "extra_file": ("b.mp4", MP4)})
    assert refused.status_code == 415


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_every_image_type_of_the_contract_is_accepted(client: httpx.Client, kind: str) -> None:
    created(client.post(LIVENESS, files={"file": ("any.bin", picture(kind))}))


@pytest.mark.parametrize("content", [GIF, PDF, picture("BMP")], ids=["gif", "pdf", "bmp"])
def test_other_types_are_refused_whatever_their_name_says(client: httpx.Client, content: bytes) -> None:
    reply = client.post(LIVENESS, files={"file": ("selfie.jpg", content, "image/jpeg")})
    assert (reply.status_code, reply.json()["code"]) == (415, "unsupported_media_type")


def test_a_task_of_another_type_is_not_found(client: httpx.Client) -> None:
    task_id = created(client.post(LIVENESS, files={"file": ("selfie.jpg", JPEG)}))
    reply = client.get(f"{MATCHING}/{task_id}")
    assert (reply.status_code, reply.json()["code"]) == (404, "not_found")


def test_a_task_of_another_tenant_is_not_found(api: Api, client: httpx.Client) -> None:
    task_id = created(client.post(LIVENESS, files={"file": ("selfie.jpg", JPEG)}))
    with api.client() as stranger:
        reply = stranger.get(f"{LIVENESS}/{task_id}")
    assert (reply.status_code, reply.json()["code"]) == (404, "not_found")


def test_task_types_that_there_are_not_are_not_found_by_those_who_may_ask(api: Api, client: httpx.Client) -> None:
    reply = client.post("/tasks/palm_reading", files={"file": ("a.jpg", JPEG)})
    assert (reply.status_code, reply.json()["code"]) == (404, "not_found")
    assert reply.json()["success"] is False
    with api.anonymous() as stranger:
        assert stranger.post("/tasks/palm_reading", files={"file": ("a.jpg", JPEG)}).status_code == 401


def test_forged_booleans_of_the_vendors_clients_do_no_harm(client: httpx.Client) -> None:
    created(client.post(LIVENESS, files={"file": ("selfie.jpg", JPEG)}, data={"explain": "True", "session_info": ""}))
