"""A real HTTP server and a resolver for tests of the guard on URLs."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import pytest

from pipelines.media.fetch import GuardedClient, UrlRefused

LOCAL = ("127.0.0.0/8",)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


@dataclass
class Server:
    """A real HTTP server on 127.0.0.1 that answers by path with raw bytes and remembers what it was asked."""

    answers: dict[str, bytes]
    port: int = 0
    requests: list[bytes] = field(default_factory=list)
    silent: bool = False
    drip_s: float | None = None

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            self.requests.append(head)
            while self.silent:
                await asyncio.sleep(0.05)
            answer = self.answers.get(head.split()[1].decode(), b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            for at in range(len(answer) if self.drip_s else 1):
                writer.write(answer[at : at + 1] if self.drip_s else answer)
                await writer.drain()
                await asyncio.sleep(self.drip_s or 0)
        writer.close()

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"


@contextlib.asynccontextmanager
async def serving(
    answers: dict[str, bytes], host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
) -> AsyncIterator[Server]:
    server = Server(answers)
    listener = await asyncio.start_server(server.handle, host, 0, ssl=tls)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()


class Names:
    """A resolver that answers from a list, one answer a question, and counts the questions."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        return self.answers[min(len(self.asked), len(self.answers)) - 1]


async def refused(client: GuardedClient, url: str) -> UrlRefused:
    with pytest.raises(UrlRefused) as caught:
        await client.fetch(url, 100)
    return caught.value
