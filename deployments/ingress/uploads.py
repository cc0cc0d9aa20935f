"""Reading a request's body: files go to the blob store as they arrive, without temporary copies."""

import asyncio
import contextlib
import hashlib
import json
import math
import time
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import parse_qsl

from python_multipart.multipart import parse_options_header
from starlette.requests import ClientDisconnect, Request

from deployments.ingress.errors import ApiError
from deployments.ingress.forms import MAX_TEXT, FileRule, Form, FormRule, invalid
from deployments.ingress.multipart import MAX_PARTS, MultipartReader
from deployments.tasks.blobs import Blobs
from deployments.tasks.task import MediaRef
from pipelines.media.sniff import HEAD_BYTES, sniff

MAX_TEXTS = 1 << 20
"""Bytes of a body beside its files: text fields, boundaries, part headers."""

MAX_JSON = 64 << 10
IDLE_S = 30.0
"""Seconds without a byte after which a request is given up."""

TOTAL_S = 900.0
_MULTIPART = b"multipart/form-data"
_URLENCODED = b"application/x-www-form-urlencoded"
_JSON = b"application/json"
_PIECE = 1 << 16


class FormReader:
    """Reads one form.

    Attributes:
        stored: keys of the blobs written so far; the caller deletes them when the request comes to nothing.
    """

    def __init__(
        self,
        rule: FormRule,
        blobs: Blobs,
        tenant: str,
        *,
        keep: bool = True,
        whole: bool = False,
        whole_bodies: asyncio.Semaphore | None = None,
    ) -> None:
        """Args:
        keep: False hashes files without storing them (a request that was answered before).
        whole: True reads on after a refused file, so that the form has a fingerprint; refusals are its `problems`.
        whole_bodies: how many bodies with media in texts may be in memory at the same time; further ones wait.
        """
        self._rule = rule
        self._blobs = blobs
        self._tenant = tenant
        self._keep = keep
        self._whole = whole or rule.check is not None
        self._whole_bodies = whole_bodies or contextlib.nullcontext()
        self._form = Form(rule)
        self.stored: list[str] = []

    async def read(self, request: Request) -> Form:
        """The form. Raises ApiError for a body that is malformed, too large, or of another content type."""
        kind, options = parse_options_header(request.headers.get("content-type"))
        packed = sum(rule.wire_bytes or rule.largest for rule in self._rule.files if rule.decode)
        if kind == _URLENCODED and self._rule.urlencoded:
            # A percent-encoded byte is three.
            await self._read_texts(request, MAX_TEXTS + 3 * packed, _pairs_of_form)
        elif kind == _JSON and self._rule.json:
            await self._read_texts(request, MAX_TEXTS + packed, _pairs_of_json)
        elif kind == _MULTIPART:
            limit = MAX_TEXTS + self._rule.files_bytes
            await self._read_multipart(MultipartReader(body(request, limit), options.get(b"boundary", b"")))
        else:
            raise ApiError("unsupported_media_type", "the request must be multipart/form-data")
        return self._form

    async def discard(self) -> None:
        """Deletes what was stored and belongs to nobody."""
        if self.stored:
            await self._blobs.delete(self.stored)
            self.stored.clear()

    async def _read_texts(self, request: Request, limit: int, parse: Callable[[bytes], list[tuple[str, Any]]]) -> None:
        """A body that can only be read as a whole; files may stand in it as text."""
        async with self._whole_bodies if limit > MAX_TEXTS else contextlib.nullcontext():
            raw = await read_all(request, limit)
            pairs = await asyncio.to_thread(parse, raw) if len(raw) > MAX_TEXTS else parse(raw)
            for name, value in pairs:
                rule = self._rule.file(name)
                if rule is not None and rule.decode is not None:
                    await self._file(rule, _pieces(_as_text(name, value)))
                elif rule is None and name in self._rule.fields:
                    self._set(name, _as_text(name, value))

    async def _read_multipart(self, reader: MultipartReader) -> None:
        while (head := await reader.next_part()) is not None:
            rule = self._rule.file(head.name)
            if rule is None and head.is_file:
                rule = self._rule.free_file(head.name)
            if rule is not None and (head.is_file or rule.decode is not None):
                self._form.names[rule.role] = head.filename
                await self._file(rule, reader.data())
            elif rule is None and head.name in self._rule.fields:
                self._set(head.name, await _text(head.name, reader.data()))

    def _set(self, name: str, value: str) -> None:
        if not value:
            return
        if len(value) > MAX_TEXT:
            raise ApiError("payload_too_large", f"{name} is too long", pointer=f"#/{name}")
        if "\0" in value:
            self._refuse(invalid(name, "must not hold NUL"))
        elif name in self._form.texts:
            self._refuse(invalid(name, "was sent more than once"))
        else:
            self._form.texts[name] = value

    async def _file(self, rule: FileRule, data: AsyncIterator[bytes]) -> None:
        if rule.decode is not None:
            first = await anext(data, b"")
            if not first:
                return  # An empty text is an absent one.
            data = rule.decode(_bounded(rule, first, data, rule.wire_bytes or rule.largest, "payload_too_large"))
        head = await _take(data, HEAD_BYTES)
        if not head:
            self._form.empty[rule.role] = rule.empty
            return
        media = sniff(head)
        keep = self._keep
        if rule.role in self._form.files:
            self._refuse(invalid(rule.role, "was sent more than once"))
            keep = False
        if self._rule.file(rule.role) is None and len(self._form.files) >= self._rule.most_files:
            self._refuse(invalid(rule.role, f"is one file too many: at most {self._rule.most_files}"))
            keep = False
        if media is None or media.extension not in rule.limits:
            self._refuse(
                ApiError(rule.unsupported, f"{rule.role} is not of an accepted type", pointer=f"#/{rule.role}")
            )
            keep = False
        limit = rule.limits.get(media.extension, rule.largest) if media else rule.largest
        bounded = _bounded(rule, head, data, limit, rule.too_large)
        try:
            blob, sha256, size = await self._store(bounded) if keep else await _digest(bounded)
        except ApiError as refusal:
            if self._rule.check is None or refusal.code != rule.too_large:
                raise
            self._refuse(refusal)
            blob, sha256, size = await _digest(data)
        self._form.files[rule.role] = MediaRef(
            role=rule.role,
            blob=blob,
            sha256=sha256,
            size=size,
            mime=media.mime if media else "",
            kind=media.kind if media else "",
        )

    async def _store(self, data: AsyncIterator[bytes]) -> tuple[str, str, int]:
        blob = await self._blobs.put(data, self._tenant)
        self.stored.append(blob.key)
        return blob.key, blob.sha256, blob.size

    def _refuse(self, problem: ApiError) -> None:
        if not self._whole:
            raise problem
        self._form.problems.append(problem)


async def body(request: Request, limit: int) -> AsyncIterator[bytes]:
    """The chunks of a body of at most `limit` bytes. Raises ApiError `payload_too_large` as soon as that is certain."""
    too_large = ApiError("payload_too_large", f"the request body must have at most {limit} bytes")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise ApiError("unsupported_media_type", "compressed request bodies are not accepted")
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced[:18]) > limit:
        raise too_large
    left, until = limit, time.monotonic() + TOTAL_S
    more = True
    while more:
        try:
            async with asyncio.timeout(min(IDLE_S, until - time.monotonic())):
                message = await request.receive()
        except TimeoutError:
            raise ApiError("request_timeout") from None
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk = message.get("body", b"")
        more = message.get("more_body", False)
        left -= len(chunk)
        if left < 0:
            raise too_large
        if chunk:
            yield chunk


async def read_all(request: Request, limit: int) -> bytes:
    """A short body at once."""
    return b"".join([chunk async for chunk in body(request, limit)])


async def read_json(request: Request) -> dict[str, Any]:
    """A JSON object; an empty body is an empty one. Raises ApiError for anything else."""
    raw = await read_all(request, MAX_JSON)
    kind, _ = parse_options_header(request.headers.get("content-type"))
    if not raw:
        return {}
    if kind != _JSON:
        raise ApiError("unsupported_media_type", "the request must be application/json")
    return json_object(raw)


def json_object(text: bytes | str, name: str = "the body") -> dict[str, Any]:
    """Parses a JSON object. Raises ApiError `malformed_body`, also for numbers that JSON cannot write again."""
    try:
        value = json.loads(text, parse_constant=_finite, parse_float=_finite)
    except (ValueError, RecursionError):
        raise ApiError("malformed_body", f"{name} is not JSON") from None
    if not isinstance(value, dict):
        raise ApiError("malformed_body", f"{name} must be a JSON object")
    return value


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("not finite")
    return value


async def _text(name: str, data: AsyncIterator[bytes]) -> str:
    value = bytearray()
    async for piece in data:
        value += piece
        if len(value) > MAX_TEXT:
            raise ApiError("payload_too_large", f"{name} is too long", pointer=f"#/{name}")
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise invalid(name, "must be UTF-8 text") from None


async def _take(data: AsyncIterator[bytes], count: int) -> bytes:
    """The first `count` bytes or a little more; fewer where the data ends."""
    head = bytearray()
    while len(head) < count and (piece := await anext(data, None)) is not None:
        head += piece
    return bytes(head)


def _pairs_of_form(raw: bytes) -> list[tuple[str, Any]]:
    try:
        return list(parse_qsl(raw.decode(), keep_blank_values=True, errors="strict", max_num_fields=MAX_PARTS))
    except ValueError:
        raise ApiError("malformed_body", "the form cannot be parsed") from None


def _pairs_of_json(raw: bytes) -> list[tuple[str, Any]]:
    return [(name, value) for name, value in json_object(raw).items() if value is not None]


def _as_text(name: str, value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    raise invalid(name, "must be a text, a number or a boolean")


async def _pieces(text: str) -> AsyncIterator[bytes]:
    """A text in pieces as they would arrive from the network."""
    for at in range(0, len(text), _PIECE):
        yield text[at : at + _PIECE].encode()


async def _bounded(
    rule: FileRule, head: bytes, data: AsyncIterator[bytes], limit: int, too_large: str
) -> AsyncIterator[bytes]:
    size, piece = 0, head
    while True:
        size += len(piece)
        if size > limit:
            message = f"{rule.role} must have at most {limit} bytes"
            raise ApiError(too_large, message, pointer=f"#/{rule.role}")
        yield piece
        following = await anext(data, None)
        if following is None:
            return
        piece = following


async def _digest(data: AsyncIterator[bytes]) -> tuple[str, str, int]:
    digest, size = hashlib.sha256(), 0
    async for piece in data:
        digest.update(piece)
        size += len(piece)
    return "", digest.hexdigest(), size
