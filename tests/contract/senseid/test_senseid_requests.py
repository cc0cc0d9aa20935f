"""What a request may look like, and which mistake is told first (contracts 3.1, 3.3, 3.6 and 3.7)."""

import base64
import re

import httpx
import pytest

from tests.contract.files import GIF, JPEG, MP4, PDF, PNG, TEXT, padded, picture
from tests.contract.judges import judged_well, judging
from tests.contract.raw import MULTIPART, Wire, multipart
from tests.contract.senseid.serving import (
    IMAGES,
    IV,
    KEY,
    LIVENESS_IMAGE,
    MATRIX,
    PATHS,
    PHOTO,
    QUALITY,
    SILENT,
    SILENT_IMAGE,
    VIDEO,
    post,
    sealed,
    text,
)
from tests.contract.serving import Api

MiB = 1 << 20


def refusal(reply: httpx.Response) -> tuple[int, int, str]:
    """Status, code and message of an error, whose body holds these and an id alone."""
    body = reply.json()
    assert set(body) == {"code", "message", "request_id"}
    assert re.fullmatch("[0-9a-f]{32}", body["request_id"])
    return reply.status_code, body["code"], body["message"]


INVALID = (400, 1200, "invalid argument")
LENGTH = (400, 2004, "invalid content length")
TYPE = (400, 2005, "invalid image type or corrupted")


@pytest.mark.parametrize("path", PATHS)
def test_a_good_request_is_answered_with_1000_and_an_id_of_32_hex_digits(
    api: Api, client: httpx.Client, path: str
) -> None:
    with judging(api, judged_well):
        reply = post(client, path)
    assert reply.status_code == 200, reply.text
    assert reply.json()["code"] == 1000
    assert re.fullmatch("[0-9a-f]{32}", reply.json()["request_id"])


@pytest.mark.parametrize("kind", ["json", "data"])
@pytest.mark.parametrize(
    ("path", "sent"),
    [
        (QUALITY, {"encrypted_image": PHOTO}),
        (IMAGES, {"first_encrypted_image": PHOTO, "second_encrypted_image": PHOTO, "auto_rotate": "true"}),
        (SILENT, {"encrypted_video": VIDEO}),
    ],
)
def test_strings_alone_may_come_as_json_or_urlencoded(
    api: Api, client: httpx.Client, path: str, sent: dict[str, str], kind: str
) -> None:
    with judging(api, judged_well):
        reply = client.post(path, **{kind: sent})  # type: ignore[arg-type]
    assert reply.json()["code"] == 1000


def test_json_may_hold_real_booleans(api: Api, client: httpx.Client) -> None:
    sent = {"first_encrypted_image": PHOTO, "second_encrypted_image": PHOTO, "auto_rotate": True}
    with judging(api, judged_well) as judged:
        client.post(IMAGES, json=sent)
    assert judged[0].spec.options["rotate"] == {"file": True, "extra_file": True}


def test_a_photo_is_not_rotated_unless_asked_and_a_video_always_stands_upright(api: Api, client: httpx.Client) -> None:
    with judging(api, judged_well) as judged:
        post(client, IMAGES)
        post(client, SILENT_IMAGE, auto_rotate="false")
        post(client, SILENT_IMAGE, auto_rotate="TRUE")
    assert [task.spec.options["rotate"] for task in judged] == [
        {"file": False, "extra_file": False},
        {"selfie": True, "reference": False},
        {"selfie": True, "reference": True},
    ]


@pytest.mark.parametrize(
    "dressed",
    [
        PHOTO.rstrip("="),
        "data:image/jpeg;base64," + PHOTO,
        "\r\n".join(PHOTO[at : at + 76] for at in range(0, len(PHOTO), 76)),
        PHOTO.replace("+", " "),
        "v2:" + base64.b64encode(IV + sealed(JPEG)).decode(),
    ],
    ids=["unpadded", "data-url", "lines", "plus-as-space", "own-iv"],
)
def test_base64_comes_in_several_dresses(api: Api, client: httpx.Client, dressed: str) -> None:
    with judging(api, judged_well) as judged:
        reply = post(client, QUALITY, encrypted_image=dressed)
    assert reply.json()["code"] == 1000
    assert judged[0].spec.media[0].size == len(JPEG)


def flipped(value: str) -> str:
    last = value.rstrip("=")[-1]
    return value.rstrip("=")[:-1] + ("B" if last == "A" else "A") + "=" * (len(value) - len(value.rstrip("=")))


@pytest.mark.parametrize(
    "spoilt",
    [
        flipped(PHOTO),
        PHOTO[:-8],
        "not base64 at all!",
        "AAAA",
        text(JPEG, b"x" * 32),
        base64.b64encode(JPEG).decode(),
        PHOTO + PHOTO,
        "v2:" + PHOTO,
    ],
    ids=["last-byte", "cut", "no-base64", "no-tag", "foreign-key", "not-sealed", "twice", "false-iv"],
)
def test_a_payload_that_cannot_be_opened_is_1200(client: httpx.Client, spoilt: str) -> None:
    assert refusal(post(client, QUALITY, encrypted_image=spoilt)) == INVALID


@pytest.mark.parametrize(
    ("path", "field"),
    [
        (IMAGES, "first_encrypted_image"),
        (IMAGES, "second_encrypted_image"),
        (MATRIX, "second_encrypted_image"),
        (LIVENESS_IMAGE, "liveness_file"),
        (LIVENESS_IMAGE, "encrypted_image"),
        (SILENT_IMAGE, "encrypted_video"),
        (SILENT_IMAGE, "encrypted_image"),
        (QUALITY, "encrypted_image"),
        (SILENT, "encrypted_video"),
    ],
)
def test_a_missing_or_empty_field_is_1200(client: httpx.Client, path: str, field: str) -> None:
    assert refusal(post(client, path, **{field: None})) == INVALID
    assert refusal(post(client, path, **{field: ""})) == INVALID


@pytest.mark.parametrize(
    ("path", "flag"),
    [
        (IMAGES, "auto_rotate"),
        (IMAGES, "check_quality"),
        (MATRIX, "auto_rotate"),
        (SILENT, "return_status"),
        (SILENT_IMAGE, "return_face_image"),
    ],
)
def test_a_flag_that_is_no_boolean_is_1200(client: httpx.Client, path: str, flag: str) -> None:
    assert refusal(post(client, path, **{flag: "perhaps"})) == INVALID


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "GIF", "TIFF"])
def test_every_photo_format_of_the_manual_is_taken(api: Api, client: httpx.Client, kind: str) -> None:
    with judging(api, judged_well):
        assert post(client, QUALITY, encrypted_image=text(picture(kind))).json()["code"] == 1000


@pytest.mark.parametrize("content", [TEXT, PDF, MP4, picture("WEBP")], ids=["text", "pdf", "video", "webp"])
def test_a_photo_of_another_type_is_2005(client: httpx.Client, content: bytes) -> None:
    assert refusal(post(client, QUALITY, encrypted_image=text(content))) == TYPE


def test_a_video_of_another_type_is_2008_in_silent_detection_and_1200_elsewhere(client: httpx.Client) -> None:
    assert refusal(post(client, SILENT, encrypted_video=text(GIF))) == (400, 2008, "invalid video error")
    assert refusal(post(client, SILENT_IMAGE, encrypted_video=text(GIF))) == INVALID


def test_a_photo_may_have_10_mib_and_not_a_byte_more_nor_none(api: Api, client: httpx.Client) -> None:
    with judging(api, judged_well):
        assert post(client, QUALITY, encrypted_image=text(padded(10 * MiB))).json()["code"] == 1000
    assert refusal(post(client, QUALITY, encrypted_image=text(padded(10 * MiB + 1)))) == LENGTH
    assert refusal(post(client, QUALITY, encrypted_image=text(b""))) == LENGTH


def test_a_video_may_have_32_mib_and_not_a_byte_more(api: Api, client: httpx.Client) -> None:
    with judging(api, judged_well):
        full = text(MP4 + bytes(32 * MiB - len(MP4)))
        assert post(client, SILENT, encrypted_video=full).json()["code"] == 1000
    assert refusal(post(client, SILENT, encrypted_video=text(MP4 + bytes(32 * MiB + 1 - len(MP4))))) == LENGTH


@pytest.mark.parametrize("data", [TEXT, sealed(TEXT), sealed(MP4, b"x" * 32), sealed(MP4)[:-1], MP4])
def test_liveness_data_that_cannot_be_read_is_2007(client: httpx.Client, data: bytes) -> None:
    reply = post(client, LIVENESS_IMAGE, liveness_file=data)
    assert refusal(reply) == (400, 2007, "corrupted liveness data error")


@pytest.mark.parametrize("plain", [MP4, JPEG, PNG, b"PK\x05\x06" + bytes(18)], ids=["video", "jpeg", "png", "zip"])
def test_liveness_data_is_a_sealed_video_photo_or_archive(api: Api, client: httpx.Client, plain: bytes) -> None:
    with judging(api, judged_well) as judged:
        assert post(client, LIVENESS_IMAGE, liveness_file=sealed(plain)).json()["code"] == 1000
    assert [(ref.role, ref.size) for ref in judged[0].spec.media] == [("file", len(plain)), ("extra_file", len(JPEG))]


def test_1200_comes_before_2004_before_2005_whatever_comes_first_on_the_wire(client: httpx.Client) -> None:
    huge, odd, shut = text(padded(10 * MiB + 1)), text(TEXT), flipped(PHOTO)
    both = {"first_encrypted_image": odd, "second_encrypted_image": huge}
    assert refusal(post(client, IMAGES, **both)) == LENGTH
    assert refusal(post(client, IMAGES, **both, check_quality="perhaps")) == INVALID
    assert refusal(post(client, IMAGES, first_encrypted_image=huge, second_encrypted_image=shut)) == INVALID
    assert refusal(post(client, IMAGES, first_encrypted_image=odd, second_encrypted_image=None)) == INVALID
    assert refusal(post(client, QUALITY, encrypted_image=flipped(huge))) == INVALID


def test_a_chunked_body_is_411_before_anything_else(client: httpx.Client) -> None:
    reply = client.post(QUALITY, content=iter([b"x"]), headers={"Content-Type": "text/plain"})
    assert refusal(reply) == (411, 411, "LENGTH_REQUIRED")


def test_a_body_without_a_length_is_411(api: Api) -> None:
    with Wire(api.base_url) as wire:
        wire.head("POST", QUALITY, {"Content-Type": MULTIPART})
        reply = wire.reply()
    assert (reply.status, reply.json()["message"]) == (411, "LENGTH_REQUIRED")


def test_more_than_64_mib_are_413_before_they_are_sent(api: Api) -> None:
    with Wire(api.base_url) as wire:
        wire.head("POST", QUALITY, {"Content-Type": MULTIPART, "Content-Length": str(64 * MiB + 1)})
        reply = wire.reply()
    body = reply.json()
    assert (reply.status, body["code"], body["message"]) == (413, 413, "PAYLOAD_TOO_LARGE")


def test_an_unknown_path_is_404_and_another_method_405_in_the_vendors_shape(client: httpx.Client) -> None:
    assert refusal(client.post("/identity/nothing/stateless")) == (404, 404, "NOT_FOUND")
    assert refusal(client.post("/quality/nothing")) == (404, 404, "NOT_FOUND")
    assert refusal(client.post("/liveness/nothing")) == (404, 404, "NOT_FOUND")
    assert refusal(client.get(IMAGES)) == (405, 405, "METHOD_NOT_ALLOWED")


def test_the_facade_answers_under_its_own_name_too(api: Api, client: httpx.Client) -> None:
    with judging(api, judged_well):
        assert post(client, QUALITY).json()["code"] == 1000
        files = {"encrypted_image": (None, PHOTO)}
        assert client.post("/senseid" + QUALITY, files=files).json()["code"] == 1000  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "body"), [("application/json", b"[1]"), ("application/json", b"{"), ("text/plain", b"x"), ("", b"x")]
)
def test_a_body_that_is_no_form_is_1200(client: httpx.Client, kind: str, body: bytes) -> None:
    assert refusal(client.post(QUALITY, content=body, headers={"Content-Type": kind})) == INVALID


def test_a_field_sent_twice_is_1200(client: httpx.Client) -> None:
    part = ('name="encrypted_image"', PHOTO.encode())
    reply = client.post(QUALITY, content=multipart(part, part), headers={"Content-Type": MULTIPART})
    assert refusal(reply) == INVALID


def test_the_body_repeats_the_callers_request_id_where_it_has_the_vendors_form(client: httpx.Client) -> None:
    own = "0123456789abcdef0123456789abcdef"
    assert client.post(QUALITY, headers={"X-Request-Id": own}).json()["request_id"] == own
    other = client.post(QUALITY, headers={"X-Request-Id": "order-4711"})
    assert other.headers["x-request-id"] == "order-4711"
    assert re.fullmatch("[0-9a-f]{32}", other.json()["request_id"])


def test_refused_requests_leave_nothing_behind(api: Api, client: httpx.Client) -> None:
    before = api.kept()
    post(client, IMAGES, second_encrypted_image=flipped(PHOTO))
    post(client, IMAGES, first_encrypted_image=text(TEXT))
    post(client, SILENT_IMAGE, encrypted_image=None)
    assert api.kept() == before


def test_the_documented_key_is_the_default() -> None:
    vector = b"7EWZ/NNZbCM9JlyLTjO1UvngBwbwg/4OZAuYBwE="
    assert base64.b64encode(sealed(b"hello senseid", KEY)) == vector
