"""How media travels from a decoder process to its owner: numbers as JSON, all else in an anonymous memory file.

The owner believes nothing it reads here. JSON cannot run code as pickle can, the layout is checked against the size
of the file, and the file is sealed before it is mapped, so a decoder under an attacker's control can neither shrink
it under the owner's feet (SIGBUS) nor change pixels after they were looked at.
"""

import fcntl
import json
import mmap
import os
from dataclasses import asdict
from typing import Any

import numpy as np

from pipelines.media.frames import Decoded, DecodeRequest, Frame, Limits, Sound
from pipelines.report import Artifact

FACTS_BYTES = 64 << 20
"""No file's facts take more as JSON: the text of 50 pages is a few MB."""
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
    sets = {"kinds": sorted(request.kinds), "facts": sorted(request.facts)}
    return {"request": asdict(request) | sets, "limits": asdict(limits)}


def load_call(message: dict[str, Any]) -> tuple[DecodeRequest, Limits]:
    """The call behind `dump_call`'s values."""
    request = message["request"]
    sets = {"kinds": frozenset(request["kinds"]), "facts": frozenset(request["facts"])}
    return DecodeRequest(**request | sets), Limits(**message["limits"])


def dump_decoded(decoded: Decoded, fd: int) -> dict[str, Any]:
    """Writes pixels, sound, facts and attachments into the memory file and returns JSON values of everything else.

    Raises:
        MemoryError: the facts are larger than `FACTS_BYTES`.
    """
    offset = 0
    frames = []
    for frame in decoded.frames:
        write_all(fd, frame.pixels.data.cast("B"), offset)
        offset += _padded(frame.pixels.nbytes)
        frames.append([*frame.pixels.shape[:2], frame.index, frame.timestamp])
    facts = json.dumps(decoded.facts).encode() if decoded.facts else b""
    if len(facts) > FACTS_BYTES:
        raise MemoryError("too many facts")
    attachments = [[attachment.name, attachment.mime, len(attachment.data)] for attachment in decoded.attachments]
    sound = decoded.sound
    if sound is not None:
        write_all(fd, sound.samples.data.cast("B"), offset)
        offset += _padded(sound.samples.nbytes)
    for part in (facts, *(attachment.data for attachment in decoded.attachments)):
        write_all(fd, memoryview(part), offset)
        offset += len(part)
    written = {
        "frames": frames,
        "sound": sound and [len(sound.samples), sound.rate, sound.original_rate, sound.codec],
        "facts": len(facts),
        "attachments": attachments,
    }
    return {name: getattr(decoded, name) for name in Decoded.__slots__ if name not in written} | written


def load_decoded(message: dict[str, Any], fd: int) -> Decoded:
    """Maps pixels and sound, without copying them, into read-only arrays that keep the memory alive.

    Raises:
        ValueError, TypeError, KeyError, OverflowError: the message and the file disagree.
        OSError: the file is still mapped for writing elsewhere.
    """
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, _SEALS)
    shapes = [(int(height), int(width), 3) for height, width, _, _ in message["frames"]]
    size = os.fstat(fd).st_size
    if not (shapes or message["sound"] or message["facts"]) or any(min(shape) < 1 for shape in shapes):
        raise ValueError("a decoder returned nothing")
    # MAP_PRIVATE: kernels before 6.7 refuse a shared mapping of a sealed file even for reading.
    pages = mmap.mmap(fd, size, flags=mmap.MAP_PRIVATE | mmap.MAP_POPULATE, prot=mmap.PROT_READ)
    frames = []
    offset = 0
    for shape, (_, _, index, timestamp) in zip(shapes, message["frames"], strict=True):
        count = shape[0] * shape[1] * shape[2]
        pixels = np.frombuffer(pages, np.uint8, count, offset).reshape(shape)
        frames.append(Frame(pixels, index=int(index), timestamp=float(timestamp)))
        offset += _padded(count)
    sound = None
    if message["sound"]:
        length, rate, original_rate, codec = message["sound"]
        samples = np.frombuffer(pages, np.int16, int(length), offset)
        sound = Sound(samples, int(rate), int(original_rate), str(codec)[:50])
        offset += _padded(samples.nbytes)
    facts, attachments = _load_parts(message, pages, offset)
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
        sound=sound,
        facts=facts,
        attachments=attachments,
        fault=None if message["fault"] is None else str(message["fault"])[:50],
    )


def _load_parts(message: dict[str, Any], pages: mmap.mmap, offset: int) -> tuple[dict[str, Any], tuple[Artifact, ...]]:
    """Facts and attachments, which follow the pixels."""
    sizes = [int(message["facts"]), *(int(size) for _, _, size in message["attachments"])]
    if min(sizes) < 0 or sizes[0] > FACTS_BYTES or (any(sizes) and offset + sum(sizes) > len(pages)):
        raise ValueError("a decoder's message and its file disagree")
    parts = []
    for size in sizes:
        parts.append(pages[offset : offset + size])
        offset += size
    facts = json.loads(parts[0]) if parts[0] else {}
    if not isinstance(facts, dict):
        raise ValueError("a decoder's facts are not an object")
    named = zip(message["attachments"], parts[1:], strict=True)
    return facts, tuple(Artifact(str(name)[:100], str(mime)[:100], data) for (name, mime, _), data in named)


def _padded(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
