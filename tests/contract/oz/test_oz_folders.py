"""Sessions, folders, media and analyses of the Oz-compatible API over real HTTP (contracts 4)."""

import io
import json
import threading
import time
import zipfile
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from deployments.tasks.case import Case
from pipelines.report import Check, Report, Status, Verdict
from tests.contract.files import JPEG, PDF, PNG, padded
from tests.contract.serving import Api

HEADER = "X-Forensic-Access-Token"


@pytest.fixture
def oz(api: Api) -> Iterator[httpx.Client]:
    """A client signed in to an account of its own."""
    with signed_in(api) as client:
        yield client


def signed_in(api: Api, account: tuple[str, str] | None = None) -> httpx.Client:
    with api.anonymous() as anonymous:
        token = opened(anonymous, account or api.new_account())["access_token"]
    client = api.anonymous()
    client.headers[HEADER] = token
    return client


def opened(client: httpx.Client, account: tuple[str, str]) -> dict[str, Any]:
    credentials = {"email": account[0], "password": account[1]}
    reply = client.post("/api/authorize/auth", json={"credentials": credentials})
    assert reply.status_code == 200, reply.text
    return reply.json()  # type: ignore[no-any-return]


def folder(client: httpx.Client, payload: Any = None, **files: bytes) -> dict[str, Any]:
    parts: dict[str, Any] = {key: (f"{key}.bin", data) for key, data in files.items()}
    data = {"payload": json.dumps(payload)} if payload is not None else None
    reply = client.post("/api/folders/", files=parts or None, data=data)
    assert reply.status_code == 201, reply.text
    return reply.json()  # type: ignore[no-any-return]


def analysed(client: httpx.Client, folder_id: str, *analyses: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    reply = client.post(f"/api/folders/{folder_id}/analyses/", json={"analyses": list(analyses), **more})
    assert reply.status_code == 201, reply.text
    return reply.json()  # type: ignore[no-any-return]


def refused(reply: httpx.Response) -> tuple[int, int]:
    assert set(reply.json()) == {"error_code", "error_message", "details"}
    return reply.status_code, reply.json()["error_code"]


def liveness(status: Status, media_id: str, score: float | None) -> Check:
    reasons = () if status is Status.PASSED else ("uncertain",)
    return Check(name="liveness", subject=media_id, status=status, score=score, threshold=0.2, reasons=reasons)


def judged(*checks: Check, verdict: Verdict) -> Report:
    return Report(service="liveness_set", verdict=verdict, checks=checks)


def zipped(*members: tuple[str, bytes], deflate: bool = False) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED if deflate else zipfile.ZIP_STORED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return out.getvalue()


def test_tokens_that_are_missing_unknown_or_expired_are_told_apart(api: Api) -> None:
    with api.anonymous() as client:
        assert refused(client.get("/api/folders")) == (401, 6)
        assert refused(client.get("/api/folders", headers={HEADER: "no"})) == (401, 7)
        account = api.new_account()
        pair = opened(client, account)
        with api.engine.begin() as connection:
            connection.exec_driver_sql(f"UPDATE sessions SET expires_at = 1 WHERE account = '{account[0]}'")
        assert refused(client.get("/api/folders", headers={HEADER: pair["access_token"]})) == (401, 8)


def test_a_wrong_password_is_refused(api: Api) -> None:
    with api.anonymous() as client:
        body = {"credentials": {"email": api.account[0], "password": "wrong"}}
        assert refused(client.post("/api/authorize/auth", json=body)) == (401, 7)
        assert refused(client.post("/api/authorize/auth", json={})) == (400, 3)


def test_refreshing_replaces_the_pair_at_the_first_use_of_the_new(api: Api) -> None:
    with api.anonymous() as client:
        old = opened(client, api.new_account())
        header = {HEADER: old["access_token"]}
        new = client.post("/api/authorize/refresh/", json={"expire_token": old["expire_token"]}, headers=header).json()
        assert client.get("/api/folders", headers=header).status_code == 200
        assert client.get("/api/folders", headers={HEADER: new["access_token"]}).status_code == 200
        assert refused(client.get("/api/folders", headers=header)) == (401, 7)


def test_refresh_errors_are_the_vendors(api: Api) -> None:
    with api.anonymous() as client:
        pair, other = opened(client, api.new_account()), opened(client, api.new_account())
        header = {HEADER: pair["access_token"]}

        def refresh(body: dict[str, Any]) -> tuple[int, str]:
            reply = client.post("/api/authorize/refresh", json=body, headers=header)
            return reply.status_code, reply.json()["error_message"]

        assert refresh({}) == (400, "Could not locate field for key_path expire_token from provided dict data")
        assert refresh({"expire_token": "no"}) == (401, "Session not found")
        assert refresh({"expire_token": other["expire_token"]}) == (
            403, "You have not access to refresh this session",
        )  # fmt: skip


def test_a_folder_keeps_media_tags_and_meta_data(oz: httpx.Client) -> None:
    payload = {
        "folder:meta_data": {"transaction_id": "4711"},
        "media:meta_data": {"a": {"x": 1}},
        "media:tags": {"a": ["photo_selfie"]},
    }
    made = folder(oz, payload, a=JPEG, b=PNG)
    assert made["meta_data"] == {"transaction_id": "4711"}
    assert (made["resolution_status"], made["system_resolution"]) == ("INITIAL", "INITIAL")
    first = next(medium for medium in made["media"] if medium["tags"])
    assert (first["tags"], first["meta_data"], first["original_name"]) == (["photo_selfie"], {"x": 1}, "a.bin")
    assert (first["media_type"], first["info"]["image"]) == ("IMAGE_FOLDER", {"width": 48, "height": 48})
    assert oz.get(f"/api/media/{first['media_id']}").json()["media_id"] == first["media_id"]
    listed = oz.get("/api/folders", params={"with_analyses": "true"}).json()
    assert (listed["total"], listed["items"][0]["analyses"]) == (1, [])


@pytest.mark.parametrize("slash", ["", "/"])
def test_both_slashes_work_without_a_redirect(oz: httpx.Client, slash: str) -> None:
    made = oz.post(f"/api/folders{slash}")
    assert made.status_code == 201
    folder_id = made.json()["folder_id"]
    for path in ("/api/folders", f"/api/folders/{folder_id}", f"/api/folders/{folder_id}/media", "/api/collections"):
        assert oz.get(path + slash).status_code == 200
        assert oz.get(f"/oz{path}{slash}").status_code == 200


def test_content_urls_open_by_signature_or_token_only(api: Api, oz: httpx.Client) -> None:
    medium = folder(oz, a=JPEG)["media"][0]
    signed = medium["original_url"].split("://", 1)[1].split("/", 1)[1]
    with api.anonymous() as stranger:
        assert stranger.get("/" + signed).content == JPEG
        assert refused(stranger.get("/" + signed[:-1] + "x")) == (401, 6)
        assert refused(stranger.get(f"/api/media/{medium['media_id']}/original")) == (401, 6)
    assert oz.get(f"/api/media/{medium['media_id']}/original").content == JPEG
    assert oz.get(f"/api/media/{medium['media_id']}/thumb").headers["content-type"] == "image/jpeg"
    with signed_in(api) as other:
        assert refused(other.get(f"/api/media/{medium['media_id']}/original")) == (404, 10)
        assert refused(other.get(f"/api/media/{medium['media_id']}")) == (404, 10)


def test_limits_and_types_of_files(api: Api, oz: httpx.Client) -> None:
    ten = {f"f{n}": JPEG for n in range(10)}
    made = folder(oz, **ten)
    eleven = {f"f{n}": (f"{n}.jpg", JPEG) for n in range(11)}
    assert refused(oz.post("/api/folders", files=eleven)) == (400, 4)
    assert refused(oz.post(f"/api/folders/{made['folder_id']}/media", files={"k": ("k.jpg", JPEG)})) == (400, 4)
    assert oz.post("/api/folders", files={"a": ("a.jpg", padded(10 << 20))}).status_code == 201
    assert refused(oz.post("/api/folders", files={"a": ("a.jpg", padded((10 << 20) + 1))})) == (413, 4)
    assert refused(oz.post("/api/folders", files={"a": ("a.jpg", PDF)})) == (400, 5)


@pytest.mark.parametrize("payload", ["no json", "[]", '{"folder:meta_data": 1}', '{"media:tags": {"a": "b"}}'])
def test_a_payload_that_is_no_such_json_is_code_3(oz: httpx.Client, payload: str) -> None:
    reply = oz.post("/api/folders", files={"a": ("a.jpg", JPEG)}, data={"payload": payload})
    assert refused(reply) == (400, 3)


def test_a_shots_set_is_taken_and_a_bad_archive_leaves_nothing(api: Api, oz: httpx.Client) -> None:
    medium = folder(oz, a=zipped(("1.jpg", JPEG), ("2.jpg", JPEG)))["media"][0]
    assert medium["media_type"] == "SHOTS_SET_FOLDER"
    before = api.kept()
    for bad in (
        zipped(("../1.jpg", JPEG)),
        zipped(("1.jpg", JPEG + bytes(9 << 20)), deflate=True),
        zipped(("1.txt", b"text")),
    ):
        assert refused(oz.post("/api/folders", files={"a": ("a.zip", bad)})) == (400, 4)
    assert api.kept() == before


def test_an_analysis_that_cannot_be_made_is_refused(oz: httpx.Client) -> None:
    empty, full, other = folder(oz), folder(oz, a=JPEG), folder(oz, b=JPEG)

    def post(made: dict[str, Any], *analyses: Any) -> tuple[int, int]:
        return refused(oz.post(f"/api/folders/{made['folder_id']}/analyses/", json={"analyses": list(analyses)}))

    assert post(empty, {"type": "quality"}) == (400, 4)
    assert post(full, {"type": "quality", "source_media": [other["media"][0]["media_id"]]}) == (400, 4)
    assert post(full, {"type": "biometry"}) == (400, 4)
    assert post(full, {"type": "documents"}) == (501, 2)
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


def test_deleting_a_folder_erases_everything(api: Api, oz: httpx.Client) -> None:
    before = api.kept()
    made = folder(oz, a=JPEG)
    (asked,) = analysed(oz, made["folder_id"], {"type": "quality"})
    assert oz.delete(f"/api/folders/{made['folder_id']}/").status_code == 204
    assert api.kept() == before
    for path in (f"folders/{made['folder_id']}", f"analyses/{asked['analysis_id']}"):
        assert refused(oz.get(f"/api/{path}")) == (404, 10)


def ending(api: Api, report: Any) -> threading.Thread:
    """Ends the next task as a dispatcher would."""

    def end() -> None:
        for _ in range(500):
            for task in api.store.claim("test", 10, 60):
                from deployments.tasks.task import Completed

                assert task.lease is not None
                api.store.finish(task.id, task.lease, Completed(report(task.spec.media[0].role).to_json()))
                return
            time.sleep(0.01)

    thread = threading.Thread(target=end)
    thread.start()
    return thread


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


def test_unknown_paths_and_methods_answer_in_the_facades_shape(oz: httpx.Client) -> None:
    assert refused(oz.get("/api/folders/no/such/path")) == (404, 10)
    assert refused(oz.put("/api/folders")) == (405, 1)


def test_cases_of_two_tenants_never_meet(api: Api, oz: httpx.Client) -> None:
    made = folder(oz, a=JPEG)
    with signed_in(api) as other:
        for path in (f"folders/{made['folder_id']}", f"folders/{made['folder_id']}/media"):
            assert refused(other.get(f"/api/{path}")) == (404, 10)
        assert refused(other.delete(f"/api/folders/{made['folder_id']}")) == (404, 10)
    assert isinstance(api.cases.list("nobody", 1)[0], list)
    assert Case(id="x", tenant="y").media == ()
