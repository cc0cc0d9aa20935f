"""The body of a request as it arrives: bounded in bytes and in time, whole or in chunks."""

import asyncio
import json
import math
import time
from collections.abc import AsyncIterator
from typing import Any

from python_multipart.multipart import parse_options_header
from starlette.requests import ClientDisconnect, Request

from deployments.ingress.errors import ApiError

MAX_JSON = 64 << 10
IDLE_S = 30.0
"""Seconds without a byte after which a request is given up."""

TOTAL_S = 900.0
_JSON = b"application/json"


async def body(request: Request, limit: int) -> AsyncIterator[bytes]:
    """The chunks of a body of at most `limit` bytes. Raises ApiError `payload_too_large` as soon as that is certain."""
    too_large = ApiError("payload_too_large", f"the request body must have at most {limit} bytes")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise ApiError("unsupported_media_type", "compressed request bodies are not accepted")
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced[:18]) > limit:
        raise too_large
    left, until = limit, time.monotonic() + TOTAL_S
    more = True
    while more:
        try:
            async with asyncio.timeout(min(IDLE_S, until - time.monotonic())):
                message = await request.receive()
        except TimeoutError:
            raise ApiError("request_timeout") from None
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk = message.get("body", b"")
        more = message.get("more_body", False)
        left -= len(chunk)
        if left < 0:
            raise too_large
        if chunk:
            yield chunk


async def read_all(request: Request, limit: int) -> bytes:
    """A short body at once."""
    return b"".join([chunk async for chunk in body(request, limit)])


async def read_json(request: Request) -> dict[str, Any]:
    """A JSON object; an empty body is an empty one. Raises ApiError for anything else."""
    raw = await read_all(request, MAX_JSON)
    kind, _ = parse_options_header(request.headers.get("content-type"))
    if not raw:
        return {}
    if kind != _JSON:
        raise ApiError("unsupported_media_type", "the request must be application/json")
    return json_object(raw)


def json_object(text: bytes | str, name: str = "the body") -> dict[str, Any]:
    """Parses a JSON object. Raises ApiError `malformed_body`, also for numbers that JSON cannot write again."""
    try:
        value = json.loads(text, parse_constant=_finite, parse_float=_finite)
    except (ValueError, RecursionError):
        raise ApiError("malformed_body", f"{name} is not JSON") from None
    if not isinstance(value, dict):
        raise ApiError("malformed_body", f"{name} must be a JSON object")
    return value


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("not finite")
    return value
