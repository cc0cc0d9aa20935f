"""How frames travel from a decoder process to its owner: numbers as JSON, pixels in an anonymous memory file.

The owner believes nothing it reads here. JSON cannot run code as pickle can, the layout is checked against the size
of the file, and the file is sealed before it is mapped, so a decoder under an attacker's control can neither shrink
it under the owner's feet (SIGBUS) nor change pixels after they were looked at.
"""

import fcntl
import mmap
import os
from dataclasses import asdict
from typing import Any

import numpy as np

from pipelines.media.frames import Decoded, DecodeRequest, Frame, Limits

_ALIGNMENT = 64
_SEALS = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SEAL


def memory_file() -> int:
    """A file that exists only as a descriptor: nothing can be left behind, and no size of /dev/shm bounds it."""
    return os.memfd_create("media", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)


def write_all(fd: int, data: memoryview, offset: int = 0) -> None:
    """Writes all of `data` at `offset`; one call of the kernel takes 2 GiB at most."""
    while data:
        written = os.pwrite(fd, data, offset)
        data, offset = data[written:], offset + written


def dump_call(request: DecodeRequest, limits: Limits) -> dict[str, Any]:
    """JSON values of a call."""
    return {"request": {**asdict(request), "kinds": sorted(request.kinds)}, "limits": asdict(limits)}


def load_call(message: dict[str, Any]) -> tuple[DecodeRequest, Limits]:
    """The call behind `dump_call`'s values."""
    request = message["request"]
    return DecodeRequest(**{**request, "kinds": frozenset(request["kinds"])}), Limits(**message["limits"])


def dump_decoded(decoded: Decoded, fd: int) -> dict[str, Any]:
    """Writes the pixels into the memory file and returns JSON values of everything else."""
    offset = 0
    frames = []
    for frame in decoded.frames:
        write_all(fd, frame.pixels.data.cast("B"), offset)
        offset += _padded(frame.pixels.nbytes)
        frames.append([*frame.pixels.shape[:2], frame.index, frame.timestamp])
    facts = {name: getattr(decoded, name) for name in Decoded.__slots__ if name != "frames"}
    return {**facts, "frames": frames}


def load_decoded(message: dict[str, Any], fd: int) -> Decoded:
    """Maps the pixels, without copying them, into read-only arrays that keep the memory alive.

    Raises:
        ValueError, TypeError, KeyError, OverflowError: the message and the file disagree.
        OSError: the file is still mapped for writing elsewhere.
    """
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, _SEALS)
    shapes = [(int(height), int(width), 3) for height, width, _, _ in message["frames"]]
    if not shapes or any(min(shape) < 1 for shape in shapes):
        raise ValueError("a decoder returned no pixels")
    # MAP_PRIVATE: kernels before 6.7 refuse a shared mapping of a sealed file even for reading.
    pages = mmap.mmap(fd, os.fstat(fd).st_size, flags=mmap.MAP_PRIVATE | mmap.MAP_POPULATE, prot=mmap.PROT_READ)
    frames = []
    offset = 0
    for shape, (_, _, index, timestamp) in zip(shapes, message["frames"], strict=True):
        size = shape[0] * shape[1] * shape[2]
        pixels = np.frombuffer(pages, np.uint8, size, offset).reshape(shape)
        frames.append(Frame(pixels, index=int(index), timestamp=float(timestamp)))
        offset += _padded(size)
    return Decoded(
        kind=str(message["kind"]),
        mime=str(message["mime"]),
        width=int(message["width"]),
        height=int(message["height"]),
        duration=_number(message["duration"]),
        fps=_number(message["fps"]),
        has_audio=bool(message["has_audio"]),
        scale=float(message["scale"]),
        frames=tuple(frames),
    )


def _padded(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
