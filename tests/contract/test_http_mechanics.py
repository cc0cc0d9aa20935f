"""What holds for every request of every facade (contracts 1.1, 1.5 and 1.7)."""

import re
from pathlib import Path

import httpx
import pytest

from deployments.ingress.facades import FACADES
from deployments.ingress.service import FACADE_VERSIONS
from tests.contract.files import JPEG, padded
from tests.contract.raw import MULTIPART, Wire, multipart
from tests.contract.serving import Api, until

LIVENESS = "/tasks/liveness_detection"
SELFIE = {"file": ("selfie.jpg", JPEG)}


@pytest.mark.parametrize("path", [f"/{LIVENESS}", "///tasks//liveness_detection", f"//sensity/{LIVENESS}"])
def test_repeated_slashes_are_collapsed_before_routing(client: httpx.Client, path: str) -> None:
    # The client joins paths on its own, so the path is given as it goes over the wire.
    request = client.build_request("POST", "/", files=SELFIE)
    request.url = request.url.copy_with(raw_path=path.encode())
    assert client.send(request).status_code == 200


def test_the_mounted_path_is_the_same_resource(client: httpx.Client) -> None:
    task_id = client.post(f"/sensity{LIVENESS}", files=SELFIE).json()["report_id"]
    assert client.get(f"{LIVENESS}/{task_id}").json() == client.get(f"/sensity{LIVENESS}/{task_id}").json()


def test_a_mount_serves_only_what_its_facade_owns(client: httpx.Client) -> None:
    reply = client.get("/sensity/v1/galleries")
    assert reply.status_code == 404
    assert reply.json()["code"] == "not_found"
    assert client.get("/sensity/version").status_code == 404


@pytest.mark.parametrize("path", [f"{LIVENESS}/", "/auth/tokens/", "/v1/galleries/"])
def test_a_trailing_slash_is_never_answered_with_a_redirect(client: httpx.Client, path: str) -> None:
    for method in ("GET", "POST"):
        assert client.request(method, path).status_code in (401, 404, 405)


def test_every_reply_carries_a_request_id_of_its_own(client: httpx.Client) -> None:
    found = [client.get(path).headers["x-request-id"] for path in ("/ping", "/nowhere", f"{LIVENESS}/x", "/ping")]
    assert all(re.fullmatch("[0-9a-f]{32}", request_id) for request_id in found)
    assert len(set(found)) == len(found)


def test_a_callers_request_id_comes_back_in_header_and_error_body(client: httpx.Client) -> None:
    reply = client.get(f"{LIVENESS}/none", headers={"X-Request-Id": "Order-17.a_b"})
    assert reply.headers["x-request-id"] == "Order-17.a_b"
    assert reply.json()["request_id"] == "Order-17.a_b"


@pytest.mark.parametrize("sent", ["two words", "x" * 65, "", 'a"b', "a;b", "{}", "ü".encode()], ids=repr)
def test_a_request_id_that_could_do_harm_is_replaced(client: httpx.Client, sent: str | bytes) -> None:
    reply = client.get("/ping", headers={"X-Request-Id": sent})
    assert re.fullmatch("[0-9a-f]{32}", reply.headers["x-request-id"])


@pytest.mark.parametrize("path", ["/tasks/face_matching/none", "/tasks", "/webhooks/nothing", "/auth/x", "/sensity/x"])
def test_not_found_has_the_shape_of_the_facade_that_owns_the_path(client: httpx.Client, path: str) -> None:
    reply = client.get(path)
    assert reply.status_code == 404
    assert reply.headers["content-type"] == "application/json"
    assert set(reply.json()) == {"success", "error", "code", "request_id"}
    assert reply.json()["code"] == "not_found"


@pytest.mark.parametrize("path", ["/v1/reports/none", "/v1/none", "/nowhere", "/", "/authx", "/tasksx/y"])
def test_not_found_on_native_and_unowned_paths_is_a_problem(client: httpx.Client, path: str) -> None:
    reply = client.get(path)
    assert reply.status_code == 404
    assert reply.headers["content-type"] == "application/problem+json"
    body = reply.json()
    assert body["status"] == 404
    assert body["type"] == "https://api.test/problems/not-found"
    assert body["instance"] == path
    assert {"title", "detail", "request_id"} <= set(body)


def test_method_not_allowed_names_all_methods_in_the_owners_shape(client: httpx.Client) -> None:
    reply = client.put("/auth/tokens")
    assert (reply.status_code, reply.json()["code"]) == (405, "method_not_allowed")
    assert reply.headers["allow"] == "DELETE, GET, POST"
    native = client.patch("/v1/galleries")
    assert native.headers["content-type"] == "application/problem+json"
    assert (native.status_code, native.json()["status"], native.headers["allow"]) == (405, 405, "GET, POST")


def test_replies_are_neither_sniffed_nor_cached(client: httpx.Client) -> None:
    for path in ("/ping", "/nowhere", f"{LIVENESS}/none"):
        headers = client.get(path).headers
        assert (headers["x-content-type-options"], headers["cache-control"]) == ("nosniff", "no-store")


def test_a_part_without_a_file_name_is_a_missing_file(client: httpx.Client) -> None:
    content = multipart(('name="file"', JPEG))
    reply = client.post(LIVENESS, content=content, headers={"Content-Type": MULTIPART})
    assert (reply.status_code, reply.json()["code"]) == (400, "missing_file")


def test_a_file_name_in_the_extended_form_counts(client: httpx.Client) -> None:
    content = multipart(("name=\"file\"; filename*=utf-8''%C3%BC.jpg", JPEG))
    assert client.post(LIVENESS, content=content, headers={"Content-Type": MULTIPART}).status_code == 200


def test_unknown_fields_and_files_are_ignored_and_not_kept(api: Api, client: httpx.Client) -> None:
    tasks, files = api.kept()
    reply = client.post(LIVENESS, files={**SELFIE, "surprise": ("x.exe", b"MZ" + bytes(9_000))}, data={"new": "1"})
    assert reply.status_code == 200
    assert api.kept() == (tasks + 1, files + 1)


def test_a_chunked_upload_is_accepted(client: httpx.Client) -> None:
    body = multipart(('name="file"; filename="a.jpg"', JPEG))
    chunks = (body[at : at + 7] for at in range(0, len(body), 7))
    reply = client.post(LIVENESS, content=chunks, headers={"Content-Type": MULTIPART})
    assert reply.status_code == 200


def test_an_announced_oversize_is_refused_before_anything_is_read(api: Api, client: httpx.Client) -> None:
    headers = {"Authorization": client.headers["Authorization"], "Content-Type": MULTIPART}
    with Wire(api.base_url) as wire:
        wire.head("POST", LIVENESS, headers | {"Content-Length": str(1 << 40), "Expect": "100-continue"})
        reply = wire.reply()
        assert (reply.status, reply.json()["code"]) == (413, "payload_too_large")
        assert reply.headers["connection"] == "close"
        assert wire.closed()


def test_an_endless_upload_is_cut_off_soon_after_the_limit(api: Api, client: httpx.Client) -> None:
    before = api.kept()
    headers = {"Authorization": client.headers["Authorization"], "Content-Type": MULTIPART}
    start = multipart(('name="file"; filename="a.jpg"', padded(4096))).rpartition(b"\r\n--veriscope--")[0]
    block, sent = bytes(1 << 20), 0
    with Wire(api.base_url) as wire:
        wire.head("POST", LIVENESS, headers | {"Transfer-Encoding": "chunked"})
        wire.send(b"%x\r\n%s\r\n" % (len(start), start))
        try:
            while sent < 128 << 20:
                wire.send(b"%x\r\n%s\r\n" % (len(block), block))
                sent += len(block)
        except (BrokenPipeError, ConnectionResetError):
            pass
        reply = wire.reply()
    assert (reply.status, reply.json()["code"]) == (413, "payload_too_large")
    assert sent < 48 << 20
    assert api.kept() == before


def test_a_refusal_that_read_no_body_does_not_disturb_the_next_request_on_the_connection(api: Api) -> None:
    body = multipart(('name="file"; filename="a.jpg"', JPEG))
    with Wire(api.base_url) as wire:
        for _ in range(3):
            wire.head("POST", LIVENESS, {"Content-Type": MULTIPART, "Content-Length": str(len(body))})
            wire.send(body)
            assert wire.reply().status == 401
        wire.head("GET", "/ping", {})
        assert wire.reply().body == b"pong"


def test_a_refused_stranger_cannot_make_the_server_read_on(api: Api) -> None:
    with Wire(api.base_url) as wire:
        wire.head("POST", LIVENESS, {"Content-Type": MULTIPART, "Content-Length": str(1 << 30)})
        reply = wire.reply()
        assert (reply.status, reply.headers["connection"]) == (401, "close")


def test_a_client_that_hangs_up_leaves_nothing_behind(api: Api, client: httpx.Client) -> None:
    before = api.kept()
    headers = {"Authorization": client.headers["Authorization"], "Content-Type": MULTIPART}
    with Wire(api.base_url) as wire:
        wire.head("POST", LIVENESS, headers | {"Content-Length": "9000000"})
        wire.send(multipart(('name="file"; filename="a.jpg"', padded(5 << 20)))[:-20])
        until(lambda: api.kept()[1] > before[1])
    until(lambda: api.kept() == before)


def test_an_unexpected_failure_is_a_500_without_details(api: Api, tmp_path: Path) -> None:
    broken = Api(tmp_path, components=None)  # type: ignore[arg-type]
    broken.start()
    with broken.anonymous() as client:
        reply = client.get("/readyz")
    broken.stop()
    assert reply.status_code == 500
    assert reply.headers["content-type"] == "application/problem+json"
    assert "NoneType" not in reply.text
    assert reply.headers["x-request-id"] == reply.json()["request_id"]


def test_a_database_that_fails_is_a_503_in_the_facades_shape(tmp_path: Path) -> None:
    broken = Api(tmp_path, options={"database_url": f"sqlite:///{tmp_path / 'broken.db'}"})
    broken.start()
    with broken.client() as client, broken.engine.connect() as connection:
        before = broken.kept()
        connection.exec_driver_sql("ALTER TABLE tasks RENAME TO gone")
        connection.commit()
        reply = client.post(LIVENESS, files=SELFIE)
        connection.exec_driver_sql("ALTER TABLE gone RENAME TO tasks")
        connection.commit()
        assert (reply.status_code, reply.json()["code"]) == (503, "overloaded")
        assert reply.headers["retry-after"] == "2"
        assert "gone" not in reply.text
        assert broken.kept() == before
    broken.stop()


@pytest.mark.parametrize("path", ["/ping", "/healthz"])
def test_ping_needs_no_token(api: Api, path: str) -> None:
    with api.anonymous() as client:
        reply = client.get(path)
    assert (reply.status_code, reply.text) == (200, "pong")


def test_readiness_names_the_component_that_is_not_ready(api: Api) -> None:
    with api.anonymous() as client:
        ready = client.get("/readyz")
        api.components["media"] = "unavailable"
        waiting = client.get("/readyz")
        del api.components["media"]
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")
    assert waiting.status_code == 503
    assert waiting.json() == {"status": "not_ready", "pipelines": {"dispatcher": "ready", "media": "unavailable"}}


def test_version_names_core_facades_and_every_model_with_its_weights(api: Api) -> None:
    with api.anonymous() as client:
        body = client.get("/version").json()
    assert set(body) == {"core", "models", "facades"}
    assert body["facades"] == FACADE_VERSIONS
    assert set(FACADE_VERSIONS) == {facade.name for facade in FACADES}
    detector = next(model for model in body["models"] if model["name"] == "face/detector")
    assert re.fullmatch("[0-9a-f]{64}", detector["sha256"])
    assert detector["license"] == "MIT"


def test_metrics_count_routes_not_paths(client: httpx.Client) -> None:
    client.get(f"{LIVENESS}/very-personal-id")
    client.get("/nowhere/very-personal-path")
    text = client.get("/metrics").text
    assert 'veriscope_http_requests_total{method="GET",route="/tasks/{task}/{id}",status="404"}' in text
    assert 'veriscope_tasks{state="queued"}' in text
    assert "very-personal" not in text
