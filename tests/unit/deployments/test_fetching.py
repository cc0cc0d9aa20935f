"""Media behind URLs, fetched for a task from a real server."""

import asyncio
import contextlib
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import deployments.social
from deployments.fetching import Fetcher, LeaseLost
from deployments.settings import Settings
from deployments.social import SocialLinks
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


def resolver(folder: Path, body: str) -> SocialLinks:
    """yt-dlp's place taken by a script; what it is told stands in `told`."""
    script = folder / "resolver.py"
    script.write_text(
        f"import os, sys\nopen({str(folder / 'told')!r}, 'w').write(repr((sys.argv, dict(os.environ))))\n{body}\n"
    )
    return SocialLinks([sys.executable, str(script)])


def social(world: World, folder: Path, body: str, url: str = "https://www.youtube.com/watch?v=1") -> MediaRef:
    """What is fetched from a social network, where the file itself lies on a server of ours at /a."""

    async def run() -> MediaRef:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(JPEG) + JPEG)
            writer.close()

        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            links = resolver(folder, body.replace("PORT", str(server.sockets[0].getsockname()[1])))
            async with GuardedClient(["127.0.0.0/8"]) as client:
                fetcher = Fetcher(client, world.blobs, world.store, links)
                return (await fetcher.sources(world.claimed(url)))["file"]

    return asyncio.run(run())


def test_a_file_on_a_social_network_is_fetched_from_where_it_lies(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VERISCOPE_TOKEN_SECRET", "a secret")
    media = social(world, tmp_path, "print('http://127.0.0.1:PORT/a')")
    assert (media.kind, media.mime, media.size) == ("image", "image/jpeg", len(JPEG))
    told = (tmp_path / "told").read_text()
    assert "https://www.youtube.com/watch?v=1" in told
    assert "a secret" not in told


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("print('http://10.0.0.1/a')", "url_refused"),
        ("print('file:///etc/passwd')", "url_refused"),
        ("print('https://www.youtube.com/watch?v=2')", "unsupported_url_source"),
        ("sys.exit(1)", "url_failed"),
        ("print('x' * 200_000)", "url_failed"),
    ],
)
def test_what_a_social_network_names_passes_the_guard_like_any_url(
    world: World, tmp_path: Path, body: str, code: str
) -> None:
    with pytest.raises(MediaError) as refused:
        social(world, tmp_path, body)
    assert refused.value.code == code
    assert world.kept() == 0


@pytest.mark.parametrize("url", ["https://user:pw@www.youtube.com/a", "ftp://www.youtube.com/a"])
def test_a_url_that_is_wrong_in_itself_is_opened_by_nobody(world: World, tmp_path: Path, url: str) -> None:
    with pytest.raises(MediaError) as refused:
        social(world, tmp_path, "print('http://127.0.0.1:PORT/a')", url)
    assert refused.value.code == "url_refused"
    assert not (tmp_path / "told").exists()


def test_social_networks_are_refused_unless_they_are_switched_on(world: World) -> None:
    async def run() -> None:
        async with GuardedClient() as client:
            await Fetcher(client, world.blobs, world.store).sources(world.claimed("https://youtu.be/1"))

    with pytest.raises(MediaError, match="unsupported url source"):
        asyncio.run(run())
    assert not Settings().social_sources


@pytest.mark.parametrize(
    ("accepted", "sound"), [(("m4a", "mp4"), True), (("m4a", "mp4", "png"), False), (("mp4",), False)]
)
def test_sound_is_enough_where_pictures_are_not_wanted(tmp_path: Path, accepted: tuple[str, ...], sound: bool) -> None:
    links = resolver(tmp_path, "print('http://127.0.0.1/a')")
    asyncio.run(links.media_url("https://youtu.be/1", accepted))
    assert ("ba[ext=m4a]" in (tmp_path / "told").read_text()) is sound


def test_a_resolver_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deployments.social, "TIMEOUT_S", 0.5)
    links = resolver(tmp_path, "import time; time.sleep(600)")
    with pytest.raises(MediaError) as late:
        asyncio.run(links.media_url("https://youtu.be/1", ("mp4",)))
    assert late.value.code == "url_timeout"
