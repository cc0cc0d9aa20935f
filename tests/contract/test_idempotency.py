"""Idempotency-Key, in every situation of contracts 1.3, on every kind of request that creates something."""

import concurrent.futures
from pathlib import Path

import httpx
import pytest

from tests.contract.files import JPEG, PDF, PNG
from tests.contract.raw import MULTIPART, Wire, multipart
from tests.contract.serving import Api, until

LIVENESS = "/tasks/liveness_detection"
EVENT = "/webhooks/liveness_detection_analysis_complete"


def create(client: httpx.Client, key: str, content: bytes = JPEG, **fields: str) -> httpx.Response:
    files = {"file": ("selfie.jpg", content)}
    return client.post(LIVENESS, files=files, data=fields, headers={"Idempotency-Key": key})


def keys(api: Api) -> set[str]:
    with api.engine.connect() as connection:
        return set(connection.exec_driver_sql("SELECT key FROM idempotency").scalars())


def test_the_same_request_again_is_answered_with_the_stored_reply(api: Api, client: httpx.Client) -> None:
    first = create(client, "a")
    before = api.kept()
    again = create(client, "a")
    assert first.status_code == again.status_code == 200
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert again.content == first.content
    assert api.kept() == before


def test_bare_and_quoted_keys_are_the_same_key(client: httpx.Client) -> None:
    assert create(client, '"quoted"').json() == create(client, "quoted").json()


def test_without_a_key_every_request_is_a_task_of_its_own(client: httpx.Client) -> None:
    ids = {client.post(LIVENESS, files={"file": ("a.jpg", JPEG)}).json()["report_id"] for _ in range(2)}
    assert len(ids) == 2


@pytest.mark.parametrize("change", [{"content": PNG}, {"additional_info": "other"}], ids=["file", "field"])
def test_another_request_under_the_same_key_is_refused(api: Api, client: httpx.Client, change: dict) -> None:
    create(client, "a")
    before = api.kept()
    reply = create(client, "a", **change)
    assert (reply.status_code, reply.json()["code"]) == (422, "idempotency_key_reused")
    assert api.kept() == before


def test_the_order_of_parts_and_unknown_fields_do_not_make_another_request(client: httpx.Client) -> None:
    headers = {"Content-Type": MULTIPART, "Idempotency-Key": "order"}
    file, info, other = (
        ('name="file"; filename="a.jpg"', JPEG),
        ('name="additional_info"', b"x"),
        ('name="new"', b"1"),
    )
    first = client.post(LIVENESS, content=multipart(file, info), headers=headers)
    again = client.post(LIVENESS, content=multipart(other, info, file), headers=headers)
    assert again.headers["idempotency-replayed"] == "true"
    assert first.json() == again.json()


def test_a_key_means_nothing_to_another_tenant_or_route(api: Api, client: httpx.Client) -> None:
    first = create(client, "shared").json()["report_id"]
    with api.client() as stranger:
        assert create(stranger, "shared").json()["report_id"] != first
    files = {"file": ("a.jpg", JPEG), "extra_file": ("b.jpg", JPEG)}
    other = client.post("/tasks/face_matching", files=files, headers={"Idempotency-Key": "shared"})
    assert other.status_code == 200
    assert other.json()["report_id"] != first


def test_a_mounted_path_is_the_same_route(client: httpx.Client) -> None:
    files, headers = {"file": ("a.jpg", JPEG)}, {"Idempotency-Key": "mounted"}
    first, again = (client.post(path, files=files, headers=headers) for path in (LIVENESS, f"/sensity{LIVENESS}"))
    assert first.json() == again.json()


def test_while_the_first_is_still_running_the_second_is_told_to_wait(api: Api, client: httpx.Client) -> None:
    body = multipart(('name="file"; filename="selfie.jpg"', JPEG))
    headers = {
        "Authorization": client.headers["Authorization"],
        "Content-Type": MULTIPART,
        "Content-Length": str(len(body)),
        "Idempotency-Key": "slow",
    }
    with Wire(api.base_url) as wire:
        wire.head("POST", LIVENESS, headers)
        wire.send(body[:-30])
        until(lambda: "slow" in keys(api))
        second = create(client, "slow")
        assert (second.status_code, second.json()["code"]) == (409, "request_in_progress")
        assert second.headers["retry-after"] == "1"
        wire.send(body[-30:])
        first = wire.reply()
    assert first.status == 200
    assert create(client, "slow").json() == first.json()


def test_many_at_once_make_one_task(api: Api) -> None:
    account = api.new_account()
    with api.client(account) as client, concurrent.futures.ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: create(client, "together"), range(8)))
    assert {reply.status_code for reply in replies} <= {200, 409}
    assert len({reply.json()["report_id"] for reply in replies if reply.status_code == 200}) == 1
    assert len(api.store.list(account[0], 10)) == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "two words", '"open', '""', "ü".encode(), "a\tb"], ids=repr)
def test_a_malformed_key_is_refused(client: httpx.Client, key: str | bytes) -> None:
    reply = client.post(LIVENESS, files={"file": ("a.jpg", JPEG)}, headers={"Idempotency-Key": key})
    assert (reply.status_code, reply.json()["code"]) == (400, "invalid_idempotency_key")


def test_a_key_of_the_largest_size_is_accepted(client: httpx.Client) -> None:
    assert create(client, "x" * 255).status_code == 200


def test_two_keys_are_refused(client: httpx.Client) -> None:
    headers = [("Idempotency-Key", "a"), ("Idempotency-Key", "a")]
    reply = client.post(LIVENESS, files={"file": ("a.jpg", JPEG)}, headers=headers)
    assert (reply.status_code, reply.json()["code"]) == (400, "invalid_idempotency_key")


@pytest.mark.parametrize(
    ("content", "fields", "status"),
    [(b"", {}, 400), (PDF, {}, 415), (JPEG, {"session_info": "x"}, 400)],
    ids=["empty", "wrong type", "bad field"],
)
def test_a_refusal_is_stored_and_answered_again(
    api: Api, client: httpx.Client, content: bytes, fields: dict[str, str], status: int
) -> None:
    before = api.kept()
    first, again = create(client, "refused", content, **fields), create(client, "refused", content, **fields)
    assert first.status_code == again.status_code == status
    assert again.headers["idempotency-replayed"] == "true"
    assert again.content == first.content
    assert create(client, "refused", PNG).status_code == 422
    assert api.kept() == before


def test_a_body_that_broke_off_does_not_use_up_the_key(client: httpx.Client) -> None:
    broken = multipart(('name="file"; filename="a.jpg"', JPEG))[:-10]
    headers = {"Content-Type": MULTIPART, "Idempotency-Key": "again"}
    assert client.post(LIVENESS, content=broken, headers=headers).status_code == 400
    assert create(client, "again").status_code == 200


def test_a_full_queue_does_not_use_up_the_key_and_leaves_nothing(tmp_path: Path) -> None:
    api = Api(tmp_path, options={"max_queued_per_tenant": 1})
    api.start()
    with api.client() as client:
        first = client.post(LIVENESS, files={"file": ("a.jpg", JPEG)}).json()["report_id"]
        before = api.kept()
        full = create(client, "later")
        assert (full.status_code, full.json()["code"]) == (429, "rate_limited")
        assert int(full.headers["retry-after"]) >= 1
        assert api.kept() == before
        with api.client() as other:
            assert create(other, "later").status_code == 200
        api.fail(first, "corrupt_media", "no")
        assert create(client, "later").status_code == 200
    api.stop()


def test_registering_a_webhook_twice_under_a_key_shows_the_same_reply(client: httpx.Client) -> None:
    data, headers = {"url": "https://hooks.example.com/a"}, {"Idempotency-Key": "hook"}
    first, again = (client.post(EVENT, data=data, headers=headers) for _ in range(2))
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    other = client.post(EVENT, data={"url": "https://hooks.example.com/b"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_creating_a_gallery_twice_under_a_key_is_no_conflict(client: httpx.Client) -> None:
    headers = {"Idempotency-Key": "gallery"}
    first, again = (client.post("/v1/galleries", json={"id": "staff"}, headers=headers) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["idempotency-replayed"] == "true"
    conflict = [client.post("/v1/galleries", json={"id": "staff"}, headers={"Idempotency-Key": "b"}) for _ in range(2)]
    assert [reply.status_code for reply in conflict] == [409, 409]
    assert conflict[1].headers["idempotency-replayed"] == "true"


def test_a_native_create_replays_its_location(client: httpx.Client) -> None:
    headers = {"Idempotency-Key": "native"}
    first, again = (
        client.post("/v1/solutions/identity", files={"selfie": ("a.jpg", JPEG)}, headers=headers) for _ in range(2)
    )
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.headers["location"] == again.headers["location"] == f"/v1/reports/{first.json()['id']}"
    mismatch = client.post("/v1/solutions/identity", files={"selfie": ("a.png", PNG)}, headers=headers)
    assert mismatch.status_code == mismatch.json()["status"] == 422
    assert mismatch.headers["content-type"] == "application/problem+json"
