"""Photos of documents through the ShareID-compatible API over real HTTP (contracts 6)."""

import json
import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from deployments.settings import ShareIdSettings
from deployments.tasks.task import Completed, Failed, Outcome, Task
from pipelines.report import Report, Status, Verdict
from tests.contract.documents import MRZ, id_report, kept, no_document_report
from tests.contract.files import JPEG, PDF, PNG, TEXT, padded, picture
from tests.contract.judges import judging, reporting
from tests.contract.raw import MULTIPART, Wire
from tests.contract.serving import Api

PATH = "/flow/authenticity/photo"
KEYS = {"api_key": "example-key", "business_hash": "example-hash"}
FRONT, BACK = ("recto.jpg", JPEG, "image/jpeg"), ("verso.png", PNG, "image/png")
Photo = tuple[str, bytes, str]


def card(verdict: Verdict = Verdict.GENUINE, **changes: Any) -> Report:
    """A French card, seen from both sides."""
    values = {"surname": "MARTIN", "given_names": "ROBERT JEAN", "nationality": "FRA", "issuing_country": "FRA"}
    values |= changes.pop("values", {})
    given: dict[str, Any] = {"kind": "id_card", "country": "FRA", "model": "2021", "sides": ("front", "back")}
    return id_report(verdict, values=values, **given | changes)


def post(
    client: httpx.Client, *photos: Photo, data: Any = None, headers: dict[str, str] | None = None, **claim: Any
) -> httpx.Response:
    """A good request with a changed claim; `data` replaces all of it."""
    sent = data if data is not None else json.dumps(KEYS | claim)
    files = [("photos", photo) for photo in (photos or (FRONT, BACK))]
    return client.post(PATH, files=files, data={"data": sent}, headers=headers)


def judged(api: Api, client: httpx.Client, report: Report, *photos: Photo, **claim: Any) -> dict[str, Any]:
    with judging(api, reporting(report)):
        reply = post(client, *photos, **claim)
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.json()
    return found


def refusal(reply: httpx.Response) -> tuple[int, str]:
    assert set(reply.json()) == {"error", "message", "flow_id"}
    return reply.status_code, reply.json()["error"]


def test_a_good_document_is_accepted_with_all_that_was_read(api: Api, client: httpx.Client) -> None:
    claim = {"doc_type": "id_card", "country_code": "fr", "first_name": "robert", "last_name": "Martin"}
    with judging(api, reporting(card())) as tasks:
        found = post(client, tags=["abcd", "order_4711"], **claim).json()
    assert (found["verdict"], found["reason"], found["reasons"]) == (True, "", [])
    assert "reason_id" not in found
    assert (found["doc_type"], found["country_code"], found["doc_model"]) == ("id_card", "fr", "2021")
    assert found["ocr"] == {
        "first_name": "ROBERT JEAN", "last_name": "MARTIN", "birth_date": "1974-08-12", "gender": "F",
        "nationality": "FRA", "document_number": "L898902C3", "issue_date": "2020-04-15",
        "expiration_date": "2030-04-15", "issuing_country": "FRA", "mrz": list(MRZ),
    }  # fmt: skip
    assert found["security"]["doc_screen"] is True
    assert found["security"]["sides_match"] is None
    (task,) = tasks
    assert found["flow_id"] == task.id
    assert [(ref.role, ref.mime) for ref in task.spec.media] == [("front", "image/jpeg"), ("back", "image/png")]
    assert (task.spec.tenant, task.spec.service) == ("bank", "id_document_authentication")
    assert "example-key" not in repr(dict(task.spec.options))
    assert "example-hash" not in repr(dict(task.spec.options))


def test_a_portrait_that_was_found_is_told(api: Api, client: httpx.Client) -> None:
    with judging(api, reporting(card())) as tasks:
        assert post(client).json()["security"]["portrait_presence"] is None
    (task,) = tasks
    flow = api.store.submit(replace(task.spec, media=()))
    api.complete(flow.id, card(), *kept(api, "bank", portrait=JPEG))
    with api.client(api.account) as owner:
        assert owner.get(f"/flow/{flow.id}").json()["security"]["portrait_presence"] is True


@pytest.mark.parametrize(
    ("report", "claim", "reason", "reason_id"),
    [
        (no_document_report(), {}, "missing_doc", 4),
        (card(Verdict.SUSPICIOUS, checks={"document_liveness_screen": Status.FAILED}), {}, "doc_spoof", 10),
        (card(Verdict.SUSPICIOUS, checks={"document_liveness_print": Status.FAILED}), {}, "doc_print", 11),
        (card(Verdict.SUSPICIOUS, checks={"copy_move": Status.FAILED}), {}, "doc_not_auth", 100),
        (card(Verdict.SUSPICIOUS, checks={"image_quality": (Status.FAILED, "blurred")}), {}, "blur_img", 7),
        (card(Verdict.SUSPICIOUS, checks={"sides_consistency": Status.FAILED}), {}, "sides_inconsistency", None),
        (card(Verdict.INCONCLUSIVE), {}, "low_quality", 3),
        (card(sides=("front",)), {}, "missing_back", None),
        (card(sides=("back",)), {}, "missing_front", 5),
        (card(Verdict.SUSPICIOUS, checks={"mrz_check_digits": Status.FAILED}), {}, "wrong_mrz", 6),
        (card(values={"birth_date": None}), {}, "date_not_extracted", 12),
        (card(values={"surname": None}), {}, "surname_not_extracted", None),
        (card(values={"expiry_date": "2019-01-01"}), {}, "doc_expired", 1),
        (card(), {"doc_type": "passport"}, "out_of_scope", None),
        (card(), {"country_code": "de"}, "out_of_scope", None),
        (card(), {"first_name": "Paul"}, "first_name_mismatch", 21),
        (card(), {"last_name": "Dupont"}, "last_name_mismatch", 22),
        (card(), {"first_name": "Martin", "last_name": "Jean"}, "inversed_name", 9),
    ],
)
def test_a_document_that_is_not_accepted_is_200_with_a_reason(
    api: Api, client: httpx.Client, report: Report, claim: dict[str, str], reason: str, reason_id: int | None
) -> None:
    found = judged(api, client, report, **claim)
    assert (found["verdict"], found["reason"], found.get("reason_id")) == (False, reason, reason_id)
    assert found["reasons"][0] == reason
    assert found["flow_id"]


def test_expired_yesterday_is_less_than_five_years_ago(api: Api, client: httpx.Client) -> None:
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    found = judged(api, client, card(values={"expiry_date": yesterday}))
    assert (found["reason"], found["reason_id"]) == ("doc_expired_5y", 2)


def test_a_document_of_no_known_kind_has_nothing_to_show(api: Api, client: httpx.Client) -> None:
    for report in (no_document_report(), card(kind="unknown"), card(kind="visa")):
        found = judged(api, client, report)
        assert found["verdict"] is False
        assert [found[name] for name in ("doc_type", "country_code", "doc_model")] == ["", "", ""]
        assert (found["ocr"], found["security"]) == ({}, {})


def test_a_country_without_a_code_has_none(api: Api, client: httpx.Client) -> None:
    found = judged(api, client, card(country="UTO"))
    assert (found["country_code"], found["verdict"]) == ("", True)


def test_a_photo_of_223_pixels_is_of_low_resolution(api: Api, client: httpx.Client) -> None:
    for width, height, reason in ((223, 400, "low_resolution"), (400, 223, "low_resolution"), (224, 224, "")):
        seen = {"back": {"width": width, "height": height}}
        assert judged(api, client, card(seen=seen))["reason"] == reason


def test_recto_and_verso_may_come_in_either_order(api: Api, client: httpx.Client) -> None:
    one, other = judged(api, client, card(), FRONT, BACK), judged(api, client, card(), BACK, FRONT)
    assert {**one, "flow_id": ""} == {**other, "flow_id": ""}


@pytest.mark.parametrize(
    "photo",
    [
        ("a.jpg", JPEG, "image/jpeg"),
        ("a.JPEG", JPEG, "image/jpeg"),
        ("holiday.in.png", PNG, "image/png"),
        ("a.webp", picture("WEBP"), "image/webp"),
        ("a.pdf", PDF, "application/pdf"),
    ],
)
def test_name_declared_type_and_content_that_agree_are_accepted(api: Api, client: httpx.Client, photo: Photo) -> None:
    assert judged(api, client, card(), photo)["verdict"] is True


@pytest.mark.parametrize(
    "photo",
    [
        ("a.jpg", PNG, "image/png"),
        ("a.jpg", PNG, "image/jpeg"),
        ("a.png", JPEG, "image/png"),
        ("a.jpg", JPEG, "image/png"),
        ("a.jpg", JPEG, "application/octet-stream"),
        ("a", JPEG, "image/jpeg"),
        ("jpg", JPEG, "image/jpeg"),
        ("a.pdf", JPEG, "application/pdf"),
        ("a.jpg", TEXT, "image/jpeg"),
        ("a.gif", picture("GIF"), "image/gif"),
    ],
)
def test_a_photo_that_is_not_what_it_says_is_415(api: Api, client: httpx.Client, photo: Photo) -> None:
    before = api.kept()
    assert refusal(post(client, FRONT, photo)) == (415, "unsupported_file")
    assert api.kept() == before


def test_all_photos_together_have_at_most_10_mib(api: Api, client: httpx.Client) -> None:
    def both(first: int, second: int) -> tuple[Photo, Photo]:
        return ("a.jpg", padded(first), "image/jpeg"), ("b.jpg", padded(second), "image/jpeg")

    before = api.kept()
    assert refusal(post(client, *both(6 << 20, 6 << 20))) == (413, "payload_too_large")
    assert refusal(post(client, *both(5 << 20, (5 << 20) + 1))) == (413, "payload_too_large")
    assert api.kept() == before
    assert judged(api, client, card(), *both(5 << 20, 5 << 20))["verdict"] is True


@pytest.mark.parametrize(
    ("claim", "status"),
    [
        ({"tags": ["abc"]}, 400),
        ({"tags": ["abcd"]}, 200),
        ({"tags": ["a_longer_tag_1234"]}, 400),
        ({"tags": ["ABCD"]}, 400),
        ({"tags": "abcd"}, 400),
        ({"tags": [1]}, 400),
        ({"tags": None}, 200),
        ({"doc_type": "visa"}, 400),
        ({"doc_type": ""}, 200),
        ({"doc_type": 1}, 400),
        ({"country_code": "FR"}, 400),
        ({"country_code": "xx"}, 400),
        ({"country_code": "fra"}, 400),
        ({"first_name": 7}, 400),
        ({"first_name": "x" * 201}, 400),
        ({"something": "else"}, 200),
    ],
)
def test_data_must_say_what_it_may_say(api: Api, client: httpx.Client, claim: dict[str, Any], status: int) -> None:
    with judging(api, reporting(card())):
        reply = post(client, **claim)
    assert reply.status_code == status, reply.text
    if status == 400:
        assert refusal(reply) == (400, "invalid_data")


def test_data_and_one_or_two_photos_are_needed(client: httpx.Client) -> None:
    assert refusal(client.post(PATH, files=[("photos", FRONT)])) == (400, "invalid_data")
    assert refusal(post(client, data="no json")) == (400, "invalid_data")
    assert refusal(post(client, data="[]")) == (400, "invalid_data")
    none = client.post(PATH, files={"other": FRONT}, data={"data": json.dumps(KEYS)})
    assert refusal(none) == (400, "invalid_data")
    assert refusal(post(client, FRONT, BACK, FRONT)) == (400, "invalid_data")
    assert refusal(post(client, ("a.jpg", b"", "image/jpeg"))) == (400, "invalid_data")


def test_a_wrong_key_and_a_wrong_hash_get_the_same_answer(client: httpx.Client) -> None:
    replies = [
        post(client, **KEYS | change)
        for change in (
            {"api_key": "other"}, {"business_hash": "other"}, {"api_key": None}, {"business_hash": None},
            {"api_key": ["example-key"]}, {"business_hash": "\ud800"},
        )
    ]  # fmt: skip
    assert {refusal(reply) for reply in replies} == {(401, "invalid_credentials")}
    assert len({reply.content for reply in replies}) == 1


def test_wrong_credentials_are_refused_before_a_photo_was_even_sent(api: Api) -> None:
    data = json.dumps(KEYS | {"api_key": "other"})
    part = f'--veriscope\r\nContent-Disposition: form-data; name="data"\r\n\r\n{data}\r\n--veriscope\r\n'
    with Wire(api.base_url) as wire:
        wire.head("POST", PATH, {"Content-Type": MULTIPART, "Content-Length": "1000000"})
        wire.send(part.encode())
        assert wire.reply().status == 401


def test_credentials_after_the_photos_count_as_well(api: Api, client: httpx.Client) -> None:
    before = api.kept()
    for key, status in (("other", 401), ("example-key", 200)):
        files = [("photos", FRONT), ("data", (None, json.dumps(KEYS | {"api_key": key})))]
        with judging(api, reporting(card())):
            assert client.post(PATH, files=files).status_code == status
        if status == 401:
            assert api.kept() == before


def test_media_that_cannot_be_judged_is_of_low_quality_and_our_fault_is_ours(api: Api, client: httpx.Client) -> None:
    def failing(code: str) -> httpx.Response:
        def judge(_task: Task) -> Outcome:
            return Failed(code, "it cannot be judged", "front")

        with judging(api, judge):
            return post(client)

    found = failing("corrupt_media").json()
    assert (found["verdict"], found["reason"], found["reasons"]) == (False, "low_quality", ["low_quality"])
    assert found["ocr"] == {}
    ours = failing("internal")
    assert refusal(ours) == (500, "internal")
    assert ours.json()["flow_id"]


def test_a_request_that_takes_too_long_is_408_and_the_flow_goes_on(tmp_path: Path) -> None:
    running = Api(tmp_path, options={"shareid": ShareIdSettings(keys="example-key:example-hash:bank", wait_s=0.05)})
    running.start()
    try:
        with running.anonymous() as client:
            late = post(client, first_name="Robert")
        assert refusal(late) == (408, "timeout")
        flow_id = late.json()["flow_id"]
        with running.client(running.account) as owner:
            assert refusal(owner.get(f"/flow/{flow_id}")) == (408, "timeout")
            running.complete(flow_id, card())
            found = owner.get(f"/flow/{flow_id}").json()
        assert (found["verdict"], found["flow_id"]) == (True, flow_id)
    finally:
        running.stop()


def test_a_flow_is_looked_up_by_its_account_alone(api: Api, client: httpx.Client) -> None:
    flow_id = judged(api, client, card())["flow_id"]
    with api.client(api.account) as owner, api.client() as stranger:
        assert owner.get(f"/flow/{flow_id}").json()["verdict"] is True
        assert refusal(stranger.get(f"/flow/{flow_id}")) == (404, "not_found")
        other = owner.post("/tasks/liveness_detection", files={"file": ("a.jpg", JPEG)}).json()["report_id"]
        assert refusal(owner.get(f"/flow/{other}")) == (404, "not_found")
    assert refusal(client.get(f"/flow/{flow_id}")) == (401, "invalid_credentials")


def test_an_idempotency_key_runs_a_request_once(api: Api, client: httpx.Client) -> None:
    with judging(api, reporting(card())) as tasks:
        first, again = (post(client, headers={"Idempotency-Key": "flow"}) for _ in range(2))
        other = post(client, headers={"Idempotency-Key": "flow"}, first_name="Robert")
    assert len(tasks) == 1
    assert (again.json(), again.headers["idempotency-replayed"]) == (first.json(), "true")
    assert refusal(other) == (422, "idempotency_key_reused")


def test_the_api_is_mounted_under_its_name_as_well(api: Api, client: httpx.Client) -> None:
    with judging(api, reporting(card())):
        reply = client.post(f"/shareid{PATH}", files=[("photos", FRONT)], data={"data": json.dumps(KEYS)})
    assert reply.status_code == 200


@pytest.mark.parametrize(("method", "path", "status"), [("PUT", PATH, 405), ("POST", "/flow/nothing", 405)])
def test_other_methods_have_the_same_shape(client: httpx.Client, method: str, path: str, status: int) -> None:
    assert refusal(client.request(method, path))[0] == status


def test_nothing_of_person_or_credentials_is_logged(
    api: Api, client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = ("example-key", "example-hash", "ERIKSSON", "Zebulon", "L898902C3", MRZ[1])
    replies = [
        post(client, first_name="Zebulon", tags=["x"]),
        post(client, api_key="example-key", business_hash="wrong", first_name="Zebulon"),
        post(client, FRONT, ("ERIKSSON.png", JPEG, "image/png")),
        post(client, data='{"api_key":"example-key","business_hash":"example-hash","first_name":"Zebulon"'),
    ]
    broken = card().to_json() | {"verdict": "no verdict"}  # rendering it fails, which is logged
    with judging(api, lambda _task: Completed(broken)):
        replies.append(post(client, first_name="Zebulon"))
    assert [reply.status_code for reply in replies] == [400, 401, 415, 400, 500]
    said = caplog.text + "".join(reply.text for reply in replies)
    assert "failed: POST" in said
    assert not [secret for secret in secrets if secret in said]
