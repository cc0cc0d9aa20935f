"""Analyses, webhooks, single requests and collections of the Oz-compatible API over real HTTP (contracts 4)."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from deployments.ingress.oz.render import THRESHOLD
from deployments.tasks.case import Batch, Case
from deployments.tasks.idempotency import Idempotency
from deployments.tasks.task import TaskSpec
from pipelines.policy import verdict
from pipelines.report import Check, Status, Verdict
from tests.contract.files import JPEG, PNG
from tests.contract.oz.serving import (
    analysed,
    ending,
    folder,
    judged,
    liveness,
    refused,
    signed_in,
)
from tests.contract.serving import Api


def test_an_analysis_that_cannot_be_made_is_refused(oz: httpx.Client) -> None:
    empty, full, other = folder(oz), folder(oz, a=JPEG), folder(oz, b=JPEG)

    def post(made: dict[str, Any], *analyses: Any) -> tuple[int, int]:
        return refused(oz.post(f"/api/folders/{made['folder_id']}/analyses/", json={"analyses": list(analyses)}))

    assert post(empty, {"type": "quality"}) == (400, 4)
    assert post(full, {"type": "quality", "source_media": [other["media"][0]["media_id"]]}) == (400, 4)
    assert post(full, {"type": "biometry"}) == (400, 4)
    assert post(full, {"type": "documents"}) == (400, 4)
    assert post(full, {"type": "nonsense"}) == (400, 4)
    assert post(full, {"type": 1}) == (400, 5)
    assert post(full) == (400, 3)
    assert post(full, {"type": "collection", "params": {"collection_id": "no"}}) == (400, 4)


def test_an_analysis_runs_to_success_and_never_shows_a_state_between(api: Api, oz: httpx.Client) -> None:
    made = folder(oz, a=JPEG)
    media_id = made["media"][0]["media_id"]
    (asked,) = analysed(oz, made["folder_id"], {"type": "quality"})
    assert asked["analyse_id"] == asked["analysis_id"]
    assert (asked["type"], asked["state"], asked["resolution_status"]) == ("QUALITY", "PROCESSING", "PROCESSING")
    api.complete(asked["analysis_id"], judged(liveness(Status.PASSED, media_id, 0.9), verdict=Verdict.GENUINE))
    done = oz.get(f"/api/analyses/{asked['analysis_id']}").json()
    assert (done["state"], done["resolution_status"], done["resolution"]) == ("FINISHED", "SUCCESS", "SUCCESS")
    (result,) = done["results_media"]
    assert result["source_image_id"] == media_id
    assert 0 <= result["results_data"]["confidence_spoofing"] < 0.5
    assert oz.get(f"/api/folders/{made['folder_id']}/analyses").json() == [done]
    found = oz.get(f"/api/folders/{made['folder_id']}", params={"with_analyses": "true"}).json()
    assert (found["resolution_status"], found["system_resolution"]) == ("FINISHED", "SUCCESS")


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ((Status.PASSED, Status.FAILED), "DECLINED"),
        ((Status.PASSED, Status.INCONCLUSIVE), "FAILED"),
        ((Status.PASSED, Status.NOT_PERFORMED), "FAILED"),
        ((Status.FAILED, Status.NOT_PERFORMED), "DECLINED"),
    ],
)
def test_one_attack_declines_and_what_was_not_judged_never_succeeds(
    api: Api, oz: httpx.Client, statuses: tuple[Status, Status], expected: str
) -> None:
    made = folder(oz, a=JPEG, b=PNG)
    (asked,) = analysed(oz, made["folder_id"], {"type": "QUALITY"})
    scores = {Status.PASSED: 0.9, Status.FAILED: 0.1, Status.INCONCLUSIVE: 0.3, Status.NOT_PERFORMED: None}
    ids = [medium["media_id"] for medium in made["media"]]
    checks = [liveness(status, media, scores[status]) for status, media in zip(statuses, ids, strict=True)]
    verdict = Verdict.SUSPICIOUS if Status.FAILED in statuses else Verdict.INCONCLUSIVE
    api.complete(asked["analysis_id"], judged(*checks, verdict=verdict))
    done = oz.get(f"/api/analyses/{asked['analysis_id']}").json()
    assert done["resolution_status"] == expected
    assert len(done["results_media"]) == 2
    for status, result in zip(statuses, done["results_media"], strict=True):
        if status in (Status.INCONCLUSIVE, Status.NOT_PERFORMED):
            assert result["results_data"] is None
        else:
            assert (result["results_data"]["confidence_spoofing"] >= 0.5) is (status is Status.FAILED)


def test_a_stricter_threshold_declines_what_every_check_passed_and_says_so(tmp_path: Path) -> None:
    api = Api(tmp_path, options={"oz_quality_threshold": 0.1})
    api.start()
    with signed_in(api, api.new_account()) as oz:
        made = folder(oz, a=JPEG)
        (asked,) = analysed(oz, made["folder_id"], {"type": "quality"})
        passed = liveness(Status.PASSED, made["media"][0]["media_id"], 0.6)
        api.complete(asked["analysis_id"], judged(passed, verdict=Verdict.GENUINE))
        done = oz.get(f"/api/analyses/{asked['analysis_id']}").json()
    assert (done["resolution_status"], done["decline_reasons"]) == ("DECLINED", [THRESHOLD])
    api.stop()


def test_the_webhook_is_written_once_for_all_analyses_and_failed_ones_count(api: Api) -> None:
    account = api.new_account()
    with signed_in(api, account) as oz:
        made = folder(oz, {"resolution_endpoint": "https://hooks.example.com/oz"}, a=JPEG, b=PNG)
        asked = analysed(oz, made["folder_id"], {"type": "quality"}, {"type": "biometry"})
    api.fail(asked[0]["analysis_id"], "corrupt_media", "damaged")
    assert api.outbox.list(account[0]) == []
    api.fail(asked[1]["analysis_id"], "no_face", "no face")
    assert len(api.outbox.list(account[0])) == 1


def test_a_webhook_url_inside_the_network_is_refused(oz: httpx.Client) -> None:
    reply = oz.post("/api/folders", json={"resolution_endpoint": "http://169.254.169.254/"})
    assert refused(reply) == (400, 4)


@pytest.mark.parametrize("instant", [False, True])
def test_a_single_request_answers_with_the_finished_folder_and_instant_ones_leave_nothing(
    api: Api, oz: httpx.Client, instant: bool
) -> None:
    for task in api.store.claim("idle", 1000, 3600):  # what other tests left open
        api.store.erase(task.spec.tenant, task.id)
    before = api.kept()
    thread = ending(api, lambda role: judged(liveness(Status.PASSED, role, 0.9), verdict=Verdict.GENUINE))
    payload = json.dumps({"analyses": [{"type": "quality", "source_media": ["selfie"]}]})
    query = "?instant=true" if instant else ""
    reply = oz.post(f"/api/folders/{query}", files={"selfie": ("s.jpg", JPEG)}, data={"payload": payload})
    thread.join(20)
    assert reply.status_code == 201, reply.text
    assert reply.json()["analyses"][0]["resolution_status"] == "SUCCESS"
    found = oz.get(f"/api/folders/{reply.json()['folder_id']}")
    assert found.status_code == (404 if instant else 200)
    assert (api.kept() == before) is instant


def test_collections_start_with_a_blacklist(api: Api, oz: httpx.Client) -> None:
    (blacklist,) = oz.get("/api/collections").json()["items"]
    assert blacklist["alias"] == "blacklist"
    made = oz.post("/api/collections/", json={"alias": "staff"})
    assert made.status_code == 201
    assert refused(oz.post("/api/collections", json={"alias": "staff"}))[1] == 4
    assert oz.get(f"/api/collections/{made.json()['collection_id']}/persons").json() == {"items": [], "total": 0}
    assert oz.delete(f"/api/collections/{made.json()['collection_id']}").status_code == 204


def test_an_analysis_asked_for_twice_under_one_key_is_one_until_its_folder_goes(oz: httpx.Client) -> None:
    made = folder(oz, a=JPEG)
    path, body = f"/api/folders/{made['folder_id']}/analyses", {"analyses": [{"type": "quality"}]}
    first, again = (oz.post(path, json=body, headers={"Idempotency-Key": "k"}) for _ in range(2))
    assert first.json() == again.json()
    assert len(oz.get(path).json()) == 1
    oz.delete(f"/api/folders/{made['folder_id']}")
    assert refused(oz.post(path, json=body, headers={"Idempotency-Key": "k"})) == (404, 10)


def test_a_single_request_sent_twice_under_one_key_is_judged_once(api: Api, oz: httpx.Client) -> None:
    for task in api.store.claim("idle", 1000, 3600):  # what other tests left open
        api.store.erase(task.spec.tenant, task.id)
    thread = ending(api, lambda role: judged(liveness(Status.PASSED, role, 0.9), verdict=Verdict.GENUINE))
    sent: dict[str, Any] = {
        "files": {"selfie": ("s.jpg", JPEG)},
        "data": {"payload": json.dumps({"analyses": [{"type": "quality"}]})},
        "headers": {"Idempotency-Key": "single"},
    }
    first = oz.post("/api/folders", **sent)
    thread.join(20)
    again = oz.post("/api/folders", **sent)
    assert (first.json(), again.headers["idempotency-replayed"]) == (again.json(), "true")
    oz.delete(f"/api/folders/{first.json()['folder_id']}")
    thread = ending(api, lambda role: judged(liveness(Status.FAILED, role, 0.1), verdict=Verdict.SUSPICIOUS))
    anew = oz.post("/api/folders", **sent)
    thread.join(20)
    assert anew.json()["system_resolution"] == "DECLINED"


def test_an_instant_request_without_files_is_refused(oz: httpx.Client) -> None:
    assert refused(oz.post("/api/folders?instant=true", json={})) == (400, 4)
    assert oz.get("/api/folders").json()["total"] == 0


def test_the_webhook_secret_is_told_to_whoever_named_the_url_and_to_nobody_else(oz: httpx.Client) -> None:
    named = folder(oz, {"resolution_endpoint": "https://hooks.example.com/a"}, a=JPEG)
    assert named["webhook_secret"].startswith("whsec_")
    assert "webhook_secret" not in folder(oz, a=JPEG)
    assert "webhook_secret" not in oz.get(f"/api/folders/{named['folder_id']}").json()
    (quiet,) = analysed(oz, named["folder_id"], {"type": "quality"})
    (other,) = analysed(oz, named["folder_id"], {"type": "quality"}, webhook_url="https://hooks.example.com/b")
    assert "webhook_secret" not in quiet
    assert other["webhook_secret"] not in ("", named["webhook_secret"])


@pytest.mark.parametrize(
    ("name", "status", "declined"),
    [
        ("one_person", Status.FAILED, True),
        ("liveness.parallax", Status.FAILED, True),
        ("liveness.parallax", Status.NOT_PERFORMED, False),
        ("liveness.blink", Status.INCONCLUSIVE, False),
    ],
)
def test_frames_that_look_alive_have_no_number_where_the_recording_does_not_stand(
    api: Api, oz: httpx.Client, name: str, status: Status, declined: bool
) -> None:
    made = folder(oz, a=JPEG)
    media_id = made["media"][0]["media_id"]
    (asked,) = analysed(oz, made["folder_id"], {"type": "quality"})
    checks = liveness(Status.PASSED, media_id, 0.9), Check(name=name, subject=media_id, status=status)
    api.complete(asked["analysis_id"], judged(*checks, verdict=verdict("liveness_set", checks)))
    done = oz.get(f"/api/analyses/{asked['analysis_id']}").json()
    assert done["resolution_status"] == ("DECLINED" if declined else "SUCCESS")
    assert done.get("decline_reasons") == ([name] if declined else None)
    assert (done["results_media"][0]["results_data"] is None) is declined


def test_a_retry_waits_for_the_folder_that_a_gateway_made_before_it_died(api: Api) -> None:
    account = api.new_account()
    case_id = str(uuid4())
    spec = TaskSpec(
        tenant=account[0], facade="oz", service="liveness_set", media=(), case=case_id,
        options={"analysis": {"type": "QUALITY", "params": {}}, "threshold": 0.5},
    )  # fmt: skip
    idempotency = Idempotency(api.engine)
    claim = idempotency.begin(f"{account[0]} POST /api/folders", "died")
    api.cases.create(Case(id=case_id, tenant=account[0]), Batch(specs=[spec]), key=claim)
    task_id = api.cases.list(account[0], 1)[0][0].tasks[0].id
    live = liveness(Status.PASSED, "m", 0.9)
    api.complete(task_id, judged(live, verdict=Verdict.GENUINE))
    with api.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE idempotency SET expires_at = 1 WHERE key = 'died'")
    with signed_in(api, account) as oz:
        again = oz.post(
            "/api/folders",
            files={"selfie": ("s.jpg", JPEG)},
            data={"payload": json.dumps({"analyses": [{"type": "quality"}]})},
            headers={"Idempotency-Key": "died"},
        )
        assert again.status_code == 201, again.text
        assert (again.json()["folder_id"], again.json()["system_resolution"]) == (case_id, "SUCCESS")
        assert oz.get("/api/folders").json()["total"] == 1
