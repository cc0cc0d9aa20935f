"""Turns itself into a confined exiftool: `python -m pipelines.media.exiftool_process LIFELINE`, the media on its stdin.

The locks hold over `execve`: exiftool gets no network, no processes and no files but Perl's code, and may run nothing
but Perl.
"""

import os
import resource
import shutil
import sys
from pathlib import Path

from pipelines.media.kernel import deny_files, deny_network_and_programs
from pipelines.media.sandbox import SHARED_LIBRARIES, die_with_owner

_PERL = tuple(map(Path, ("/etc/perl", "/usr/share/perl", "/usr/share/perl5", "/usr/local/share/perl")))
_LOADERS = tuple(map(Path, ("/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1")))
_MEMORY_BYTES, _CPU_SECONDS = 512 << 20, 10
_OPTIONS = ("-config", "", "-json", "-G1", "-fast", "-charset", "UTF8", "-")
"""`-config` with nothing: exiftool must not look for a file of settings, which is code."""


def main(arguments: list[str]) -> None:
    """Confines this process and becomes exiftool. Exits with 1 where it is not installed or a lock is lacking."""
    die_with_owner(int(arguments[0]))
    tool, perl = shutil.which("exiftool"), shutil.which("perl")
    if tool is None or perl is None or not confine(tool, perl):
        sys.exit(1)
    os.execv(tool, (tool, *_OPTIONS))  # noqa: S606 - a fixed program with fixed arguments


def confine(*programs: str) -> bool:
    """Leaves this process nothing but its memory, what is open, code, and becoming one of the programs.

    Returns:
        Whether both locks hold. Unlike decoders, it must not go on without: nothing else would keep it from programs.
    """
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    loaders = filter(Path.exists, _LOADERS)
    allowed = [path.resolve() for path in (*map(Path, programs), *loaders)]
    return deny_files((*_PERL, *SHARED_LIBRARIES), allowed) and deny_network_and_programs(except_programs=True)


if __name__ == "__main__":
    main(sys.argv[1:])
