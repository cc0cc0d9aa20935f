"""Whatever is sent, the answer is no server error, carries a request id, and has the shape of the path's owner."""

import asyncio
import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deployments.ingress.app import create_app
from deployments.ingress.facades import owner
from tests.contract.files import JPEG
from tests.contract.raw import MULTIPART, multipart
from tests.contract.serving import Api

SEGMENTS = ["tasks", "auth", "tokens", "webhooks", "v1", "galleries", "reports", "deliveries", "sensity", "search"]
SEGMENTS += [
    "liveness_detection",
    "face_matching",
    "identity",
    "document",
    "authenticity",
    "photo",
    "liveness",
    "solutions",
    "replay",
    "subjects",
    "voice_analysis_complete",
]
PREFIXES = ["api/folders", "api/analyses", "api/media", "api/collections", "api/authorize", "oz/api/folders"]
PREFIXES += ["liveness/silent_detection", "quality/face", "senseid/identity/image_verification", "shareid"]
PREFIXES += ["api/v1/document", "api/v1/basic", "trustmatic/api/v1", "check_liveness", "idlive", "v3/api-docs", "flow"]
SHAPES = {
    "sensity": "success", "senseid": "code", "oz": "error_code", "native": "status", "trustmatic": "hasError",
    "idlive": "error_code", "shareid": "flow_id",
}  # fmt: skip
"""The member that every error body of a facade has."""
CREDENTIALS = b'{"api_key":"example-key","business_hash":"example-hash","tags":["abcd"]}'
segments = st.one_of(
    st.sampled_from(SEGMENTS), st.text(max_size=12), st.sampled_from(["", "..", "\0", "%00", "{id}", "'"])
)
paths = st.one_of(
    st.lists(segments, max_size=5),
    st.tuples(st.sampled_from(PREFIXES), st.lists(segments, max_size=3)).map(lambda found: [found[0], *found[1]]),
).map(lambda found: "/" + "/".join(found))
header_names = st.sampled_from(
    [b"content-type", b"content-length", b"x-request-id", b"idempotency-key", b"authorization", b"x"]
)
header_values = st.one_of(
    st.binary(max_size=40).map(lambda value: value.translate(None, b"\0\r\n")),
    st.sampled_from(
        [MULTIPART.encode(), b"application/json", b"application/x-www-form-urlencoded", b"Basic eDp5", b"-1", b"0"]
    ),
)
bodies = st.one_of(
    st.binary(max_size=200),
    st.just(multipart(('name="data"', b'{"api_key":"\\ud800","tags":[[]]}'), ('name="photos"; filename="a"', JPEG))),
    st.just(
        multipart(('name="photos"; filename="a.jpg"', JPEG), ('name="data"', b'{"api_key":"k","business_hash":"h"}'))
    ),
    st.just(multipart(('name="file"; filename="a"', JPEG), ('name="url"', b"\xff"))),
    st.sampled_from(
        [
            b'{"id":1}',
            b'{"credentials":{"email":"\\u0000","password":""}}',
            b'{"analyses":[{"type":"quality"}]}',
            b'{"sessionId":"s","frontSideImageBase":"http://[::1]/","backSideImageBase":[1]}',
            b'{"sessionId":"\\ud800","documentImageBase":"AAAA"}',
            b'{"image":"","pipelines":[{"pipeline_name":{}}],"errors_to_ignore":[[]]}',
            b'{"folder:meta_data":{"\\u0000":"\\ud800"},"media:tags":{"a":[""]},"resolution_endpoint":"x"}',
        ]
    ),
)


class Server:
    """The app, called without a network."""

    def __init__(self, api: Api) -> None:
        self.app = create_app(api.backend())
        intake = self.app.state.intake
        claims = intake.auth.new_claims(
            api.account[0], frozenset(("tasks:read", "tasks:write", "webhooks", "galleries"))
        )
        api.accounts.issue(api.account[0], claims)
        session = api.sessions.open(api.account[0])
        self.password = [(b"authorization", b"Basic " + base64.b64encode(":".join(api.account).encode()))]
        self.signed_in = [
            (b"authorization", intake.auth.sign(claims).encode()),
            (b"x-forensic-access-token", session.access_token.encode()),
        ]

    async def answer(
        self, method: str, path: str, headers: list[tuple[bytes, bytes]], body: bytes
    ) -> tuple[int, dict, bytes]:
        sent: list[Any] = []
        messages = iter([{"type": "http.request", "body": body, "more_body": False}, {"type": "http.disconnect"}])

        async def receive() -> Any:
            return next(messages)

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "headers": headers,
            "query_string": b"",
            "root_path": "",
        }
        await self.app(scope, receive, send)
        found = dict(sent[0]["headers"])
        return sent[0]["status"], found, b"".join(message.get("body", b"") for message in sent[1:])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    api = Api(tmp_path_factory.mktemp("home"))
    yield Server(api)
    api.engine.dispose()


@settings(max_examples=300, deadline=None)
@given(
    method=st.sampled_from(["GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS", "BREW"]),
    path=paths,
    headers=st.lists(st.tuples(header_names, header_values), max_size=4),
    body=bodies,
    authorised=st.sampled_from(["not", "token", "password"]),
)
def test_nothing_that_can_be_sent_breaks_the_app(
    server: Server, method: str, path: str, headers: list[tuple[bytes, bytes]], body: bytes, authorised: str
) -> None:
    if authorised != "not":
        given = server.signed_in if authorised == "token" else server.password
        headers = [pair for pair in headers if pair[0] != b"authorization"] + given
    status, found, content = asyncio.run(server.answer(method, path, headers, body))
    assert status < 500 or status == 501, content
    assert found[b"x-request-id"]
    if status >= 400:
        error = json.loads(content)
        facade = owner("/" + path.lstrip("/")).name
        assert SHAPES[facade] in error
        assert error.get("success") is False if facade == "sensity" else error.get("status", status) == status
