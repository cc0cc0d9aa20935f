"""The Idempotency-Key header around a request that creates something (contracts 1.3)."""

import asyncio
import contextlib
import re
from collections.abc import Callable
from types import TracebackType

from starlette.requests import Request

from deployments.ingress.errors import ApiError
from deployments.ingress.threads import Threads, to_the_end
from deployments.tasks.idempotency import (
    RUNNING_TTL_S,
    Conflict,
    Idempotency,
    IdempotencyClaim,
    Mismatch,
    StoredReply,
)

_BARE = re.compile(r"[!#-~][!-~]{0,254}")
_QUOTED = re.compile(r'"((?:[!#-\[\]-~]|\\["\\]){1,255})"')
_UNSTORED = frozenset((408, 429))


def key_of(request: Request) -> str | None:
    """The key, quoted or bare. Raises ApiError `invalid_idempotency_key`, also when there are two."""
    sent = request.headers.getlist("idempotency-key")
    if not sent:
        return None
    if len(sent) == 1:
        if quoted := _QUOTED.fullmatch(sent[0]):
            return re.sub(r"\\(.)", r"\1", quoted[1])
        if _BARE.fullmatch(sent[0]):
            return sent[0]
    raise ApiError("invalid_idempotency_key", "Idempotency-Key must be 1 to 255 visible ASCII characters, sent once")


class Attempt:
    """One request under a key, as a context manager; without a key it lets everything pass.

    Leaving it with an `ApiError` stores that refusal for replay, once `match` was told the whole request; leaving it
    with anything else before `complete` frees the key, so that a retry runs.
    """

    def __init__(
        self,
        threads: Threads,
        store: Idempotency,
        claim: IdempotencyClaim | None,
        render: Callable[[ApiError], StoredReply],
    ) -> None:
        self._threads = threads
        self._store = store
        self._render = render
        self._alive: asyncio.Task[None] | None = None
        self._matched = False
        self.claim = claim

    @property
    def keyed(self) -> bool:
        """Whether the request has a key, so that its fingerprint is needed even when it is refused."""
        return self.claim is not None

    @property
    def answered(self) -> bool:
        """Whether a request with this key was answered before."""
        return self.claim is not None and self.claim.state == "finished"

    def match(self, fingerprint: str) -> StoredReply | None:
        """The reply to send again, or None when this request is the one to run. Raises ApiError: 409 or 422."""
        if self.claim is None:
            return None
        try:
            self.claim = self.claim.match(fingerprint)
        except Mismatch:
            raise ApiError("idempotency_key_reused") from None
        except Conflict:
            raise in_progress() from None
        self._matched = True
        return self.claim.reply

    async def complete(self, reply: StoredReply, case_id: str | None = None) -> None:
        """Stores the reply, which goes with the case that it speaks of."""
        if self.claim is not None:
            await self._threads.call(self._store.complete, self.claim, reply, case_id=case_id)

    async def __aenter__(self) -> "Attempt":
        if self.claim is not None and self.claim.state == "running" and self.claim.fingerprint is None:
            raise in_progress()
        if self.claim is not None and self.claim.state == "new":
            self._alive = asyncio.create_task(self._refresh(self.claim))
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, failure: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._alive is not None:
            self._alive.cancel()
        if failure is not None and self.claim is not None and self.claim.state == "new":
            await to_the_end(self._settle(self.claim, failure))

    async def _settle(self, claim: IdempotencyClaim, failure: BaseException) -> None:
        if self._matched and isinstance(failure, ApiError) and _storable(failure):
            await self._threads.call(self._store.complete, claim, self._render(failure))
        else:
            await self._threads.call(self._store.abandon, claim)

    async def _refresh(self, claim: IdempotencyClaim) -> None:
        """Keeps the key while a long upload lasts."""
        with contextlib.suppress(asyncio.CancelledError):
            while True:
                await asyncio.sleep(RUNNING_TTL_S / 3)
                await self._threads.call(self._store.refresh, claim)


def _storable(refusal: ApiError) -> bool:
    return refusal.status < 500 and refusal.status not in _UNSTORED


def in_progress() -> ApiError:
    """409: the first request with the key still runs."""
    return ApiError("request_in_progress", headers={"Retry-After": "1"})
