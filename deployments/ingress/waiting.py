"""Waiting for tasks to end, for APIs that answer at once with the result."""

import asyncio
from collections.abc import Collection

from deployments.ingress.threads import Threads
from deployments.tasks.store import TaskStore

TICK_S = 0.02


class Waiting:
    """Everyone who waits shares one look at the store a tick, so that waiting costs the same for one as for many."""

    def __init__(self, threads: Threads, tasks: TaskStore) -> None:
        self._threads, self._tasks = threads, tasks
        self._waiters: dict[str, list[asyncio.Future[None]]] = {}
        self._looking: asyncio.Task[None] | None = None

    async def until_ended(self, ids: Collection[str], seconds: float) -> bool:
        """Whether all of these tasks ended (or were erased) within so many seconds. Raises what the store raises."""
        loop = asyncio.get_running_loop()
        ends = {task_id: loop.create_future() for task_id in ids}
        for task_id, end in ends.items():
            self._waiters.setdefault(task_id, []).append(end)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look_while_wanted())
        try:
            async with asyncio.timeout(seconds):
                await asyncio.gather(*ends.values())
        except TimeoutError:
            return False
        finally:
            for task_id, end in ends.items():
                self._forget(task_id, end)
        return True

    def _forget(self, task_id: str, end: asyncio.Future[None]) -> None:
        end.cancel()
        waiters = self._waiters.get(task_id, [])
        if end in waiters:
            waiters.remove(end)
        if not waiters:
            self._waiters.pop(task_id, None)

    async def _look_while_wanted(self) -> None:
        while self._waiters:
            await asyncio.sleep(TICK_S)
            try:
                ended = await self._threads.call(self._tasks.ended, list(self._waiters))
            except Exception as error:
                for waiter in (waiter for waiters in self._waiters.values() for waiter in waiters):
                    if not waiter.done():
                        waiter.set_exception(error)
                return
            for waiter in (waiter for task_id in ended for waiter in self._waiters.get(task_id, ())):
                if not waiter.done():
                    waiter.set_result(None)
