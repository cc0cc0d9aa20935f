"""The vendor's payloads: base64 of AES-256-GCM, unpacked as they arrive (contracts 3.3).

One key and one IV for all messages break what GCM promises, and the default key is public: this is the wire format of
existing clients, and no protection. TLS is.
"""

import base64
import binascii
import re
from collections.abc import AsyncIterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import GCM

from deployments.ingress.errors import ApiError

TAG_BYTES, IV_BYTES = 16, 12
OWN_IV = b"v2:"
"""Marks a payload that brings its own IV: base64 of IV, ciphertext and tag."""
_DATA_URL = re.compile(rb"data:[^,]{0,120};base64,", re.IGNORECASE)
_LONGEST_PREFIX = 160
_LAYOUT = bytes.maketrans(b" ", b"+")  # a form decoder makes a space of a plus that was not escaped


async def text_payload(data: AsyncIterator[bytes], key: bytes, iv: bytes) -> AsyncIterator[bytes]:
    """The plain bytes of a payload sent as text. Raises ApiError `invalid_parameter`, for a false tag at the very end.

    What comes before the end is not authentic yet: the caller must throw it away when this raises.
    """
    head = bytearray()
    while len(head) < _LONGEST_PREFIX and (piece := await anext(data, None)) is not None:
        head += piece
    start = bytes(head).lstrip()
    if found := _DATA_URL.match(start):
        start = start[found.end() :]
    own = start.startswith(OWN_IV)
    binary = from_base64(_joined(start[len(OWN_IV) :] if own else start, data))
    async for plain in decrypted(binary, key, None if own else iv):
        yield plain


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


async def decrypted(data: AsyncIterator[bytes], key: bytes, iv: bytes | None) -> AsyncIterator[bytes]:
    """AES-256-GCM with its 128-bit tag at the end, and with its IV at the start where none is given.

    Raises: ApiError: `invalid_parameter` for a false tag, once everything was read; all of it is worthless then.
    """
    held = bytearray()
    async for piece in data:
        held += piece
        if iv is not None or len(held) >= IV_BYTES:
            break
    if iv is None:
        iv = bytes(held[:IV_BYTES])
        del held[:IV_BYTES]
    if len(iv) != IV_BYTES:
        raise _invalid()
    cipher = Cipher(AES(key), GCM(iv)).decryptor()
    while True:
        if len(held) > TAG_BYTES:
            plain = cipher.update(bytes(held[:-TAG_BYTES]))
            del held[:-TAG_BYTES]
            yield plain
        more = await anext(data, None)
        if more is None:
            break
        held += more
    if len(held) < TAG_BYTES:
        raise _invalid()
    try:
        cipher.finalize_with_tag(bytes(held))
    except InvalidTag:
        raise _invalid() from None


async def _joined(first: bytes, data: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in data:
        yield piece


def _decode(text: bytes) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise _invalid() from None


def _invalid() -> ApiError:
    return ApiError("invalid_parameter", "an encrypted file cannot be decrypted")
