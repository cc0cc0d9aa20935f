"""Reading a request's body: files go to the blob store as they arrive, without temporary copies."""

import asyncio
import contextlib
import hashlib
import json
import re
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import parse_qsl

from python_multipart.multipart import parse_options_header
from starlette.requests import Request

from deployments.ingress.bodies import body, json_object, read_all
from deployments.ingress.errors import ApiError
from deployments.ingress.forms import MAX_TEXT, FileRule, Form, FormRule, invalid
from deployments.ingress.multipart import MAX_PARTS, MultipartReader
from deployments.tasks.blobs import Blobs
from deployments.tasks.task import MediaRef
from pipelines.media.sniff import HEAD_BYTES, sniff

MAX_TEXTS = 1 << 20
"""Bytes of a body beside its files: text fields, boundaries, part headers."""

_MULTIPART = b"multipart/form-data"
_URLENCODED = b"application/x-www-form-urlencoded"
_JSON = b"application/json"
_PIECE = 1 << 16
_URL = re.compile(r"\s*https?://", re.IGNORECASE)


class FormReader:
    """Reads one form.

    Attributes:
        form: what was read so far.
        tenant: whose files they are.
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
        self.tenant = tenant
        self._keep = keep
        self._whole = whole or rule.check is not None
        self._whole_bodies = whole_bodies or contextlib.nullcontext()
        self.form = Form(rule)
        self._files_bytes = 0
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
        elif kind == _MULTIPART and self._rule.multipart:
            limit = MAX_TEXTS + self._rule.files_bytes
            await self._read_multipart(MultipartReader(body(request, limit), options.get(b"boundary", b"")))
        else:
            wanted = "multipart/form-data" if self._rule.multipart else "application/json"
            raise ApiError("unsupported_media_type", f"the request must be {wanted}")
        self._take_urls()
        return self.form

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
            # Texts first, whatever their place: refusals of files may have to repeat them.
            for name, value in pairs:
                if self._rule.file(name) is None and name in self._rule.fields:
                    structure = name in self._rule.structures
                    self._set(name, json.dumps(value) if structure else _as_text(name, value))
            for name, value in pairs:
                rule = self._rule.file(name)
                if rule is not None and rule.decode is not None:
                    text = _as_text(name, value)
                    if rule.url == rule.role and _URL.match(text):
                        self._take_url(rule, text.strip())
                    else:
                        await self._file(rule, rule.role, _pieces(text))

    async def _read_multipart(self, reader: MultipartReader) -> None:
        while (head := await reader.next_part()) is not None:
            rule = self._rule.file(head.name)
            if rule is None and head.is_file:
                rule = self._rule.free_file(head.name)
            if rule is not None and (head.is_file or rule.decode is not None):
                role = self._next_role(rule)
                self.form.names[role], self.form.types[role] = head.filename, head.content_type
                await self._file(rule, role, reader.data())
            elif rule is None and head.name in self._rule.fields:
                value = await _text(head.name, reader.data())
                self._set(head.name, value)
                if value and self._rule.on_text is not None:
                    await self._rule.on_text(head.name, value)

    def _set(self, name: str, value: str) -> None:
        if not value:
            return
        if len(value) > MAX_TEXT:
            raise ApiError("payload_too_large", f"{name} is too long", pointer=f"#/{name}")
        if "\0" in value:
            self._refuse(invalid(name, "must not hold NUL"))
        elif name in self._rule.lists:
            self.form.lists.setdefault(name, []).append(value)
        elif name in self.form.texts:
            self._refuse(invalid(name, "was sent more than once"))
        else:
            self.form.texts[name] = value

    def _next_role(self, rule: FileRule) -> str:
        """The role of a further file under the rule's name; its last one again where there are enough."""
        roles = [rule.role_of(number) for number in range(1, rule.most + 1)]
        return next((role for role in roles if role not in self.form.files and role not in self.form.empty), roles[-1])

    def _take_urls(self) -> None:
        """Files that are named by a URL in a text field of its own."""
        for rule in self._rule.files:
            text = self.form.texts.get(rule.url)
            if text is None or rule.url == rule.role:
                continue
            if rule.role in self.form.files:
                self._refuse(ApiError("file_and_url", pointer=f"#/{rule.url}"))
            else:
                self._take_url(rule, text.strip())

    def _take_url(self, rule: FileRule, url: str) -> None:
        if rule.role in self.form.files:
            self._refuse(invalid(rule.role, "was sent more than once"))
            return
        self.form.files[rule.role] = MediaRef(
            role=rule.role, blob="", sha256="", size=0, mime="", kind="url", url=url, limits=dict(rule.limits)
        )

    async def _file(self, rule: FileRule, role: str, data: AsyncIterator[bytes]) -> None:
        if rule.decode is not None:
            first = await anext(data, b"")
            if not first:
                return  # An empty text is an absent one.
            data = rule.decode(_bounded(rule, first, data, rule.wire_bytes or rule.largest, "payload_too_large"))
        head = await _take(data, HEAD_BYTES)
        if not head:
            self.form.empty[role] = rule.empty
            return
        media = sniff(head)
        keep = self._keep
        if role in self.form.files:
            more = "was sent more than once" if rule.most == 1 else f"may be sent at most {rule.most} times"
            self._refuse(invalid(rule.role, more))
            keep = False
        if self._rule.file(rule.role) is None and len(self.form.files) >= self._rule.most_files:
            self._refuse(invalid(rule.role, f"is one file too many: at most {self._rule.most_files}"))
            keep = False
        if media is None or media.extension not in rule.limits:
            self._refuse(
                ApiError(rule.unsupported, f"{rule.role} is not of an accepted type", pointer=f"#/{rule.role}")
            )
            keep = False
        limit = rule.limits.get(media.extension, rule.largest) if media else rule.largest
        if self._rule.total_bytes:
            limit = min(limit, self._rule.total_bytes - self._files_bytes)
        bounded = _bounded(rule, head, data, limit, rule.too_large)
        try:
            blob, sha256, size = await self._store(bounded) if keep else await _digest(bounded)
        except ApiError as refusal:
            if self._rule.check is None or refusal.code != rule.too_large:
                raise
            self._refuse(refusal)
            blob, sha256, size = await _digest(data)
        self._files_bytes += size
        self.form.files[role] = MediaRef(
            role=role,
            blob=blob,
            sha256=sha256,
            size=size,
            mime=media.mime if media else "",
            kind=media.kind if media else "",
        )

    async def _store(self, data: AsyncIterator[bytes]) -> tuple[str, str, int]:
        blob = await self._blobs.put(data, self.tenant)
        self.stored.append(blob.key)
        return blob.key, blob.sha256, blob.size

    def _refuse(self, problem: ApiError) -> None:
        if not self._whole:
            raise problem
        self.form.problems.append(problem)


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
