"""Bytes after the end of a picture: hidden files, or what cameras are known to append."""

from collections.abc import Callable, Mapping

from pipelines.media.forensics.jpeg import structure
from pipelines.media.sniff import sniff

_LEAST = 16
"""Fewer bytes are padding."""


def trailing_data(data: bytes, mime: str, declared: int = 0, motion: bool = False) -> dict[str, object] | None:
    """What follows a picture's end that neither padding nor a camera accounts for.

    Args:
        declared: where the last picture of a multi-picture file ends by its own index.
        motion: the metadata declares a motion photo, a short video behind the picture.
    """
    end = _ENDS[mime](data) if mime in _ENDS else None
    if end is None:
        return None
    rest = data[max(end, declared) :]
    if len(rest.strip(b"\0 \r\n\xff")) < _LEAST:
        return None
    if rest.endswith(b"SEFT") or (motion and (rest[4:8] == b"ftyp" or b"MotionPhoto_Data" in rest[:4096])):
        return None  # Samsung's own trailer; a motion photo that says so
    found = sniff(rest[:4096].lstrip(b"\0"))
    return {"bytes": len(rest), "offset": len(data) - len(rest), "type": found.mime if found else "unknown"}


def _png(data: bytes) -> int | None:
    at = 8
    while at + 12 <= len(data):
        size, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        at += 12 + size
        if name == b"IEND":
            return at
    return None


def _riff(data: bytes) -> int | None:
    size = int.from_bytes(data[4:8], "little")
    return 8 + size + size % 2


def _gif(data: bytes) -> int | None:
    """Walks GIF89a's blocks to the trailer."""
    if len(data) < 13:
        return None
    at = 13 + (3 << (data[10] & 7) + 1 if data[10] & 0x80 else 0)
    while at < len(data):
        block = data[at]
        if block == 0x3B:
            return at + 1
        if block == 0x2C and at + 10 <= len(data):
            local = data[at + 9]
            at += 11 + (3 << (local & 7) + 1 if local & 0x80 else 0)
        elif block == 0x21:
            at += 2
        else:
            return None
        while at < len(data) and data[at]:
            at += 1 + data[at]
        at += 1
    return None


_ENDS: Mapping[str, Callable[[bytes], int | None]] = {
    "image/jpeg": lambda data: structure(data).end,
    "image/png": _png,
    "image/webp": _riff,
    "image/gif": _gif,
}
