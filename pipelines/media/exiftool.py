"""Metadata as exiftool reads it, where that is installed: maker notes, and formats that our own readers do not know.

It is a Perl program over hostile bytes, so it runs in a process of its own for each file, as confined as the decoders.
"""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import cache

from pipelines.media.forensics.findings import clean

FACTS = "exiftool"
"""The name by which callers ask for these facts (`DecodeRequest.facts`)."""
_SECONDS = 15.0
_MOST_BYTES, _MOST_TAGS = 1 << 20, 200
_OF_OTHERS = frozenset(("SourceFile", "ExifTool", "System", "File", "Composite"))
"""Groups about the call and not about what the file says, or said better by our own readers."""
_KEPT_ENVIRONMENT = ("PATH", "TZ")


@cache
def installed() -> bool:
    """Whether there is an exiftool on this machine."""
    return shutil.which("exiftool") is not None and shutil.which("perl") is not None


async def read_tags(source: int) -> Mapping[str, str] | None:
    """The tags of the file behind a descriptor, which is not moved: `IFD0:Software` -> `GIMP 2.4.5`.

    Returns:
        At most 200 tags in the file's order, each value one printable line of at most 200 characters; None where
        exiftool is not installed, cannot be confined, takes too long or fails over the file.
    """
    if not installed():
        return None
    lifeline, ours = os.pipe()
    media = os.open(f"/proc/self/fd/{source}", os.O_RDONLY | os.O_CLOEXEC)
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "pipelines.media.exiftool_process", str(lifeline)),
            stdin=media,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            pass_fds=(lifeline,),
            env=_environment(),
        )
        return _tags(await _output(process))
    finally:
        for descriptor in (lifeline, ours, media):
            os.close(descriptor)


async def _output(process: asyncio.subprocess.Process) -> bytes:
    """What it prints, empty where that is too much or too late. The process has ended when this returns."""
    assert process.stdout is not None
    printed = b""
    try:
        async with asyncio.timeout(_SECONDS):
            while chunk := await process.stdout.read(1 << 16):
                printed += chunk
                if len(printed) > _MOST_BYTES:
                    return b""
        return printed
    except TimeoutError:
        return b""
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _tags(printed: bytes) -> dict[str, str] | None:
    try:
        (entry,) = json.loads(printed)
        named = {str(name): value for name, value in entry.items() if name.split(":")[0] not in _OF_OTHERS}
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
    plain = {
        name[:100]: clean(value)
        for name, value in named.items()
        if isinstance(value, str | int | float) and not str(value).startswith("(Binary data")
    }
    return dict([(name, value) for name, value in plain.items() if value][:_MOST_TAGS])


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
    return {**kept, "LC_ALL": "C.UTF-8", "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
