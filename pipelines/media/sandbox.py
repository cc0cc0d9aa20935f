"""What a decoder process may not do, so that hostile media that takes it over gains little."""

import fcntl
import os
import resource
import sys
from pathlib import Path

from pipelines.media.kernel import deny_files, deny_network_and_programs

_TIME_ZONES = Path("/usr/share/zoneinfo")
"""The check of PDF signatures knows dates in the zone of Brussels."""
SHARED_LIBRARIES = tuple(map(Path, ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib")))


def die_with_owner(lifeline: int) -> None:
    """Has the kernel end this process when the owner's end of the pipe closes, however the owner died.

    A signal and not a thread that watches: native code that holds the interpreter cannot delay it. Not
    PR_SET_PDEATHSIG either: that fires when the *thread* that started this process ends.
    """
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(lifeline, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)  # SIGIO, whose default is to end the process
    try:
        closed = os.read(lifeline, 1) == b""
    except BlockingIOError:
        closed = False
    if closed:  # the owner died before the line above
        os._exit(0)


def confine(memory_bytes: int) -> list[str]:
    """Bounds what this process may take and reach from here on: no network, no programs, no files but code.

    Args:
        memory_bytes: address space beyond what is mapped now, and size of a file (the pixels handed back).

    Returns:
        Which of `limits`, `seccomp` and `landlock` hold; the kernel may lack the latter two.
    """
    mapped = _mapped_bytes()
    resource.setrlimit(resource.RLIMIT_AS, (mapped + memory_bytes, mapped + memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold the media
    code = Path(sys.prefix), Path(sys.base_prefix), Path(__file__).parents[1], *SHARED_LIBRARIES, _TIME_ZONES
    locks = {"limits": True, "landlock": deny_files(code), "seccomp": deny_network_and_programs()}
    return sorted(name for name, holds in locks.items() if holds)


def _mapped_bytes() -> int:
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[0]) * resource.getpagesize()
