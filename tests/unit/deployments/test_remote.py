"""Merging of concurrent calls."""

import asyncio

import pytest

from deployments.remote import Merger


class Host:
    """Answers each item with its square; remembers what came together; 13 is unlucky for itself, 666 for all."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []

    async def call(self, items: list[int]) -> list[int | Exception]:
        self.calls.append(items)
        await asyncio.sleep(0.01)
        if 666 in items:
            raise ConnectionError
        return [ValueError("unlucky") if item == 13 else item * item for item in items]


async def test_a_single_item_is_sent_at_once_and_alone() -> None:
    host = Host()
    assert await Merger(host.call, at_most=4)(3) == 9
    assert host.calls == [[3]]


async def test_items_that_wait_travel_together_and_get_their_own_results() -> None:
    host = Host()
    merger = Merger(host.call, at_most=4, lanes=1)
    assert await asyncio.gather(*(merger(item) for item in range(9))) == [item * item for item in range(9)]
    assert host.calls == [[0, 1, 2, 3], [4, 5, 6, 7], [8]]


async def test_no_more_calls_are_under_way_than_there_are_lanes() -> None:
    under_way, most = 0, 0

    async def call(items: list[int]) -> list[int]:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.005)
        under_way -= 1
        return items

    merger = Merger(call, at_most=1, lanes=2)
    await asyncio.gather(*(merger(item) for item in range(6)))
    assert most == 2


async def test_an_error_of_one_item_harms_no_other() -> None:
    merger = Merger(Host().call, at_most=8)
    results = await asyncio.gather(*(merger(item) for item in (2, 13, 4)), return_exceptions=True)
    assert results[0] == 4
    assert isinstance(results[1], ValueError)
    assert results[2] == 16


async def test_a_lost_call_fails_every_item_it_carried_and_the_next_ones_go_on() -> None:
    host = Host()
    merger = Merger(host.call, at_most=2, lanes=1)
    first = [asyncio.ensure_future(merger(item)) for item in (666, 2, 3, 4)]
    results = await asyncio.gather(*first, return_exceptions=True)
    assert [type(result) for result in results[:2]] == [ConnectionError, ConnectionError]
    assert results[2:] == [9, 16]


async def test_an_item_whose_task_was_cancelled_is_not_sent() -> None:
    host = Host()
    merger = Merger(host.call, at_most=1, lanes=1)
    busy = asyncio.ensure_future(merger(1))
    await asyncio.sleep(0)
    cancelled = asyncio.ensure_future(merger(2))
    await asyncio.sleep(0)
    cancelled.cancel()
    assert await busy == 1
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    assert await merger(3) == 9
    assert host.calls == [[1], [3]]
