"""Requests that no HTTP library would send."""

import json
import socket
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Reply:
    """A reply as it came over the wire; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Wire:
    """One TCP connection, written to by hand."""

    def __init__(self, base_url: str, timeout: float = 20) -> None:
        parts = urlsplit(base_url)
        self._socket = socket.create_connection((parts.hostname, parts.port), timeout)
        self._file = self._socket.makefile("rb")

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def head(self, method: str, path: str, headers: dict[str, str]) -> None:
        lines = [
            f"{method} {path} HTTP/1.1",
            "Host: api.test",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        self.send("\r\n".join([*lines, "", ""]).encode("latin-1"))

    def reply(self) -> Reply:
        """Reads one reply."""
        status = int(self._file.readline().split()[1])
        headers: dict[str, str] = {}
        while line := self._file.readline().strip():
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        return Reply(status, headers, self._file.read(int(headers.get("content-length", 0))))

    def closed(self) -> bool:
        """Whether the server hangs up, now that nothing more is sent."""
        self._socket.shutdown(socket.SHUT_WR)
        try:
            return self._file.read(1) == b""
        except ConnectionResetError:
            return True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._socket.close()


def multipart(*parts: tuple[str, bytes], boundary: str = "veriscope") -> bytes:
    """A multipart body of (Content-Disposition parameters, content) pairs."""
    body = b"".join(
        b"--%s\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n" % (boundary.encode(), head.encode(), content)
        for head, content in parts
    )
    return body + b"--%s--\r\n" % boundary.encode()


MULTIPART = "multipart/form-data; boundary=veriscope"
