"""Files that come packed, as text, or under names nobody knows beforehand."""

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from deployments.ingress.errors import ApiError
from deployments.ingress.forms import FileRule, Form, FormRule
from deployments.ingress.uploads import FormReader
from deployments.tasks.blobs import Blobs
from tests.unit.deployments.ingress.test_form_reader import JPEG, MULTIPART, PNG, files_in, form, request

TEXT = base64.b64encode(JPEG)


async def unpack(data: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Base64, four characters at a time."""
    left = b""
    async for piece in data:
        left += piece
        whole = len(left) - len(left) % 4
        yield base64.b64decode(left[:whole])
        left = left[whole:]


PACKED = FileRule(
    "face", {"jpg": 20_000}, decode=unpack, wire_bytes=30_000, unsupported="invalid_parameter", too_large="conflict",
    empty="missing_file",
)  # fmt: skip
RULE = FormRule(files=(PACKED,), fields={"note": ""}, urlencoded=True, json=True)
FREE = FormRule(fields={"payload": ""}, free_files=FileRule("", {"jpg": 20_000, "png": 4_000}), most_files=2)


async def read(folder: Path, rule: FormRule, content: bytes, kind: str = MULTIPART) -> Form:
    reader = FormReader(rule, Blobs(str(folder)), "tenant")
    return await reader.read(request(content, [997], kind))


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (form(("face", TEXT), ("note", b"x")), MULTIPART),
        (form(("face!", TEXT), ("note", b"x")), MULTIPART),
        (urlencode({"face": TEXT.decode(), "note": "x"}).encode(), "application/x-www-form-urlencoded"),
        (json.dumps({"face": TEXT.decode(), "note": "x", "unknown": [1]}).encode(), "application/json"),
    ],
    ids=["text", "file", "urlencoded", "json"],
)
async def test_a_packed_file_is_stored_unpacked_however_it_is_sent(tmp_path: Path, content: bytes, kind: str) -> None:
    found = await read(tmp_path, RULE, content, kind)
    assert found.files["face"].sha256 == hashlib.sha256(JPEG).hexdigest()
    assert (found.files["face"].size, found.texts) == (len(JPEG), {"note": "x"})


async def test_what_is_wrong_with_a_packed_file_has_the_words_of_its_rule(tmp_path: Path) -> None:
    cases = {
        "invalid_parameter": form(("face", base64.b64encode(PNG))),
        "conflict": form(("face", base64.b64encode(JPEG + bytes(12_000)))),
    }
    for code, content in cases.items():
        with pytest.raises(ApiError) as refused:
            await read(tmp_path, RULE, content)
        assert refused.value.code == code
    with pytest.raises(ApiError) as missing:
        (await read(tmp_path, RULE, form(("face", b"")))).media()
    assert missing.value.code == "missing_file"


@pytest.mark.parametrize(("value", "text"), [(True, "true"), (2, "2"), (None, None)])
async def test_json_values_are_texts(tmp_path: Path, value: object, text: str | None) -> None:
    content = json.dumps({"note": value}).encode()
    assert (await read(tmp_path, RULE, content, "application/json")).texts.get("note") == text


@pytest.mark.parametrize("content", [b"[]", b"{", b'{"note": {}}', b"\xff"])
async def test_json_that_is_no_form_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ApiError):
        await read(tmp_path, RULE, content, "application/json")


async def test_files_under_free_names_keep_them_and_their_order(tmp_path: Path) -> None:
    found = await read(tmp_path, FREE, form(("b!", JPEG), ("payload", b"{}"), ("a!", PNG)))
    assert [(ref.role, ref.kind) for ref in found.media()] == [("b", "image"), ("a", "image")]
    assert found.texts == {"payload": "{}"}


async def test_one_file_too_many_is_refused_and_nothing_of_it_kept(tmp_path: Path) -> None:
    reader = FormReader(FREE, Blobs(str(tmp_path)), "tenant")
    with pytest.raises(ApiError) as refused:
        await reader.read(request(form(("a!", JPEG), ("b!", JPEG), ("c!", JPEG))))
    assert refused.value.code == "invalid_parameter"
    assert len(files_in(tmp_path)) == 2
    await reader.discard()
    assert not files_in(tmp_path)


async def test_only_so_many_bodies_with_media_as_text_are_in_memory(tmp_path: Path) -> None:
    gate = asyncio.Semaphore(1)
    content = json.dumps({"face": TEXT.decode()}).encode()
    await gate.acquire()
    reader = FormReader(RULE, Blobs(str(tmp_path)), "tenant", whole_bodies=gate)
    reading = asyncio.ensure_future(reader.read(request(content, [997], "application/json")))
    await asyncio.sleep(0.05)
    assert not reading.done()
    gate.release()
    assert (await reading).files["face"].size == len(JPEG)
