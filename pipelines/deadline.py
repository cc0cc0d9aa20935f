"""How long work may take: as long as it likes, while it gets further."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self


class Deadline:
    """Cancels the block and raises TimeoutError once it has got no further for so many seconds.

    So the time that a task may take grows with its media, and nobody has to guess how long those take; and what stands
    still ends as soon as ever.
    """

    def __init__(self, seconds: float, on_growth: Callable[[float], None] = lambda _: None) -> None:
        """Args: on_growth: told of each share that is larger than all before."""
        self._seconds, self._on_growth = seconds, on_growth
        self._timeout = asyncio.timeout(seconds)
        self.share = 0.0

    def advance(self, share: float) -> None:
        """This share (0..1) is done. Only growth counts, so that nothing can go on for ever by saying so."""
        share = min(share, 1.0)
        if share <= self.share or self._timeout.expired():
            return
        self.share = share
        self._timeout.reschedule(asyncio.get_running_loop().time() + self._seconds)
        self._on_growth(share)

    async def __aenter__(self) -> Self:
        await self._timeout.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._timeout.__aexit__(kind, error, trace)
