"""Work may go on while it gets further."""

import asyncio

import pytest

from pipelines.deadline import Deadline


async def test_work_that_gets_further_outlives_the_deadline_many_times() -> None:
    told: list[float] = []
    async with Deadline(0.2, told.append) as deadline:
        for step in range(1, 11):
            await asyncio.sleep(0.05)
            deadline.advance(step / 10)
    assert told == [pytest.approx(step / 10) for step in range(1, 11)]


async def test_work_that_stands_still_ends() -> None:
    with pytest.raises(TimeoutError):
        async with Deadline(0.05):
            await asyncio.sleep(30)


async def test_saying_the_same_again_is_no_progress() -> None:
    async def repeat(deadline: Deadline) -> None:
        while True:
            deadline.advance(0.5)
            await asyncio.sleep(0.01)

    told: list[float] = []
    with pytest.raises(TimeoutError):
        async with Deadline(0.1, told.append) as deadline:
            await repeat(deadline)
    assert told == [0.5]
    deadline.advance(0.9)  # too late: nothing happens
    assert deadline.share == 0.5


async def test_no_share_is_more_than_all() -> None:
    async with Deadline(5) as deadline:
        deadline.advance(7)
        assert deadline.share == 1.0
