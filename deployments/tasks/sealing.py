"""Encryption of blobs at rest: AES-256-GCM over chunks, in the STREAM construction (Hoang et al. 2015).

Layout: magic, 16 bytes of salt, then chunks of `CHUNK` bytes (the last one shorter, perhaps empty) with a 16-byte tag
each. Every blob has its own key, HKDF-SHA256 of the master key over the salt and the blob's name, so a blob cannot be
passed off as another. The nonce holds the chunk's number and whether it is the last, so chunks can be neither
reordered nor dropped, nor the end cut off.
"""

import os
from collections.abc import Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MASTER_KEY_BYTES = 32
CHUNK = 256 * 1024
_MAGIC = b"VSB1"
_SALT = 16
_TAG = 16


class BlobError(Exception):
    """A stored blob cannot be read: tampered with, cut off, or sealed under another key."""


class Sealer:
    """Seals one blob while it streams by. Call `update` for every piece, then `finish` once."""

    def __init__(self, master_key: bytes, name: str) -> None:
        salt = os.urandom(_SALT)
        self._cipher, self._pending, self._index = _cipher(master_key, salt, name), bytearray(), 0
        self._header = _MAGIC + salt

    def update(self, piece: bytes) -> bytes:
        """Returns the sealed bytes that are ready, perhaps none."""
        self._pending += piece
        sealed = [self._take_header()]
        # A full chunk stays until more follows: only then is it known not to be the last.
        while len(self._pending) > CHUNK:
            chunk = bytes(self._pending[:CHUNK])
            del self._pending[:CHUNK]
            sealed.append(self._seal(chunk, last=False))
        return b"".join(sealed)

    def finish(self) -> bytes:
        """Returns the rest, with the chunk that marks the end."""
        return self._take_header() + self._seal(bytes(self._pending), last=True)

    def _take_header(self) -> bytes:
        header, self._header = self._header, b""
        return header

    def _seal(self, chunk: bytes, *, last: bool) -> bytes:
        sealed = self._cipher.encrypt(_nonce(self._index, last), chunk, None)
        self._index += 1
        return sealed


def unseal(master_key: bytes, name: str, sealed: bytes) -> bytes:
    """The plain bytes of a sealed blob. Raises: BlobError."""
    header = len(_MAGIC) + _SALT
    if not sealed.startswith(_MAGIC) or len(sealed) < header + _TAG:
        raise BlobError("the blob is not sealed")
    cipher = _cipher(master_key, sealed[len(_MAGIC) : header], name)
    try:
        return b"".join(
            cipher.decrypt(_nonce(index, last), chunk, None)
            for index, chunk, last in _chunks(memoryview(sealed)[header:])
        )
    except InvalidTag as error:
        raise BlobError("the blob was altered or sealed under another key") from error


def _chunks(sealed: memoryview) -> Iterator[tuple[int, memoryview, bool]]:
    step = CHUNK + _TAG
    for index, start in enumerate(range(0, len(sealed), step)):
        yield index, sealed[start : start + step], start + step >= len(sealed)


def _cipher(master_key: bytes, salt: bytes, name: str) -> AESGCM:
    derivation = HKDF(algorithm=SHA256(), length=32, salt=salt, info=b"veriscope blob " + name.encode())
    return AESGCM(derivation.derive(master_key))


def _nonce(index: int, last: bool) -> bytes:
    return index.to_bytes(11, "big") + bytes([last])
