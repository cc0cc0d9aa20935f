"""Bad input, one row each: what is answered, and that nothing is left behind."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from deployments.ingress.multipart import MAX_PARTS
from tests.contract.files import GIF, JPEG, MP4, PDF, PNG, TEXT, WAV, padded, picture
from tests.contract.raw import MULTIPART, multipart
from tests.contract.serving import Api

LIVENESS = "/tasks/liveness_detection"
MATCHING = "/tasks/face_matching"
IDENTITY = "/v1/solutions/identity"
EVENT = "/webhooks/voice_analysis_complete"
LIMIT = 33_554_432
FILE = 'name="file"; filename="a.jpg"'
FORM = {"Content-Type": MULTIPART}
SELFIE = {"file": ("a.jpg", JPEG)}
URLENCODED = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Row:
    """A request and its answer. `options` go to `httpx.Client.request`."""

    about: str
    status: int
    code: str
    path: str = LIVENESS
    method: str = "POST"
    options: dict[str, Any] = field(default_factory=dict)


def row(about: str, status: int, code: str, path: str = LIVENESS, method: str = "POST", **options: Any) -> Row:
    return Row(about, status, code, path, method, options)


def form(*parts: tuple[str, bytes], **headers: str) -> dict[str, Any]:
    return {"content": multipart(*parts), "headers": FORM | headers}


def chunked(data: bytes) -> Iterator[bytes]:
    for at in range(0, len(data), 1 << 16):
        yield data[at : at + (1 << 16)]


UNSUPPORTED, INVALID, MALFORMED = "unsupported_media_type", "invalid_parameter", "malformed_body"
MISSING, TOO_LARGE, NOT_FOUND = "missing_file", "payload_too_large", "not_found"
WHOLE = multipart((FILE, JPEG))
ROWS = [
    # Files
    row("no form at all", 415, UNSUPPORTED),
    row("an empty form", 400, MISSING, **form()),
    row("only other fields", 400, MISSING, **form(('name="additional_info"', b"x"))),
    row("a file under another name", 400, MISSING, files={"image": ("a.jpg", JPEG)}),
    row("a file without a file name", 400, MISSING, **form(('name="file"', JPEG))),
    row("a file with an empty file name", 400, MISSING, **form(('name="file"; filename=""', JPEG))),
    row("a file of no bytes", 400, "empty_file", files={"file": ("a.jpg", b"")}),
    row("the same file twice", 400, INVALID, **form((FILE, JPEG), (FILE, PNG))),
    row("the file and its alias", 400, INVALID, MATCHING, **form((FILE, JPEG), ('name="face"; filename="b"', PNG))),
    row("a second file where one is needed", 400, MISSING, MATCHING, files=SELFIE),
    row("an empty second file", 400, "empty_file", MATCHING, files={**SELFIE, "extra_file": ("b.jpg", b"")}),
    row("a gallery that does not exist", 404, NOT_FOUND, MATCHING, files=SELFIE, data={"gallery_id": "none"}),
    row("a gallery that cannot exist", 400, INVALID, MATCHING, files=SELFIE, data={"gallery_id": "../x"}),
    row("text called JPEG", 415, UNSUPPORTED, files={"file": ("a.jpg", TEXT, "image/jpeg")}),
    row("a PDF called PNG", 415, UNSUPPORTED, files={"file": ("a.png", PDF, "image/png")}),
    row("a GIF where none is allowed", 415, UNSUPPORTED, files={"file": ("a.gif", GIF)}),
    row("a BMP where none is allowed", 415, UNSUPPORTED, files={"file": ("a.bmp", picture("BMP"))}),
    row("sound where a face is needed", 415, UNSUPPORTED, files={"file": ("a.wav", WAV)}),
    row("a video as the reference", 415, UNSUPPORTED, MATCHING, files={**SELFIE, "extra_file": ("b", MP4)}),
    row("a single byte", 415, UNSUPPORTED, files={"file": ("a.jpg", b"\xff")}),
    row("one byte over the limit", 413, TOO_LARGE, files={"file": ("a.jpg", padded(LIMIT + 1))}),
    row(
        "one byte over the limit, length not announced",
        413,
        TOO_LARGE,
        content=lambda: chunked(multipart((FILE, padded(LIMIT + 1)))),
        headers=FORM,
    ),
    row("far over the limit", 413, TOO_LARGE, files={"file": ("a.jpg", padded(LIMIT + (8 << 20)))}),
    # Fields
    row("session_info that nobody signed", 400, "invalid_session_info", files=SELFIE, data={"session_info": "x"}),
    row("a text field of 64 KiB and one", 413, TOO_LARGE, files=SELFIE, data={"additional_info": "x" * 65_537}),
    row("a field twice", 400, INVALID, files=SELFIE, data={"additional_info": ["x", "y"]}),
    row("NUL in a field", 400, INVALID, **form((FILE, JPEG), ('name="additional_info"', b"a\0b"))),
    row("a field that is not UTF-8", 400, INVALID, **form((FILE, JPEG), ('name="additional_info"', b"\xff\xfe"))),
    row("too many parts", 400, MALFORMED, **form(*([('name="x"', b"")] * (MAX_PARTS + 1)))),
    row("a field name beyond reason", 400, MALFORMED, **form((f'name="{"x" * 500}"', b""))),
    row("a part header beyond reason", 400, MALFORMED, **form((f'name="file"; filename="{"x" * 9_000}"', JPEG))),
    row("a part without a name", 400, MALFORMED, **form(('filename="a.jpg"', JPEG))),
    # Bodies
    row("a truncated multipart body", 400, MALFORMED, content=WHOLE[:-12], headers=FORM),
    row("a multipart body cut within its headers", 400, MALFORMED, content=WHOLE[:40], headers=FORM),
    row("another boundary than announced", 400, MALFORMED, content=WHOLE.replace(b"veriscope", b"other"), headers=FORM),
    row("no boundary", 400, MALFORMED, content=WHOLE, headers={"Content-Type": "multipart/form-data"}),
    row("a boundary without end", 400, MALFORMED, content=WHOLE, headers={"Content-Type": f"{MULTIPART}{'x' * 300}"}),
    row("a compressed body", 415, UNSUPPORTED, content=WHOLE, headers=FORM | {"Content-Encoding": "gzip"}),
    row("JSON where a form is needed", 415, UNSUPPORTED, json={"file": "x"}),
    row("bytes where a form is needed", 415, UNSUPPORTED, content=JPEG, headers={"Content-Type": "image/jpeg"}),
    row("urlencoded where a file is needed", 415, UNSUPPORTED, data={"file": "x"}),
    row("a content type that is none", 415, UNSUPPORTED, content=WHOLE, headers={"Content-Type": ";;;"}),
    # Headers
    row("a header in the request id", 404, NOT_FOUND, f"{LIVENESS}/x", "GET", headers={"X-Request-Id": "a\tb: c"}),
    row("no token", 401, "unauthorized", files=SELFIE, headers={"Authorization": "Bearer"}),
    row("a bad token", 401, "unauthorized", files=SELFIE, headers={"Authorization": "eyJhbGciOiJub25lIn0.e30."}),
    row("a password where a token is needed", 401, "unauthorized", files=SELFIE, auth=("bank", "password")),
    row("a token where a password is needed", 401, "unauthorized", "/auth/tokens"),
    row("a bad idempotency key", 400, "invalid_idempotency_key", files=SELFIE, headers={"Idempotency-Key": "a b"}),
    # Paths
    row("an unknown task type", 404, NOT_FOUND, "/tasks/astrology", files=SELFIE),
    row("an unknown path", 404, NOT_FOUND, "/task/liveness_detection", files=SELFIE),
    row("an id that is none", 404, NOT_FOUND, f"{LIVENESS}/%00", "GET"),
    row("an id that climbs", 404, NOT_FOUND, f"{LIVENESS}/..%2f..%2fetc", "GET"),
    row("an id beyond reason", 404, NOT_FOUND, f"{LIVENESS}/{'x' * 5_000}", "GET"),
    row("a method that is not offered", 405, "method_not_allowed", LIVENESS, "PUT", files=SELFIE),
    row("deleting a result through a facade that cannot", 405, "method_not_allowed", f"{LIVENESS}/x", "DELETE"),
    # Webhooks
    row("a webhook without a url", 400, INVALID, EVENT, data={"other": "x"}),
    row("a webhook to a private address", 400, INVALID, EVENT, data={"url": "http://192.168.0.1/"}),
    row("a webhook with a doubled url", 400, INVALID, EVENT, data={"url": ["https://a.test/", "https://b.test/"]}),
    row("a webhook form in a broken encoding", 400, MALFORMED, EVENT, content=b"url=%ff%fe", headers=URLENCODED),
    row("a webhook as JSON", 415, UNSUPPORTED, EVENT, json={"url": "https://a.test/"}),
    # The native API
    row("a solution without its selfie", 400, MISSING, IDENTITY, files={"reference": ("a.jpg", JPEG)}),
    row("a solution that does not exist", 404, NOT_FOUND, "/v1/solutions/astrology", files=SELFIE),
    row("a video as reference", 415, UNSUPPORTED, IDENTITY, files={"selfie": ("a", JPEG), "reference": ("b", MP4)}),
    row("a gallery without a name", 400, INVALID, "/v1/galleries", json={}),
    row("a gallery with a number for a name", 400, INVALID, "/v1/galleries", json={"id": 7}),
    row("a gallery with a path for a name", 400, INVALID, "/v1/galleries", json={"id": "../staff"}),
    row("a gallery as broken JSON", 400, MALFORMED, "/v1/galleries", content=b'{"id": ', headers=JSON),
    row("a gallery as a JSON list", 400, MALFORMED, "/v1/galleries", content=b"[1]", headers=JSON),
    row("a gallery as bottomless JSON", 400, MALFORMED, "/v1/galleries", content=b"[" * 60_000, headers=JSON),
    row("a gallery as endless JSON", 413, TOO_LARGE, "/v1/galleries", content=b" " * 70_000, headers=JSON),
    row("a gallery as a form", 415, UNSUPPORTED, "/v1/galleries", data={"id": "staff"}),
    row("enrolling nowhere", 404, NOT_FOUND, "/v1/galleries/none/subjects", files=SELFIE, data={"subject_id": "a"}),
    row("enrolling nobody", 400, INVALID, "/v1/galleries/none/subjects", files=SELFIE),
    row("searching no gallery", 404, NOT_FOUND, "/v1/galleries/none/search", files=SELFIE),
    row("a page of no size", 400, INVALID, "/v1/deliveries?limit=0", "GET"),
    row("a page of a strange size", 400, INVALID, "/v1/deliveries?limit=²", "GET"),
    row("a page before no id", 400, INVALID, "/v1/deliveries?before=%00", "GET"),
    row("replaying no delivery", 404, NOT_FOUND, "/v1/deliveries/none/replay"),
]  # fmt: skip


@pytest.mark.parametrize("bad", ROWS, ids=lambda bad: bad.about)
def test_bad_input_is_refused_and_leaves_nothing_behind(api: Api, client: httpx.Client, bad: Row) -> None:
    before = api.kept()
    options = {name: value() if callable(value) else value for name, value in bad.options.items()}
    reply = client.request(bad.method, bad.path, **options)
    assert reply.status_code == bad.status, reply.text
    body = reply.json()
    native = reply.headers["content-type"] == "application/problem+json"
    assert (body["type"].rpartition("/")[2] if native else body["code"]) == bad.code.replace(
        "_", "-" if native else "_"
    )
    assert body["status"] == bad.status if native else body["success"] is False
    assert api.kept() == before


def test_a_file_of_exactly_the_limit_is_accepted(api: Api) -> None:
    account = api.new_account()
    with api.client(account) as client:
        task_id = client.post(LIVENESS, files={"file": ("a.jpg", padded(LIMIT))}).json()["report_id"]
    assert api.store.get(account[0], task_id).spec.media[0].size == LIMIT


def test_refusals_repeat_nothing_of_what_was_sent(client: httpx.Client) -> None:
    files = {"file": ("passport-of-jane-doe.jpg", TEXT + b"jane-doe")}
    for reply in (
        client.post(LIVENESS, files=files),
        client.post(LIVENESS, files=SELFIE, data={"session_info": "jane-doe"}),
        client.post(EVENT, data={"url": "http://10.0.0.1/jane-doe"}),
        client.get("/tasks/jane-doe/jane-doe"),
    ):
        assert reply.status_code >= 400
        assert "jane" not in reply.text
