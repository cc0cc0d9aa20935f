"""Solutions, reports, artifacts and erasure of the native API."""

import asyncio
from pathlib import Path

import httpx
import pytest

from deployments.tasks.task import ArtifactRef
from pipelines.report import Status, Verdict
from tests.contract.files import JPEG, MP4, PNG
from tests.contract.serving import Api, liveness_report

IDENTITY = "/v1/solutions/identity"


def submitted(client: httpx.Client, **files: bytes) -> str:
    reply = client.post(IDENTITY, files={role: (role, content) for role, content in files.items()})
    assert reply.status_code == 202, reply.text
    return str(reply.json()["id"])


def test_a_solution_is_accepted_with_the_place_of_its_report(client: httpx.Client) -> None:
    reply = client.post(IDENTITY, files={"selfie": ("a.mp4", MP4), "reference": ("b.png", PNG)})
    body = reply.json()
    assert reply.status_code == 202
    assert body == {"id": body["id"], "status": "queued", "url": f"/v1/reports/{body['id']}"}
    assert reply.headers["location"] == body["url"]
    assert client.get(reply.headers["location"]).status_code == 200


def test_the_report_of_a_queued_task_tells_what_was_submitted(client: httpx.Client) -> None:
    sent = {"additional_info": "order 4711"}
    task_id = client.post(IDENTITY, files={"selfie": ("a.jpg", JPEG)}, data=sent).json()["id"]
    body = client.get(f"/v1/reports/{task_id}").json()
    assert (body["service"], body["status"], body["additional_info"]) == ("identity", "queued", "order 4711")
    assert body["media"][0]["role"] == "selfie"
    assert body["media"][0]["size"] == len(JPEG)
    assert (body["report"], body["error"], body["finished_at"], body["artifacts"]) == (None, None, None, [])


def test_the_report_of_a_completed_task_holds_every_check(api: Api, client: httpx.Client) -> None:
    task_id = submitted(client, selfie=JPEG)
    report = liveness_report(Status.INCONCLUSIVE, Verdict.INCONCLUSIVE)
    api.complete(task_id, report)
    body = client.get(f"/v1/reports/{task_id}").json()
    assert body["status"] == "completed"
    assert body["report"]["verdict"] == "inconclusive"
    assert [check["name"] for check in body["report"]["checks"]] == [check.name for check in report.checks]
    assert body["report"]["checks"][0]["models"] == [
        {"name": "face/detector", "version": "2023mar", "sha256": "00" * 32}
    ]
    assert body["finished_at"] >= body["started_at"] >= body["created_at"]


def test_the_report_of_a_failed_task_names_the_reason(api: Api, client: httpx.Client) -> None:
    task_id = submitted(client, selfie=JPEG)
    api.fail(task_id, "no_face", "no face found in selfie")
    body = client.get(f"/v1/reports/{task_id}").json()
    assert (body["status"], body["report"]) == ("failed", None)
    assert body["error"] == {"code": "no_face", "message": "no face found in selfie", "subject": None}


def test_a_task_of_another_facade_has_the_same_report(client: httpx.Client) -> None:
    task_id = client.post("/tasks/liveness_detection", files={"file": ("a.jpg", JPEG)}).json()["report_id"]
    assert client.get(f"/v1/reports/{task_id}").json()["service"] == "liveness_detection"


def test_a_native_task_does_not_show_under_a_vendors_path(client: httpx.Client) -> None:
    task_id = submitted(client, selfie=JPEG)
    assert client.get(f"/tasks/identity/{task_id}").status_code == 404
    assert client.get(f"/tasks/liveness_detection/{task_id}").status_code == 404


def test_artifacts_are_listed_and_downloaded_never_shown(api: Api, client: httpx.Client) -> None:
    task_id = submitted(client, selfie=MP4)
    blob = asyncio.run(api.blobs.put(JPEG, "anyone"))
    artifact = ArtifactRef(name="best_frame.jpg", mime="image/jpeg", blob=blob.key, size=blob.size)
    api.complete(task_id, liveness_report(Status.PASSED, Verdict.GENUINE), artifact)
    url = f"/v1/reports/{task_id}/artifacts/best_frame.jpg"
    assert client.get(f"/v1/reports/{task_id}").json()["artifacts"] == [
        {"name": "best_frame.jpg", "mime": "image/jpeg", "size": len(JPEG), "url": url}
    ]
    reply = client.get(url)
    assert (reply.status_code, reply.content, reply.headers["content-type"]) == (200, JPEG, "image/jpeg")
    assert reply.headers["content-disposition"] == "attachment"
    assert client.get(f"/v1/reports/{task_id}/artifacts/other.jpg").status_code == 404
    with api.client() as stranger:
        assert stranger.get(url).status_code == 404
    asyncio.run(api.blobs.delete([blob.key]))
    assert client.get(url).status_code == 404


def test_erasure_deletes_media_artifacts_and_result(api: Api) -> None:
    account = api.new_account()
    with api.client(account) as client:
        before = api.kept()
        task_id = submitted(client, selfie=JPEG, reference=PNG)
        blob = asyncio.run(api.blobs.put(JPEG, account[0]))
        artifact = ArtifactRef(name="best_frame.jpg", mime="image/jpeg", blob=blob.key, size=blob.size)
        api.complete(task_id, liveness_report(Status.PASSED, Verdict.GENUINE), artifact)
        assert Path(api.settings.blobs, blob.key).exists()
        assert client.delete(f"/v1/reports/{task_id}").status_code == 204
        assert api.kept() == before
        assert client.get(f"/v1/reports/{task_id}").status_code == 404
        assert client.delete(f"/v1/reports/{task_id}").status_code == 404


def test_a_stored_reply_goes_with_the_task_it_speaks_of(client: httpx.Client) -> None:
    headers = {"Idempotency-Key": "erased"}
    files = {"selfie": ("a.jpg", JPEG)}
    first = client.post(IDENTITY, files=files, headers=headers).json()["id"]
    client.delete(f"/v1/reports/{first}")
    assert client.post(IDENTITY, files=files, headers=headers).json()["id"] != first


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_another_tenants_report_is_not_found_and_stays(api: Api, client: httpx.Client, method: str) -> None:
    task_id = submitted(client, selfie=JPEG)
    with api.client() as stranger:
        reply = stranger.request(method, f"/v1/reports/{task_id}")
    assert (reply.status_code, reply.json()["status"]) == (404, 404)
    assert client.get(f"/v1/reports/{task_id}").status_code == 200


def test_rate_limits_are_announced_and_kept_for_each_tenant(tmp_path: Path) -> None:
    api = Api(tmp_path, options={"rate_limit": 4})
    api.start()
    with api.client() as client, api.client() as other:
        replies = [client.get("/v1/galleries") for _ in range(4)]
        assert [reply.status_code for reply in replies] == [200, 200, 200, 429]
        assert replies[0].headers["ratelimit-policy"] == '"default";q=4;w=60'
        assert [reply.headers["ratelimit"].split(";")[1] for reply in replies] == ["r=2", "r=1", "r=0", "r=0"]
        assert replies[3].headers["content-type"] == "application/problem+json"
        assert 1 <= int(replies[3].headers["retry-after"]) <= 60
        vendor = client.get("/tasks/liveness_detection/none")
        assert (vendor.status_code, vendor.json()["code"]) == (429, "rate_limited")
        assert other.get("/v1/galleries").status_code == 200
        assert "ratelimit" not in api.anonymous().get("/ping").headers
    api.stop()


def test_without_a_limit_nothing_is_announced(client: httpx.Client) -> None:
    assert not [name for name in client.get("/v1/galleries").headers if name.startswith("ratelimit")]
