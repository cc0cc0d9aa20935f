"""Media that a client named by URL: fetched for the task, through the guard, into the blob store."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import replace

from deployments.social import SocialLinks
from deployments.tasks.blobs import Blobs, StoredBlob
from deployments.tasks.store import TaskStore
from deployments.tasks.task import MediaRef, Task
from pipelines.errors import MediaError
from pipelines.media.fetch import GuardedClient, UrlFailed, is_social
from pipelines.media.sniff import HEAD_BYTES, MediaType, sniff


class LeaseLost(Exception):
    """The task is somebody else's by now."""


class Fetcher:
    """Turns the URLs of a task into media that stay with it, so that a further attempt fetches nothing anew."""

    def __init__(
        self, client: GuardedClient, blobs: Blobs, store: TaskStore, social: SocialLinks | None = None
    ) -> None:
        """Args: social: finds files on social networks; None refuses those."""
        self._client, self._blobs, self._store, self._social = client, blobs, store, social

    async def sources(self, task: Task) -> dict[str, MediaRef]:
        """The media of a claimed task by role, all of them stored.

        Raises:
            pipelines.errors.MediaError: naming the role: the URL is refused or does not deliver, or what is there is
                too large or of a type that was not asked for.
            LeaseLost: nothing is left behind.
        """
        found = {ref.role: ref for ref in task.spec.media}
        for ref in task.spec.media:
            if ref.kind == "url":
                found[ref.role] = await self._fetch(task, ref)
        return found

    async def _fetch(self, task: Task, ref: MediaRef) -> MediaRef:
        assert task.lease is not None
        try:
            media, blob = await self._stored(ref, task.spec.tenant)
        except MediaError as error:
            raise error.about(ref.role) from None
        fetched = replace(
            ref, blob=blob.key, sha256=blob.sha256, size=blob.size, mime=media.mime, kind=media.kind
        )  # fmt: skip
        if not await asyncio.to_thread(self._store.attach, task.id, task.lease, fetched):
            await self._blobs.delete([blob.key])
            raise LeaseLost
        return fetched

    async def _stored(self, ref: MediaRef, tenant: str) -> tuple[MediaType, StoredBlob]:
        limits: Mapping[str, int] = ref.limits or {}
        url = ref.url or ""
        if self._social is not None and is_social(url):
            self._client.check_parts(url)
            url = await self._social.media_url(url, limits)
        async with aclosing(self._client.stream(url, max(limits.values(), default=0))) as data:
            head = bytearray()
            while len(head) < HEAD_BYTES and (piece := await anext(data, None)) is not None:
                head += piece
            media = sniff(bytes(head))
            if media is None or media.extension not in limits:
                raise MediaError("unsupported_media", "the file behind the url is not of a supported type")
            return media, await self._blobs.put(_bounded(bytes(head), data, limits[media.extension]), tenant)


async def _bounded(head: bytes, data: AsyncIterator[bytes], limit: int) -> AsyncIterator[bytes]:
    size, piece = 0, head
    while True:
        size += len(piece)
        if size > limit:
            raise UrlFailed("url_too_large", "the file behind the url is too large")
        yield piece
        following = await anext(data, None)
        if following is None:
            return
        piece = following
