"""Document liveness through the Trustmatic-compatible API over real HTTP (contracts 5.1 and 5.3)."""

import base64
import json
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest

from deployments.settings import TrustmaticSettings
from deployments.tasks.task import Failed, Outcome, Task
from tests.contract.documents import liveness_of
from tests.contract.files import JPEG, PDF, PNG, TEXT, padded
from tests.contract.judges import judged_well, judging, reporting
from tests.contract.serving import Api

PATH = "/api/v1/document/liveness"
ALIASES = (PATH, "/api/v1/basic/document/liveness", "/api/v1/id-verifications/document/liveness")
SESSION = "bbbf9002-c3a2-4308-b103-d80b9f5a2b84"


def text(content: bytes) -> str:
    return base64.b64encode(content).decode()


FRONT, BACK = text(JPEG), text(PNG)


def post(client: httpx.Client, path: str = PATH, headers: Any = None, **changes: Any) -> httpx.Response:
    """A good request with changed members; None leaves one out."""
    body = {"sessionId": SESSION, "frontSideImageBase": FRONT} | changes
    return client.post(path, json={k: v for k, v in body.items() if v is not None}, headers=headers)


def refusal(reply: httpx.Response, session: str = SESSION) -> tuple[int, str]:
    assert reply.json() == {"sessionId": session, "hasError": True, "error": reply.json()["error"]}
    return reply.status_code, reply.json()["error"]


@pytest.mark.parametrize("path", ALIASES)
def test_a_document_that_is_there_has_a_score_and_no_error(api: Api, client: httpx.Client, path: str) -> None:
    with judging(api, judged_well) as judged:
        reply = post(client, path)
    assert reply.status_code == 200, reply.text
    assert reply.json() == {"sessionId": SESSION, "score": 0.8125, "hasError": False}
    assert [(ref.role, ref.mime) for ref in judged[0].spec.media] == [("front", "image/jpeg")]


def test_the_older_name_of_the_picture_means_the_same(api: Api, client: httpx.Client) -> None:
    with judging(api, judged_well) as judged:
        first = post(client)
        second = post(client, frontSideImageBase=None, documentImageBase=FRONT)
    assert first.json() == second.json()
    assert judged[0].spec.media[0].sha256 == judged[1].spec.media[0].sha256


@pytest.mark.parametrize(
    "sent",
    [
        "data:image/jpeg;base64," + FRONT,
        "data:application/pdf;base64," + FRONT,
        "\n".join(FRONT[at : at + 76] for at in range(0, len(FRONT), 76)),
        FRONT.rstrip("="),
    ],
    ids=["data url", "data url that lies", "lines", "without padding"],
)
def test_base64_comes_in_many_dresses_and_its_bytes_decide(api: Api, client: httpx.Client, sent: str) -> None:
    with judging(api, judged_well) as judged:
        assert post(client, frontSideImageBase=sent).status_code == 200
    assert judged[0].spec.media[0].mime == "image/jpeg"


def test_the_lowest_of_all_sides_and_detectors_counts_with_their_threshold_at_a_quarter(
    api: Api, client: httpx.Client
) -> None:
    cases: list[tuple[dict[tuple[str, str], float | None], float]] = [
        ({("front", "document_liveness_print"): 0.6}, 0.25),
        ({("back", "document_liveness_screen"): 0.3}, 0.125),
        ({("front", "portrait_substitution"): 0.0}, 0.0),
        ({("back", "portrait_substitution"): 0.0}, 0.8125),  # a back has no portrait to exchange
        ({("front", "portrait_substitution"): None}, 0.8125),
    ]
    for scores, expected in cases:
        with judging(api, reporting(liveness_of("front", "back", scores=scores))):
            reply = post(client, backSideImageBase=BACK)
        assert reply.json()["score"] == pytest.approx(expected), scores


def test_where_the_threshold_lies_is_a_setting(tmp_path: Path) -> None:
    running = Api(tmp_path, options={"trustmatic": TrustmaticSettings(threshold=0.5)})
    running.start()
    try:
        edge = {("front", "document_liveness_screen"): 0.6}
        with running.anonymous() as client, judging(running, reporting(liveness_of("front", scores=edge))):
            client.auth = running.account
            assert post(client).json()["score"] == 0.5
    finally:
        running.stop()


ERRORS = [
    "DOCUMENT_NOT_FOUND",
    "TOO_MANY_DOCUMENTS",
    "DOCUMENT_TOO_SMALL",
    "DOCUMENT_CROPPED",
    "DOCUMENT_TOO_CLOSE_TO_CAMERA",
    "DOCUMENT_TOO_CLOSE_TO_BORDER",
    "DOCUMENT_PHOTO_NOT_FOUND",
]


@pytest.mark.parametrize("error", ERRORS)
def test_a_picture_that_cannot_be_judged_is_an_error_without_a_score(
    api: Api, client: httpx.Client, error: str
) -> None:
    with judging(api, reporting(liveness_of("front", error={"front": error}))):
        reply = post(client)
    assert reply.status_code == 200
    assert reply.json() == {"sessionId": SESSION, "hasError": True, "error": error}


def test_the_front_is_told_before_the_back_and_a_back_needs_no_portrait(api: Api, client: httpx.Client) -> None:
    cases = [
        ({"front": "DOCUMENT_TOO_SMALL", "back": "DOCUMENT_NOT_FOUND"}, "DOCUMENT_TOO_SMALL"),
        ({"back": "DOCUMENT_CROPPED"}, "DOCUMENT_CROPPED"),
        ({"back": "DOCUMENT_PHOTO_NOT_FOUND"}, None),
    ]
    for error, expected in cases:
        with judging(api, reporting(liveness_of("front", "back", error=error))):
            body = post(client, backSideImageBase=BACK).json()
        assert (body["hasError"], body.get("error")) == (expected is not None, expected)
        assert ("score" in body) is (expected is None)


@pytest.mark.parametrize("detector", ["document_liveness_screen", "document_liveness_print"])
def test_what_could_not_be_judged_has_no_score(api: Api, client: httpx.Client, detector: str) -> None:
    with judging(api, reporting(liveness_of("front", scores={("front", detector): None}))):
        assert refusal(post(client)) == (500, "INTERNAL_ERROR")


def test_a_low_resolution_is_judged_with_a_warning(api: Api, client: httpx.Client) -> None:
    with judging(api, reporting(liveness_of("front", pixels=(1920, 1079)))):
        assert post(client).json()["warnings"] == ["IMAGE_RESOLUTION_LOW"]
    with judging(api, reporting(liveness_of("front", pixels=(1080, 1920)))):
        assert "warnings" not in post(client).json()


def test_details_are_told_to_those_who_ask(api: Api, client: httpx.Client) -> None:
    with judging(api, reporting(liveness_of("front", "back", warnings=("GLARE_ON_IMAGE",)))):
        details = post(client, backSideImageBase=BACK, headers={"X-Debug-Details": "1"}).json()["details"]
    scores = {"screen": 0.8125, "print": 0.8125, "substitution": 0.8125}
    assert details["front"] == {"error": None, "warnings": ["GLARE_ON_IMAGE"], "scores": scores}
    assert details["back"]["scores"] == scores | {"substitution": None}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"frontSideImageBase": None}, (400, "INVALID_REQUEST")),
        ({"frontSideImageBase": ""}, (400, "INVALID_REQUEST")),
        ({"frontSideImageBase": {"a": 1}}, (400, "INVALID_REQUEST")),
        ({"documentImageBase": FRONT}, (400, "INVALID_REQUEST")),
        ({"frontSideImageBase": "no base64!"}, (400, "INVALID_IMAGE")),
        ({"frontSideImageBase": text(TEXT)}, (400, "INVALID_IMAGE")),
        ({"frontSideImageBase": text(PDF)}, (400, "INVALID_IMAGE")),
        ({"backSideImageBase": text(TEXT)}, (400, "INVALID_IMAGE")),
        ({"frontSideImageBase": "http://169.254.169.254/latest"}, (400, "INVALID_REQUEST")),
        ({"frontSideImageBase": "http://user:pw@example.com/a"}, (400, "INVALID_REQUEST")),
    ],
)
def test_a_bad_picture_is_refused_and_the_session_is_repeated(
    api: Api, client: httpx.Client, changes: dict[str, Any], expected: tuple[int, str]
) -> None:
    before = api.kept()
    assert refusal(post(client, **changes)) == expected
    assert api.kept() == before


@pytest.mark.parametrize("session", [None, "", "x" * 129])
def test_a_session_has_1_to_128_characters(client: httpx.Client, session: str | None) -> None:
    assert refusal(post(client, sessionId=session), session="") == (400, "INVALID_REQUEST")


def test_a_session_may_come_again_and_is_no_idempotency_key(api: Api, client: httpx.Client) -> None:
    with judging(api, judged_well) as judged:
        assert [post(client, sessionId="x" * 128).status_code for _ in range(2)] == [200, 200]
    assert len(judged) == 2


def test_an_idempotency_key_runs_a_request_once(api: Api, client: httpx.Client) -> None:
    with judging(api, judged_well) as judged:
        first, again = (post(client, headers={"Idempotency-Key": "k"}) for _ in range(2))
        other = post(client, headers={"Idempotency-Key": "k"}, sessionId="other")
    assert len(judged) == 1
    assert (again.json(), again.headers["idempotency-replayed"]) == (first.json(), "true")
    assert refusal(other, "other") == (422, "UNPROCESSABLE_ENTITY")


def test_what_is_not_json_is_refused(client: httpx.Client) -> None:
    headers = {"Content-Type": "application/json"}
    assert refusal(client.post(PATH, content=b"{", headers=headers), "") == (400, "INVALID_REQUEST")
    assert refusal(client.post(PATH, content=b"[]", headers=headers), "") == (400, "INVALID_REQUEST")
    form = client.post(PATH, data={"sessionId": SESSION, "frontSideImageBase": FRONT})
    assert refusal(form, "") == (415, "UNSUPPORTED_MEDIA_TYPE")
    parts = client.post(PATH, files={"frontSideImageBase": ("a.jpg", JPEG)}, data={"sessionId": SESSION})
    assert refusal(parts, "") == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_a_picture_has_at_most_20_mib_once_decoded(api: Api, client: httpx.Client) -> None:
    with judging(api, judged_well):
        assert post(client, frontSideImageBase=text(padded(20 << 20))).status_code == 200
    assert refusal(post(client, frontSideImageBase=text(padded((20 << 20) + 1)))) == (413, "PAYLOAD_TOO_LARGE")


def test_name_and_password_are_needed(api: Api, account: tuple[str, str]) -> None:
    with api.anonymous() as client:
        for auth in (None, (account[0], "wrong"), ("nobody", account[1])):
            reply = client.post(PATH, json={"sessionId": SESSION, "frontSideImageBase": FRONT}, auth=auth)
            assert refusal(reply, "") == (401, "UNAUTHORIZED")
            assert reply.headers["www-authenticate"].startswith("Basic")


def failing(code: str) -> Any:
    def judge(_task: Task) -> Outcome:
        return Failed(code, "the media cannot be judged", "front")

    return judge


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("corrupt_media", (400, "INVALID_IMAGE")),
        ("image_too_large", (400, "INVALID_IMAGE")),
        ("unsupported_media", (400, "INVALID_IMAGE")),
        ("url_unreachable", (400, "INVALID_IMAGE")),
        ("url_refused", (400, "INVALID_REQUEST")),
        ("url_too_large", (413, "PAYLOAD_TOO_LARGE")),
        ("worker_lost", (500, "INTERNAL_ERROR")),
        ("internal", (500, "INTERNAL_ERROR")),
    ],
)
def test_a_task_that_fails_is_an_error_of_whoever_caused_it(
    api: Api, client: httpx.Client, code: str, expected: tuple[int, str]
) -> None:
    with judging(api, failing(code)):
        assert refusal(post(client)) == expected


def test_a_url_is_left_to_whoever_works_on_the_task(api: Api, client: httpx.Client) -> None:
    url = "https://www.example.com/front.jpg"
    with judging(api, judged_well) as judged:
        assert post(client, frontSideImageBase=url, backSideImageBase=BACK).status_code == 200
    front, back = judged[0].spec.media
    assert (front.role, front.kind, front.url, front.blob) == ("front", "url", url, "")
    assert front.limits == dict.fromkeys(("jpg", "png", "webp", "tiff", "bmp"), 20 << 20)
    assert (back.role, back.kind) == ("back", "image")


def test_a_url_inside_the_network_is_refused_without_a_connection(tmp_path: Path) -> None:
    running = Api(tmp_path, options={"ssrf_allow_cidrs": ()})
    running.start()
    try:
        with socket.socket() as listener, running.anonymous() as client:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            listener.settimeout(0.3)
            client.auth = running.account
            reply = post(client, frontSideImageBase=f"http://127.0.0.1:{listener.getsockname()[1]}/front.jpg")
            assert refusal(reply) == (400, "INVALID_REQUEST")
            with pytest.raises(TimeoutError):
                listener.accept()
        assert running.kept() == (0, 0)
    finally:
        running.stop()


def test_a_result_that_takes_too_long_is_unavailable_and_the_task_goes_on(tmp_path: Path) -> None:
    running = Api(tmp_path, options={"trustmatic": TrustmaticSettings(wait_s=0.05)})
    running.start()
    try:
        with running.anonymous() as client:
            client.auth = running.account
            late = post(client, headers={"Idempotency-Key": "k"})
            assert refusal(late) == (503, "SERVICE_UNAVAILABLE")
            assert late.headers["retry-after"] == "2"
        assert running.kept() == (1, 1)
    finally:
        running.stop()


@pytest.mark.parametrize(("method", "path", "status"), [("GET", PATH, 405), ("POST", "/api/v1/nothing", 404)])
def test_paths_and_methods_that_do_not_exist_have_the_same_shape(
    client: httpx.Client, method: str, path: str, status: int
) -> None:
    reply = client.request(method, path)
    assert refusal(reply, "")[0] == status


def test_the_api_is_mounted_under_its_name_as_well(api: Api, client: httpx.Client) -> None:
    with judging(api, judged_well):
        assert post(client, f"/trustmatic{PATH}").json()["hasError"] is False


def test_no_word_of_what_was_sent_comes_back_in_an_error(client: httpx.Client) -> None:
    reply = post(client, frontSideImageBase="ERIKSSON<<ANNA!")
    assert "ERIKSSON" not in json.dumps(reply.json())
