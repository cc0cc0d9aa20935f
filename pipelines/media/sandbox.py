"""What a decoder process may not do, so that hostile media that takes it over gains little."""

import fcntl
import os
import resource


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


def confine(memory_bytes: int) -> None:
    """Bounds what this process may take from here on.

    Args:
        memory_bytes: address space beyond what is mapped now, and size of a file (the pixels handed back).
    """
    mapped = _mapped_bytes()
    resource.setrlimit(resource.RLIMIT_AS, (mapped + memory_bytes, mapped + memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold the media


def _mapped_bytes() -> int:
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[0]) * resource.getpagesize()
