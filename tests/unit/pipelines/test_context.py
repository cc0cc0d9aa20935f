"""What a task's nodes share."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from pipelines.context import Context
from pipelines.errors import MediaError
from pipelines.media.frames import DecodeRequest


class Counting:
    """Workers that count how often they are asked, and fail for the source `bad`."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, str]] = []

    async def look(self, source: Any, request: DecodeRequest, stage: str, options: Mapping[str, Any]) -> Any:
        self.asked.append((source, stage))
        await asyncio.sleep(0)
        if source == "bad":
            raise MediaError("corrupt_media", "the file is damaged")
        return f"{stage} of {source}"


async def test_nodes_that_ask_at_the_same_time_share_one_look() -> None:
    workers = Counting()
    context = Context({"file": "a", "extra_file": "b"}, workers)
    asks = [("file", "faces"), ("extra_file", "faces"), ("file", "faces"), ("file", "text")]
    found = await asyncio.gather(*(context.look(role, stage, DecodeRequest(), {}) for role, stage in asks))
    assert found == ["faces of a", "faces of b", "faces of a", "text of a"]
    assert sorted(workers.asked) == [("a", "faces"), ("a", "text"), ("b", "faces")]


async def test_a_look_that_failed_fails_every_node_that_needs_it() -> None:
    context = Context({"file": "bad"}, Counting())
    for _ in range(2):
        with pytest.raises(MediaError, match="damaged") as refused:
            await context.look("file", "faces", DecodeRequest(), {})
        assert (refused.value.code, refused.value.subject) == ("corrupt_media", "file")


async def test_a_node_that_gives_up_takes_the_look_from_no_other() -> None:
    context = Context({"file": "a"}, Counting())
    impatient = asyncio.ensure_future(context.look("file", "faces", DecodeRequest(), {}))
    patient = asyncio.ensure_future(context.look("file", "faces", DecodeRequest(), {}))
    await asyncio.sleep(0)
    impatient.cancel()
    assert await patient == "faces of a"


async def test_the_trace_names_every_look_once_with_who_shares_it() -> None:
    context = Context({"file": "a", "back": "bad"}, Counting())
    sides = context.seen_as({"front": "file"})
    await asyncio.gather(*(context.look("file", "faces", DecodeRequest(), {}) for _ in range(3)))
    with pytest.raises(MediaError):
        await context.look("back", "faces", DecodeRequest(), {})
    await sides.look("front", "id_document", DecodeRequest(), {})
    trace = context.trace()
    assert all(entry.pop("ms") >= 0 for entry in trace)
    assert trace == [
        {"role": "file", "stage": "faces", "nodes": 3, "outcome": "done"},
        {"role": "back", "stage": "faces", "nodes": 1, "outcome": "corrupt_media"},
        {"role": "file", "stage": "id_document", "nodes": 1, "outcome": "done"},
    ]
