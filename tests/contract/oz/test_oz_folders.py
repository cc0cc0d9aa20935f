"""Folders and media of the Oz-compatible API over real HTTP (contracts 4)."""

import json

import httpx
import pytest

from tests.contract.files import JPEG, PDF, PNG, padded
from tests.contract.oz.serving import (
    analysed,
    folder,
    refused,
    signed_in,
    zipped,
)
from tests.contract.serving import Api


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


@pytest.mark.parametrize(
    "payload", ["no json", '{"x": NaN}', '{"x": 1e999}', "[]", '{"folder:meta_data": 1}', '{"media:tags": {"a": "b"}}']
)
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


def test_deleting_a_folder_erases_everything(api: Api, oz: httpx.Client) -> None:
    before = api.kept()
    made = folder(oz, a=JPEG)
    (asked,) = analysed(oz, made["folder_id"], {"type": "quality"})
    assert oz.delete(f"/api/folders/{made['folder_id']}/").status_code == 204
    assert api.kept() == before
    for path in (f"folders/{made['folder_id']}", f"analyses/{asked['analysis_id']}"):
        assert refused(oz.get(f"/api/{path}")) == (404, 10)


def test_unknown_paths_and_methods_answer_in_the_facades_shape(oz: httpx.Client) -> None:
    assert refused(oz.get("/api/folders/no/such/path")) == (404, 10)
    assert refused(oz.put("/api/folders")) == (405, 1)


@pytest.mark.parametrize("value", ['"\\ud800"', '"\\u0000"', '{"\\u0000\\udfff": [1.5, null]}'])
def test_texts_that_no_encoding_takes_come_back_as_they_were_sent(oz: httpx.Client, value: str) -> None:
    payload = f'{{"folder:meta_data": {{"x": {value}}}}}'
    made = oz.post("/api/folders", content=payload, headers={"Content-Type": "application/json"})
    assert made.status_code == 201, made.text
    assert made.json()["meta_data"] == {"x": json.loads(value)}
    assert oz.get("/api/folders").json()["items"][0]["meta_data"] == {"x": json.loads(value)}


def test_folders_of_two_accounts_never_meet(api: Api, oz: httpx.Client) -> None:
    made = folder(oz, a=JPEG)
    media_id = made["media"][0]["media_id"]
    (asked,) = analysed(oz, made["folder_id"], {"type": "quality"})
    foreign = {"analyses": [{"type": "quality"}]}
    with signed_in(api) as other:
        assert other.get("/api/folders").json() == {"items": [], "total": 0}
        for path in (f"folders/{made['folder_id']}", f"folders/{made['folder_id']}/media", f"media/{media_id}"):
            assert refused(other.get(f"/api/{path}")) == (404, 10)
        assert refused(other.get(f"/api/analyses/{asked['analysis_id']}")) == (404, 10)
        assert refused(other.post(f"/api/folders/{made['folder_id']}/analyses", json=foreign)) == (404, 10)
        assert refused(other.post(f"/api/folders/{made['folder_id']}/media", files={"b": JPEG})) == (404, 10)
        assert refused(other.delete(f"/api/folders/{made['folder_id']}")) == (404, 10)
        assert refused(other.delete(f"/api/media/{media_id}")) == (404, 10)
    assert len(oz.get(f"/api/folders/{made['folder_id']}/media").json()) == 1
    assert len(oz.get(f"/api/folders/{made['folder_id']}/analyses").json()) == 1


def test_a_stored_reply_goes_with_its_folder(oz: httpx.Client) -> None:
    keyed = {"Idempotency-Key": "once"}
    first = oz.post("/api/folders", json={}, headers=keyed).json()["folder_id"]
    again = oz.post("/api/folders", json={}, headers=keyed)
    assert (again.json()["folder_id"], again.headers["idempotency-replayed"]) == (first, "true")
    assert oz.delete(f"/api/folders/{first}").status_code == 204
    assert oz.post("/api/folders", json={}, headers=keyed).json()["folder_id"] != first
