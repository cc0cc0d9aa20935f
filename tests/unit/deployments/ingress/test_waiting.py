"""Waiting for tasks: everyone is told, and nobody waits for ever."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from deployments.ingress.threads import Threads
from deployments.ingress.waiting import Waiting


class Store:
    """Answers which tasks ended, and counts how often it was asked."""

    def __init__(self) -> None:
        self.over: set[str] = set()
        self.asked: list[list[str]] = []
        self.failure: Exception | None = None

    def ended(self, ids: Sequence[str]) -> set[str]:
        self.asked.append(sorted(ids))
        if self.failure is not None:
            raise self.failure
        return self.over & set(ids)


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
async def waiting(store: Store) -> Waiting:
    tasks: Any = store
    return Waiting(Threads(), tasks)


async def test_everyone_is_told_by_the_same_look(store: Store, waiting: Waiting) -> None:
    waits = [asyncio.ensure_future(waiting.until_ended([task], 5)) for task in ("a", "b", "a")]
    await asyncio.sleep(0.05)
    store.over = {"a"}
    assert await waits[0]
    assert await waits[2]
    assert not waits[1].done()
    store.over = {"a", "b"}
    assert await waits[1]
    assert ["a", "b"] in store.asked


async def test_several_tasks_have_ended_when_the_last_one_has(store: Store, waiting: Waiting) -> None:
    store.over = {"a"}
    assert not await waiting.until_ended(["a", "b"], 0.1)
    store.over = {"a", "b"}
    assert await waiting.until_ended(["a", "b"], 5)


async def test_nobody_asks_the_store_once_nobody_waits(store: Store, waiting: Waiting) -> None:
    assert not await waiting.until_ended(["a"], 0.06)
    await asyncio.sleep(0.05)
    asked = len(store.asked)
    await asyncio.sleep(0.1)
    assert len(store.asked) == asked


async def test_a_store_that_fails_is_not_waited_for_and_may_recover(store: Store, waiting: Waiting) -> None:
    store.failure = OSError("no database")
    with pytest.raises(OSError, match="no database"):
        await waiting.until_ended(["a"], 5)
    store.failure, store.over = None, {"a"}
    assert await waiting.until_ended(["a"], 5)
