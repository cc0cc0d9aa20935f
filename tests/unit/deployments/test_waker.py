"""Waking without waiting."""

import asyncio
from types import SimpleNamespace
from typing import Any

from deployments.gateway import Waker


class Dispatcher:
    """Counts the calls; says that it is busy, or fails, on demand."""

    deployment_name = "dispatcher"

    def __init__(self) -> None:
        self.calls, self.busy, self.broken = 0, False, False
        self.wake = SimpleNamespace(remote=self._wake)

    async def _wake(self) -> bool:
        self.calls += 1
        await asyncio.sleep(0.01)
        if self.broken:
            raise ConnectionError
        return self.busy


async def settled(waker: Waker, dispatcher: Any) -> int:
    await asyncio.sleep(0.1)
    return int(dispatcher.calls)


async def test_one_task_wakes_once() -> None:
    dispatcher = Dispatcher()
    waker = Waker(dispatcher)  # type: ignore[arg-type]
    waker()
    assert await settled(waker, dispatcher) == 1


async def test_tasks_that_come_while_a_call_is_under_way_share_one_more_call() -> None:
    dispatcher = Dispatcher()
    waker = Waker(dispatcher)  # type: ignore[arg-type]
    waker()
    await asyncio.sleep(0.005)
    for _ in range(20):
        waker()
    assert await settled(waker, dispatcher) == 2


async def test_a_busy_dispatcher_is_left_alone_for_a_moment_and_then_told() -> None:
    dispatcher = Dispatcher()
    dispatcher.busy = True
    waker = Waker(dispatcher, quiet_s=0.2)  # type: ignore[arg-type]
    waker()
    await asyncio.sleep(0.05)
    waker()
    assert await settled(waker, dispatcher) == 1
    dispatcher.busy = False
    await asyncio.sleep(0.15)
    assert dispatcher.calls == 2


async def test_a_failed_call_does_not_silence_the_next() -> None:
    dispatcher = Dispatcher()
    dispatcher.broken = True
    waker = Waker(dispatcher)  # type: ignore[arg-type]
    waker()
    assert await settled(waker, dispatcher) == 1
    waker()
    assert await settled(waker, dispatcher) == 2
