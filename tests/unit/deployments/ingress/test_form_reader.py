"""Reading forms into the blob store, fed in odd chunk sizes."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import ClientDisconnect, Request

from deployments.ingress.bodies import body, read_json
from deployments.ingress.errors import ApiError
from deployments.ingress.forms import FileRule, Form, FormRule
from deployments.ingress.uploads import FormReader
from deployments.tasks.blobs import Blobs

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40
PNG = b"\x89PNG\r\n\x1a\n" + bytes(2_000)
RULE = FormRule(
    files=(
        FileRule("file", {"jpg": 20_000, "png": 4_000}, ("source",)),
        FileRule("extra", {"png": 4_000}, required=False),
    ),
    fields={"note": "", "flag": ""},
)
MULTIPART = "multipart/form-data; boundary=b"


def request(
    content: bytes, sizes: Sequence[int] = (1_000,), content_type: str = MULTIPART, *, whole: bool = True
) -> Request:
    """A request whose body arrives in pieces of those sizes; it breaks off at the end unless it is whole."""
    pieces, at, turn = [], 0, 0
    while at < len(content):
        size = sizes[turn % len(sizes)]
        pieces.append(content[at : at + size])
        at, turn = at + size, turn + 1
    messages: list[dict[str, Any]] = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    messages.append({"type": "http.request", "body": b"", "more_body": False} if whole else {"type": "http.disconnect"})

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    headers = [(b"content-type", content_type.encode())]
    return Request({"type": "http", "method": "POST", "headers": headers}, receive)


def form(*parts: tuple[str, bytes]) -> bytes:
    """A multipart body; a name that ends in `!` is a file's."""
    out = b""
    for name, content in parts:
        filename = b'; filename="f"' if name.endswith("!") else b""
        out += b'--b\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n' % (name.rstrip("!").encode(), filename)
        out += content + b"\r\n"
    return out + b"--b--\r\n"


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def read(folder: Path, content: bytes, sizes: Sequence[int] = (1_000,), **options: Any) -> Form:
    return await FormReader(RULE, Blobs(str(folder)), "tenant", **options).read(request(content, sizes))


@pytest.mark.parametrize("sizes", [[1], [3, 1, 7], [4_095], [4_096], [4_097], [1_000_000]], ids=str)
async def test_a_file_arrives_whole_whatever_the_chunks(tmp_path: Path, sizes: list[int]) -> None:
    read_form = await read(tmp_path, form(("note", b"hello"), ("file!", JPEG)), sizes)
    ref = read_form.files["file"]
    assert (ref.size, ref.sha256, ref.mime, ref.kind) == (
        len(JPEG),
        hashlib.sha256(JPEG).hexdigest(),
        "image/jpeg",
        "image",
    )
    assert await Blobs(str(tmp_path)).get(ref.blob) == JPEG
    assert read_form.texts == {"note": "hello"}


async def test_the_limit_of_a_type_is_inclusive(tmp_path: Path) -> None:
    exact = PNG + bytes(4_000 - len(PNG))
    assert (await read(tmp_path, form(("file!", exact)), [7])).files["file"].size == 4_000
    with pytest.raises(ApiError) as refused:
        await read(tmp_path, form(("file!", exact + b"x")), [7])
    assert refused.value.code == "payload_too_large"
    assert len(files_in(tmp_path)) == 1


async def test_reading_stops_at_the_limit(tmp_path: Path) -> None:
    asked = request(form(("file!", JPEG + bytes(500_000))), [1_000])
    with pytest.raises(ApiError):
        await FormReader(RULE, Blobs(str(tmp_path)), "tenant").read(asked)
    left = 0
    while (await asked.receive())["more_body"]:
        left += 1
    assert left > 480
    assert files_in(tmp_path) == []


async def test_a_type_is_refused_before_the_rest_is_read(tmp_path: Path) -> None:
    asked = request(form(("file!", b"GIF89a" + bytes(100_000))), [1_000])
    with pytest.raises(ApiError) as refused:
        await FormReader(RULE, Blobs(str(tmp_path)), "tenant").read(asked)
    assert refused.value.code == "unsupported_media_type"
    assert (await asked.receive())["more_body"]


async def test_with_a_key_a_refused_form_is_read_to_its_end_for_its_fingerprint(tmp_path: Path) -> None:
    first, second = form(("file!", b"GIF89a" + bytes(9_000))), form(("file!", b"GIF89a" + bytes(9_001)))
    forms = [await read(tmp_path, content, whole=True) for content in (first, first, second)]
    assert [found.problems[0].code if found.problems else None for found in forms] == ["unsupported_media_type"] * 3
    assert forms[0].fingerprint == forms[1].fingerprint != forms[2].fingerprint
    assert files_in(tmp_path) == []


async def test_a_form_that_was_answered_before_is_hashed_and_not_kept(tmp_path: Path) -> None:
    content = form(("note", b"x"), ("file!", JPEG), ("extra!", PNG))
    kept, hashed = await read(tmp_path, content), await read(tmp_path, content, keep=False)
    assert kept.fingerprint == hashed.fingerprint
    assert len(files_in(tmp_path)) == 2


async def test_fingerprints_tell_roles_and_fields_apart(tmp_path: Path) -> None:
    contents = [
        form(("file!", PNG)),
        form(("extra!", PNG)),
        form(("file!", PNG), ("note", b"a")),
        form(("file!", PNG), ("flag", b"a")),
        form(("file!", PNG), ("note", b"a"), ("flag", b"b")),
    ]
    assert len({(await read(tmp_path, content)).fingerprint for content in contents}) == len(contents)


async def test_an_empty_file_counts_as_absent_and_is_remembered(tmp_path: Path) -> None:
    found = await read(tmp_path, form(("file!", b""), ("source!", PNG)))
    assert set(found.files) == {"file"}
    assert found.empty == {"file": "empty_file"}
    assert [ref.role for ref in found.media()] == ["file"]


async def test_empty_text_is_absent_and_unknown_parts_are_ignored(tmp_path: Path) -> None:
    found = await read(tmp_path, form(("note", b""), ("what", b"x" * 70_000), ("file!", PNG), ("what!", JPEG)))
    assert found.texts == {}
    assert len(files_in(tmp_path)) == 1


async def test_a_broken_connection_leaves_no_unfinished_file(tmp_path: Path) -> None:
    asked = request(form(("file!", JPEG))[:9_000], [1_000], whole=False)
    with pytest.raises(ClientDisconnect):
        await FormReader(RULE, Blobs(str(tmp_path)), "tenant").read(asked)
    assert files_in(tmp_path) == []


async def test_what_was_stored_before_a_refusal_is_named_for_deletion(tmp_path: Path) -> None:
    reader = FormReader(RULE, Blobs(str(tmp_path)), "tenant")
    with pytest.raises(ApiError):
        await reader.read(request(form(("file!", JPEG), ("extra!", JPEG))))
    assert [(tmp_path / key) for key in reader.stored] == files_in(tmp_path)


@settings(max_examples=60, deadline=None)
@given(note=st.text(max_size=50).filter(lambda text: "\0" not in text), sizes=st.lists(st.integers(1, 50), min_size=1))
async def test_any_text_comes_through(tmp_path_factory: pytest.TempPathFactory, note: str, sizes: list[int]) -> None:
    content = form(("note", note.encode()))
    found = await read(tmp_path_factory.getbasetemp(), content, sizes)
    assert found.texts.get("note", "") == note


async def test_an_urlencoded_form_is_read_where_it_is_allowed(tmp_path: Path) -> None:
    rule = FormRule(fields={"note": ""}, urlencoded=True)
    asked = request(b"note=a%20b%2Bc+d&other=1&note=", [3], "application/x-www-form-urlencoded; charset=utf-8")
    assert (await FormReader(rule, Blobs(str(tmp_path)), "tenant").read(asked)).texts == {"note": "a b+c d"}


async def test_a_body_that_stalls_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deployments.ingress.bodies.IDLE_S", 0.01)
    asked = request(b"x")

    async def silence() -> dict[str, Any]:
        import asyncio

        await asyncio.sleep(60)
        return {}

    stalled = Request(asked.scope, silence)
    with pytest.raises(ApiError) as refused:
        async for _ in body(stalled, 100):
            pass
    assert refused.value.status == 408


@pytest.mark.parametrize("content", [b'{"a": 1}', b""])
async def test_json_objects_are_read(content: bytes) -> None:
    assert await read_json(request(content, [2], "application/json; charset=utf-8")) == ({"a": 1} if content else {})
