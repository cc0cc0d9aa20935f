"""Work that must not be left half done."""

import asyncio
import threading

import pytest

from deployments.ingress.threads import Threads, to_the_end


async def test_a_cancellation_takes_effect_only_after_the_end() -> None:
    ended = []

    async def work() -> None:
        await asyncio.sleep(0.02)
        ended.append(True)

    task = asyncio.create_task(to_the_end(work()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == [True]


async def test_what_the_work_returns_or_raises_comes_through() -> None:
    async def works() -> int:
        return 7

    async def fails() -> None:
        raise KeyError("x")

    assert await to_the_end(works()) == 7
    with pytest.raises(KeyError):
        await to_the_end(fails())


async def test_calls_run_beside_the_event_loop() -> None:
    def where(*, add: int) -> tuple[str, int]:
        return threading.current_thread().name, add

    name, added = await Threads(1).call(where, add=1)
    assert name.startswith("store")
    assert added == 1
