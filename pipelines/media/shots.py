"""Sets of pictures in a ZIP archive ("shots sets") to frames. Archives from outside belong in a decoder process."""

import io
import re
import stat
import zipfile
from dataclasses import replace

from PIL import Image

from pipelines.errors import MediaError
from pipelines.media.frames import Decoded, DecodeRequest, Frame, Limits
from pipelines.media.image import decode_image
from pipelines.media.sniff import HEAD_BYTES, JPEG, PNG, sniff

MAX_PICTURES = 64
MAX_BYTES = 50 << 20
"""Of all pictures together, unpacked."""
MAX_RATIO = 20
"""Unpacked bytes for each packed one: pictures are compressed already."""

_METHODS = frozenset((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
_ENCRYPTED = 0x1
_UNIX = 3


def decode_shots(data: bytes, request: DecodeRequest, limits: Limits) -> Decoded:
    """Decodes up to `request.frames` pictures of the archive, spread evenly over its names in natural order.

    An archive holds 1 to 64 JPEG or PNG files of one size, side by side, of at most 50 MiB together. Every member is
    checked whether or not it is decoded. A frame's `timestamp` is its number in the set, since nothing tells the time.

    Raises:
        MediaError: `bad_archive` for anything but such a set; `image_too_large` and `corrupt_media` as `decode_image`.
    """
    try:
        pictures = _unpack(data)
    except MediaError:
        raise
    except MemoryError:
        raise MediaError("media_memory", "the archive needs more memory than is allowed") from None
    except Exception:  # zipfile raises BadZipFile, zlib.error, ValueError, struct.error, NotImplementedError, ...
        raise _bad("cannot be read") from None
    sizes = {_size(picture, limits) for picture in pictures}
    chosen = _spread(len(pictures), request.frames)
    decoded = [decode_image(pictures[index], request, limits) for index in chosen]
    shapes = {(one.width, one.height) for one in decoded}
    if len(sizes) > 1 or len(shapes) > 1:
        raise _bad("holds pictures of different sizes")
    return replace(
        decoded[0],
        kind="shots",
        mime="application/zip",
        frames=tuple(
            Frame(one.frames[0].pixels, index=index, timestamp=float(index))
            for index, one in zip(chosen, decoded, strict=True)
        ),
    )


def _unpack(data: bytes) -> list[bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = archive.infolist()
        _check_directory(members)
        members.sort(key=lambda member: _natural(member.filename))
        pictures, left = [], MAX_BYTES
        for member in members:
            with archive.open(member) as file:
                picture = file.read(left + 1)  # what the directory says may be a lie
            left -= len(picture)
            if left < 0:
                raise _bad("is too large unpacked")
            if sniff(picture[:HEAD_BYTES]) not in (JPEG, PNG):
                raise _bad("holds something else than JPEG and PNG pictures")
            pictures.append(picture)
    return pictures


def _check_directory(members: list[zipfile.ZipInfo]) -> None:
    if not 1 <= len(members) <= MAX_PICTURES:
        raise _bad(f"must hold 1 to {MAX_PICTURES} pictures")
    names = [member.filename for member in members]
    # `orig_filename` too: zipfile cuts names at NUL and turns separators.
    if any(set("/\\\0") & set(member.filename + member.orig_filename) for member in members) or {".", ".."} & {*names}:
        raise _bad("must hold pictures side by side, not in folders")
    if len(set(names)) < len(names):
        raise _bad("holds two files of one name")
    for member in members:
        mode = member.external_attr >> 16
        if member.create_system == _UNIX and stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            raise _bad("holds a link or a special file")
        if member.flag_bits & _ENCRYPTED or member.compress_type not in _METHODS:
            raise _bad("is encrypted or packed in a way that is not supported")
        if member.file_size > MAX_RATIO * max(1, member.compress_size):
            raise _bad("unpacks to many times its size")
    if sum(member.file_size for member in members) > MAX_BYTES:
        raise _bad("is too large unpacked")


def _size(picture: bytes, limits: Limits) -> tuple[int, int]:
    try:
        with Image.open(io.BytesIO(picture), formats=("JPEG", "PNG")) as image:
            width, height = image.size
    except Exception:  # as in `decode_image`
        raise MediaError("corrupt_media", "a picture of the archive is damaged or incomplete") from None
    if width * height > limits.pixels:
        raise MediaError("image_too_large", "image too large")
    return width, height


def _spread(count: int, wanted: int) -> list[int]:
    """Numbers of at most `wanted` of `count` pictures, evenly spread."""
    if wanted >= count:
        return list(range(count))
    return [(2 * place + 1) * count // (2 * wanted) for place in range(wanted)]


def _natural(name: str) -> list[tuple[int, str]]:
    """Orders `2.jpg` before `10.jpg`."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"([0-9]+)", name)]


def _bad(what: str) -> MediaError:
    return MediaError("bad_archive", f"the archive {what}")
