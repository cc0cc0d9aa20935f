"""The vendor's payloads: base64 of AES-256-GCM, unpacked as they arrive (contracts 3.3).

One key and one IV for all messages break what GCM promises, and the default key is public: this is the wire format of
existing clients, and no protection. TLS is.
"""

from collections.abc import AsyncIterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import GCM

from deployments.ingress.base64_text import from_base64, joined, taken_head
from deployments.ingress.errors import ApiError

TAG_BYTES, IV_BYTES = 16, 12
OWN_IV = b"v2:"
"""Marks a payload that brings its own IV: base64 of IV, ciphertext and tag."""


async def text_payload(data: AsyncIterator[bytes], key: bytes, iv: bytes) -> AsyncIterator[bytes]:
    """The plain bytes of a payload sent as text. Raises ApiError `invalid_parameter`, for a false tag at the very end.

    What comes before the end is not authentic yet: the caller must throw it away when this raises.
    """
    start = await taken_head(data)
    own = start.startswith(OWN_IV)
    binary = from_base64(joined(start[len(OWN_IV) :] if own else start, data))
    async for plain in decrypted(binary, key, None if own else iv):
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


def _invalid() -> ApiError:
    return ApiError("invalid_parameter", "an encrypted file cannot be decrypted")
