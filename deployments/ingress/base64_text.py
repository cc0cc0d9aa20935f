"""Files sent as base64 text, decoded as they arrive."""

import base64
import binascii
import re
from collections.abc import AsyncIterator

from deployments.ingress.errors import ApiError

_DATA_URL = re.compile(rb"data:[^,]{0,120};base64,", re.IGNORECASE)
_LONGEST_PREFIX = 160
_LAYOUT = bytes.maketrans(b" ", b"+")  # a form decoder makes a space of a plus that was not escaped


async def taken_head(data: AsyncIterator[bytes]) -> bytes:
    """The first pieces of the text, without blanks before it and without a `data:` prefix."""
    head = bytearray()
    while len(head) < _LONGEST_PREFIX and (piece := await anext(data, None)) is not None:
        head += piece
    start = bytes(head).lstrip()
    found = _DATA_URL.match(start)
    return start[found.end() :] if found else start


async def image_from_text(data: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The bytes of a picture sent as base64 or `data:` URL. Raises ApiError `image_type` for anything else."""
    try:
        async for piece in from_base64(joined(await taken_head(data), data)):
            yield piece
    except ApiError as error:
        if error.code != "invalid_parameter":
            raise
        raise ApiError("image_type", "a picture is not base64") from None


async def from_base64(data: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Decodes base64 (RFC 4648, section 4) with or without line breaks and padding.

    Raises: ApiError: `invalid_parameter` for anything else, such as bits left over at the end, which no encoder sets.
    """
    held, padded = b"", False
    async for piece in data:
        held += piece.translate(_LAYOUT, b"\r\n\t")
        if b"=" in held[:-2] or (padded and held.strip(b"=")):
            raise _invalid()
        whole = max(0, len(held) - 4) // 4 * 4
        if whole:
            yield _decode(held[:whole])
            held = held[whole:]
        padded = b"=" in held
    last = held.rstrip(b"=")
    if len(held) - len(last) > 2:
        raise _invalid()
    plain = _decode(last + b"=" * (-len(last) % 4))
    if base64.b64encode(plain).rstrip(b"=") != last:
        raise _invalid()
    yield plain


async def joined(first: bytes, data: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """A piece, then the rest."""
    yield first
    async for piece in data:
        yield piece


def _decode(text: bytes) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise _invalid() from None


def _invalid() -> ApiError:
    return ApiError("invalid_parameter", "a file is not base64")
