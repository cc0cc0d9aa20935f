"""Media behind URLs, fetched for a task from a real server."""

import asyncio
import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from deployments.fetching import Fetcher, LeaseLost
from deployments.tasks.blobs import Blobs
from deployments.tasks.database import migrate, open_database
from deployments.tasks.store import TaskStore
from deployments.tasks.task import Completed, MediaRef, Task, TaskSpec
from pipelines.errors import MediaError
from pipelines.media.fetch import GuardedClient
from tests.contract.files import JPEG, PDF, TEXT

LIMITS = {"jpg": 40_000, "pdf": 60}


class World:
    """A store, a blob directory and a web server with these files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "blobs"
        self.engine = open_database(f"sqlite:///{folder / 'tasks.db'}")
        migrate(self.engine)
        self.store, self.blobs = TaskStore(self.engine), Blobs(str(self.folder))
        self.asked: list[str] = []

    def claimed(self, url: str) -> Task:
        media = MediaRef(role="file", blob="", sha256="", size=0, mime="", kind="url", url=url, limits=LIMITS)
        self.store.submit(TaskSpec(tenant="bank", facade="sensity", service="forensic_analysis", media=(media,)))
        (task,) = self.store.claim("worker", 1, 60)
        return task

    def fetch(
        self, files: Mapping[str, bytes], path: str, *, allowed: str = "127.0.0.0/8", lost: bool = False
    ) -> tuple[Task, dict[str, MediaRef]]:
        async def run() -> tuple[Task, dict[str, MediaRef]]:
            async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                asked = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
                self.asked.append(asked)
                body = files[asked]
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
                with contextlib.suppress(ConnectionError):
                    await writer.drain()
                writer.close()

            async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
                port = server.sockets[0].getsockname()[1]
                task = self.claimed(f"http://127.0.0.1:{port}{path}")
                if lost:
                    self.store.finish(task.id, task.lease or "", Completed({}))
                async with GuardedClient([allowed] if allowed else []) as client:
                    return task, await Fetcher(client, self.blobs, self.store).sources(task)

        return asyncio.run(run())

    def kept(self) -> int:
        return sum(path.is_file() for path in self.folder.rglob("*"))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.engine.dispose()


def refused(world: World, files: Mapping[str, bytes], path: str, allowed: str = "127.0.0.0/8") -> str:
    with pytest.raises(MediaError) as caught:
        world.fetch(files, path, allowed=allowed)
    assert caught.value.subject == "file"
    assert world.kept() == 0
    return caught.value.code


def test_what_lies_behind_a_url_becomes_media_of_the_task(world: World) -> None:
    task, found = world.fetch({"/a": JPEG}, "/a")
    media = found["file"]
    assert (media.kind, media.mime, media.size) == ("image", "image/jpeg", len(JPEG))
    assert asyncio.run(world.blobs.get(media.blob)) == JPEG
    assert world.store.erase("bank", task.id) == [media.blob]


def test_a_further_attempt_fetches_nothing_anew(world: World) -> None:
    task, _ = world.fetch({"/a": JPEG}, "/a")
    world.store.requeue(task.id, task.lease or "", 0, use_attempt=True)
    (again,) = world.store.claim("worker", 1, 60)

    async def sources() -> dict[str, MediaRef]:
        async with GuardedClient() as client:
            return await Fetcher(client, world.blobs, world.store).sources(again)

    assert asyncio.run(sources())["file"].kind == "image"
    assert world.asked == ["/a"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (TEXT, "unsupported_media"),
        (b"", "unsupported_media"),
        (JPEG + bytes(40_001 - len(JPEG)), "url_too_large"),
        (PDF + bytes(61 - len(PDF)), "url_too_large"),
    ],
    ids=["text", "nothing", "beyond every limit", "beyond the limit of its type"],
)
def test_what_was_not_asked_for_is_refused_and_not_kept(world: World, content: bytes, code: str) -> None:
    assert refused(world, {"/a": content}, "/a") == code


def test_the_guard_stands_before_the_connection(world: World) -> None:
    assert refused(world, {"/a": JPEG}, "/a", allowed="") == "url_refused"
    assert world.asked == []


def test_media_of_a_lost_lease_leave_nothing_behind(world: World) -> None:
    with pytest.raises(LeaseLost):
        world.fetch({"/a": JPEG}, "/a", lost=True)
    assert world.kept() == 0
