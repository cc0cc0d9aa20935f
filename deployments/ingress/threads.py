"""Blocking store calls beside the event loop."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Threads:
    """A small pool of its own, so that nothing else on the loop's default pool can hold up requests."""

    def __init__(self, size: int = 8) -> None:
        self._pool = ThreadPoolExecutor(size, "store")

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `function` returns or raises."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, lambda: function(*args, **kwargs))


async def to_the_end(work: Coroutine[Any, Any, T]) -> T:
    """Awaits what must not be left half done: a cancellation takes effect only after its end."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        with contextlib.suppress(Exception):
            await task
        raise
