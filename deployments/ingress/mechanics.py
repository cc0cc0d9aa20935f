"""What happens to every request before and after the routes (contracts 1.1): one ASGI middleware."""

import asyncio
import contextlib
import logging
import re
import time
import traceback
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from obstore.exceptions import BaseError as BlobStoreError
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.requests import ClientDisconnect

from deployments.ingress.errors import ApiError, Facade, overloaded
from deployments.ingress.facades import owner
from deployments.ingress.metrics import Metrics
from deployments.ingress.native.errors import NATIVE
from deployments.tasks.blobs import BlobError

log = logging.getLogger("veriscope.ingress")

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_SLASHES = re.compile(r"/{2,}")
_ALWAYS = ((b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store"))
_SHORT_BODY = 64 << 10
_LINGER_BYTES = 4 << 20
_LINGER_S = 2.0
_LOGGED_FRAMES = 8
_UNAVAILABLE = (OperationalError, PoolTimeout, BlobStoreError, BlobError, OSError)


@dataclass(slots=True)
class Exchange:
    """One request and its reply, as far as every layer needs to know. Kept in the scope under `exchange`.

    Attributes:
        path: as asked for, slashes collapsed.
        long_body: whether reading the rest of an unwanted request would cost more than a new connection.
        headers: added to the reply.
        status: of the reply, 0 before it has begun.
    """

    request_id: str
    facade: Facade
    path: str
    long_body: bool = False
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    status: int = 0
    body_ended: bool = False


class HttpMechanics:
    """Collapses slashes, serves prefixed mounts, marks replies, and gives every failure the path owner's shape."""

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]], *, host: str, metrics: Metrics) -> None:
        self._app = app
        self._host = host
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = scope["exchange"] = _open(scope)
        started = time.perf_counter()
        watched = _watch_body(exchange, receive)
        marked = _mark_reply(exchange, send)
        try:
            if "\0" in exchange.path:
                raise ApiError("not_found")  # nothing is called so, and PostgreSQL does not even look
            await self._app(scope, watched, marked)
        except ApiError as refusal:
            await self.reply_error(refusal, exchange, watched, marked)
        except ClientDisconnect:
            exchange.status = exchange.status or 499
        except Exception as failure:
            if exchange.status:
                raise  # half a reply is out: only closing the connection tells the client
            await self.reply_error(_explain(failure, exchange, scope), exchange, watched, marked)
        finally:
            route = getattr(scope.get("route"), "path", "unmatched")
            self._metrics.observe(scope["method"], route, exchange.status, time.perf_counter() - started)

    async def reply_error(self, error: ApiError, exchange: Exchange, receive: Receive, send: Send) -> None:
        """Answers in the shape of the path's owner. Where the request is not read to its end, hangs up afterwards."""
        body = exchange.facade.error_body(error, exchange.request_id, self._host, exchange.path)
        headers = [
            (b"content-type", exchange.facade.error_type.encode()),
            (b"content-length", str(len(body)).encode()),
            *((name.lower().encode(), value.encode()) for name, value in error.headers.items()),
        ]
        hang_up = exchange.long_body and not exchange.body_ended
        if hang_up:
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": error.status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": hang_up})
        if hang_up:
            await _linger(exchange, receive)
            await send({"type": "http.response.body", "body": b"", "more_body": False})


def _open(scope: Scope) -> Exchange:
    """Rewrites the path in place and finds its owner: `/sensity/tasks/x` is `/tasks/x`, and nobody else's."""
    path = scope["path"]
    if "//" in path:
        path = _SLASHES.sub("/", path)
    facade = owner(path)
    asked = path
    if facade is not NATIVE and path.startswith(f"/{facade.name}/"):
        inner = path[len(facade.name) + 1 :]
        path = inner if owner(inner) is facade else path
    if facade.either_slash:
        path = path.rstrip("/") or "/"
    if path != scope["path"]:
        scope["path"] = path
        scope["raw_path"] = path.encode()
    sent = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
    request_id = sent.decode() if _REQUEST_ID.fullmatch(sent) else uuid4().hex
    return Exchange(request_id, facade, asked, _long_body(scope))


def _long_body(scope: Scope) -> bool:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return not value.isdigit() or int(value[:12]) > _SHORT_BODY
        if name == b"transfer-encoding":
            return True
    return False


def _watch_body(exchange: Exchange, receive: Receive) -> Receive:
    async def watched() -> Message:
        message = await receive()
        if not message.get("more_body"):
            exchange.body_ended = True
        return message

    return watched


def _mark_reply(exchange: Exchange, send: Send) -> Send:
    async def marked(message: Message) -> None:
        if message["type"] == "http.response.start":
            exchange.status = message["status"]
            headers = list(message["headers"])
            headers.append((b"x-request-id", exchange.request_id.encode()))
            present = {name for name, _ in headers}
            headers.extend(pair for pair in _ALWAYS if pair[0] not in present)
            headers.extend(exchange.headers)
            message["headers"] = headers
        await send(message)

    return marked


async def _linger(exchange: Exchange, receive: Receive) -> None:
    """Reads on for a moment without keeping anything: closing at once would reset the connection under the reply."""
    left = _LINGER_BYTES
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_LINGER_S):
            while not exchange.body_ended and left > 0:
                left -= len((await receive()).get("body", b""))


def _explain(failure: Exception, exchange: Exchange, scope: Scope) -> ApiError:
    """The client's view of an unexpected failure, and a log line without its message, which may hold personal data."""
    innermost = traceback.extract_tb(failure.__traceback__)[: -_LOGGED_FRAMES - 1 : -1]
    frames = " < ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in innermost)
    route = getattr(scope.get("route"), "path", "unmatched")
    log.error(
        "request %s failed: %s %s: %s at %s",
        exchange.request_id,
        scope["method"],
        route,
        type(failure).__name__,
        frames,
    )
    return overloaded() if isinstance(failure, _UNAVAILABLE) else ApiError("internal")
