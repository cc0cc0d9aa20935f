"""Two locks of the Linux kernel that a process may put on itself without privileges, and never take off again.

Numbers from the kernel's tables (asm/unistd.h, linux/seccomp.h, linux/landlock.h); glibc wraps neither.
"""

import ctypes
import os
import platform
import struct
from collections.abc import Collection, Sequence
from pathlib import Path

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2
_LOAD, _JUMP_EQUAL, _JUMP_GREATER_OR_EQUAL, _JUMP_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_NUMBER_AT, _ARCHITECTURE_AT, _FIRST_ARGUMENT_AT = 0, 4, 16
_EPERM, _ENOSYS = 1, 38
_CLONE_THREAD = 0x00010000
_X32_NUMBERS = 0x40000000

# Columns: x86-64, ARM64; None where the call does not exist.
_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_DENIED: dict[str, tuple[int | None, int | None]] = {
    "socket": (41, 198),
    "connect": (42, 203),
    "accept": (43, 202),
    "bind": (49, 200),
    "listen": (50, 201),
    "socketpair": (53, 199),
    "fork": (57, None),
    "vfork": (58, None),
    "execve": (59, 221),
    "kill": (62, 129),
    "ptrace": (101, 117),
    "setrlimit": (160, 164),
    "mount": (165, 40),
    "umount2": (166, 39),
    "tkill": (200, 130),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "unshare": (272, 97),
    "accept4": (288, 242),
    "perf_event_open": (298, 241),
    "prlimit64": (302, 261),
    "open_by_handle_at": (304, 265),
    "setns": (308, 268),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "bpf": (321, 280),
    "execveat": (322, 281),
    "userfaultfd": (323, 282),
    "pidfd_send_signal": (424, 424),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "pidfd_open": (434, 434),
}
_CLONE = (56, 220)
_CLONE3 = 435

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_RULESET_VERSION = 1
_PATH_BENEATH = 1
_EXECUTE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 2, 1 << 3
_RIGHTS_BY_ABI = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF, 4: 0x7FFF}
_RIGHTS_SINCE_ABI_5 = 0xFFFF


def deny_network_and_programs(*, except_programs: bool = False) -> bool:
    """Makes new sockets, programs, processes, signals to others, tracing and higher limits fail with EPERM (seccomp).

    Threads and sockets that are already open go on working. Holds for the calling thread and those it starts.

    Args:
        except_programs: leave it to `deny_files` what this process may turn into; it starts none beside itself.

    Returns:
        Whether the lock is on; False on another processor or a kernel without it.
    """
    if platform.machine() not in _ARCHITECTURES:
        return False
    program = _filter(*_ARCHITECTURES[platform.machine()], allowed=("execve",) if except_programs else ())
    instructions = ctypes.create_string_buffer(b"".join(program))
    header = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(program), ctypes.addressof(instructions)))
    return (
        _call("prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
        and _call("prctl", _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(header), 0, 0) == 0
    )


def deny_files(readable: Sequence[Path], programs: Sequence[Path] = ()) -> bool:
    """Makes every opening, creation and removal of files fail, but for reading beneath some directories, and for
    running some files (Landlock).

    Descriptors that are already open go on working.

    Returns:
        Whether the lock is on; False on kernels before 5.13 or with Landlock switched off.
    """
    abi = _call("syscall", _CREATE_RULESET, 0, 0, _RULESET_VERSION)
    if abi < 1:
        return False
    handled = ctypes.create_string_buffer(struct.pack("Q", _RIGHTS_BY_ABI.get(abi, _RIGHTS_SINCE_ABI_5)))
    ruleset = _call("syscall", _CREATE_RULESET, ctypes.addressof(handled), 8, 0)
    if ruleset < 0:
        return False
    try:
        rights = dict.fromkeys(filter(Path.is_dir, readable), _READ_FILE | _READ_DIR)
        for path, right in (rights | dict.fromkeys(programs, _READ_FILE | _EXECUTE)).items():
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
            rule = ctypes.create_string_buffer(struct.pack("=Qi", right, place))
            _call("syscall", _ADD_RULE, ruleset, _PATH_BENEATH, ctypes.addressof(rule), 0)
            os.close(place)
        return (
            _call("prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 and _call("syscall", _RESTRICT_SELF, ruleset, 0) == 0
        )
    finally:
        os.close(ruleset)


def _filter(column: int, architecture: int, allowed: Collection[str]) -> list[bytes]:
    """A classic BPF program over `struct seccomp_data`."""
    denied = [numbers[column] for name, numbers in _DENIED.items() if name not in allowed]
    refuse, unknown = _step(_RETURN, _ERRNO | _EPERM), _step(_RETURN, _ERRNO | _ENOSYS)
    program = [
        _step(_LOAD, _ARCHITECTURE_AT),
        _step(_JUMP_EQUAL, architecture, yes=1),
        refuse,
        _step(_LOAD, _NUMBER_AT),
        _step(_JUMP_GREATER_OR_EQUAL, _X32_NUMBERS, no=1),
        refuse,
        _step(_JUMP_EQUAL, _CLONE3, no=1),
        unknown,  # its flags lie in memory that a filter cannot see; glibc then takes clone
    ]
    for number in denied:
        if number is not None:
            program += [_step(_JUMP_EQUAL, number, no=1), refuse]
    return [
        *program,
        _step(_JUMP_EQUAL, _CLONE[column], no=3),
        _step(_LOAD, _FIRST_ARGUMENT_AT),
        _step(_JUMP_ANY_BIT, _CLONE_THREAD, yes=1),
        refuse,
        _step(_RETURN, _ALLOW),
    ]


def _step(code: int, value: int, *, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("HBBI", code, yes, no, value)


def _call(name: str, *numbers: int) -> int:
    function = getattr(ctypes.CDLL(None, use_errno=True), name)
    function.restype = ctypes.c_long
    return int(function(*map(ctypes.c_long, numbers)))
