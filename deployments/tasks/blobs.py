"""Where submitted bytes and artifacts live: a directory, or S3, Google or Azure storage; encrypted with a key."""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import obstore
from obstore.store import from_url
from uuid_utils import uuid7

from deployments.tasks.directory import Directory, Writer
from deployments.tasks.sealing import MASTER_KEY_BYTES, BlobError, Sealer, unseal

__all__ = ["BlobError", "Blobs", "StoredBlob"]

_PIECE = 1024 * 1024
_PART = 8 * 1024 * 1024
"""Cloud uploads up to this many bytes are one request; longer ones are sent in parts of this size."""


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """A blob that is durable: its key, and the hex sha256 and size in bytes of the plain bytes."""

    key: str
    sha256: str
    size: int


class Blobs:
    """Blobs under random keys that group a tenant's bytes without naming the tenant.

    Args:
        url: a directory, `file:///...`, `memory:///`, `s3://bucket/prefix`, `gs://...` or `az://...`; credentials and
            endpoints come from the environment, as obstore reads it (`AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL`, ...).
        master_key: 32 bytes; blobs are then sealed (see `sealing`), and unsealed ones are refused.
        options: passed to obstore, such as `endpoint` or `client_options`.
    """

    def __init__(self, url: str, master_key: bytes | None = None, **options: Any) -> None:
        if master_key is not None and len(master_key) != MASTER_KEY_BYTES:
            raise ValueError(f"the master key must be {MASTER_KEY_BYTES} bytes")
        self._master_key = master_key
        parts = urlsplit(url)
        local = parts.scheme in ("", "file")
        self._directory = Directory(Path(unquote(parts.path) if parts.scheme else url)) if local else None
        self._cloud: Any = None if local else from_url(url, **options)

    async def put(self, chunks: AsyncIterator[bytes] | bytes, tenant: str) -> StoredBlob:
        """Stores the bytes while they stream by; durable on return, nothing left behind when anything raises.

        Whatever the source raises comes through unchanged.
        """
        key = f"{self._folder(tenant)}/{uuid7()}"
        intake = _Intake(Sealer(self._master_key, key) if self._master_key else None)
        pieces = _single(chunks) if isinstance(chunks, bytes) else _gathered(chunks)
        if self._directory is not None:
            await _write(self._directory.writer(key), pieces, intake)
        else:
            await self._upload(key, pieces, intake)
        return StoredBlob(key, intake.sha256, intake.size)

    async def get(self, key: str) -> bytes:
        """The plain bytes. Raises: FileNotFoundError. BlobError: altered, cut off or sealed under another key."""
        if self._directory is not None:
            sealed = await asyncio.to_thread(self._directory.read, key)
            return await self._open(key, sealed)
        stored = await obstore.get_async(self._cloud, key)
        return await self._open(key, bytes(await stored.bytes_async()))

    async def delete(self, keys: Iterable[str]) -> None:
        """Deletes the blobs; those that are gone already are no error."""
        chosen = list(keys)
        if self._directory is not None:
            await asyncio.to_thread(self._directory.delete, chosen)
        elif chosen:
            try:
                await obstore.delete_async(self._cloud, chosen)
            except FileNotFoundError:
                for key in chosen:
                    with suppress(FileNotFoundError):
                        await obstore.delete_async(self._cloud, key)

    async def list_older_than(self, timestamp: float) -> AsyncIterator[list[str]]:
        """Yields batches of the keys last written before `timestamp` (Unix seconds), unfinished uploads included."""
        if self._directory is not None:
            keys = await asyncio.to_thread(self._directory.older_than, timestamp)
            for start in range(0, len(keys), 1000):
                yield keys[start : start + 1000]
            return
        async for batch in obstore.list(self._cloud, chunk_size=1000):
            yield [item["path"] for item in batch if item["last_modified"].timestamp() < timestamp]

    def _folder(self, tenant: str) -> str:
        return hmac.digest(self._master_key or b"veriscope", tenant.encode(), hashlib.sha256).hex()[:16]

    async def _open(self, key: str, stored: bytes) -> bytes:
        return stored if self._master_key is None else await asyncio.to_thread(unseal, self._master_key, key, stored)

    async def _upload(self, key: str, pieces: AsyncIterator[bytes], intake: "_Intake") -> None:
        """One request when it fits into a part, else a multipart upload; obstore aborts that when the source raises."""
        head = bytearray()
        async for piece in pieces:
            head += await asyncio.to_thread(intake.take, piece)
            if len(head) > _PART:
                await obstore.put_async(
                    self._cloud, key, _remaining(bytes(head), pieces, intake), chunk_size=_PART, max_concurrency=4
                )
                return
        head += intake.end()
        await obstore.put_async(self._cloud, key, bytes(head), use_multipart=False)


class _Intake:
    """Hashes, counts and seals what passes through."""

    def __init__(self, sealer: Sealer | None) -> None:
        self._digest, self._sealer, self.size = hashlib.sha256(), sealer, 0

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def take(self, piece: bytes) -> bytes:
        self._digest.update(piece)
        self.size += len(piece)
        return piece if self._sealer is None else self._sealer.update(piece)

    def end(self) -> bytes:
        return b"" if self._sealer is None else self._sealer.finish()


async def _write(writer: Writer, pieces: AsyncIterator[bytes], intake: _Intake) -> None:
    """Writes with one piece in hand, so that a small blob is one visit to the thread pool."""
    held = b""

    def write(piece: bytes) -> None:
        writer.write(intake.take(piece))

    def finish(piece: bytes) -> None:
        write(piece)
        writer.write(intake.end())
        writer.commit()

    try:
        async for piece in pieces:
            if held:
                await _in_thread(write, held)
            held = piece
        await _in_thread(finish, held)
    except BaseException:
        await _in_thread(writer.discard)
        raise


async def _in_thread(work: Callable[..., None], *args: bytes) -> None:
    """`asyncio.to_thread` that, when cancelled, waits for the thread: nothing is written after the clean-up."""
    running = asyncio.ensure_future(asyncio.to_thread(work, *args))
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise


async def _single(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def _gathered(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same bytes in pieces of at least `_PIECE`, but for the last."""
    buffer = bytearray()
    async for chunk in chunks:
        buffer += chunk
        if len(buffer) >= _PIECE:
            yield bytes(buffer)
            buffer.clear()
    yield bytes(buffer)


async def _remaining(head: bytes, pieces: AsyncIterator[bytes], intake: _Intake) -> AsyncIterator[bytes]:
    yield head
    async for piece in pieces:
        yield await asyncio.to_thread(intake.take, piece)
    yield intake.end()
