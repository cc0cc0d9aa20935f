"""What hostile media gains that takes a decoder process over: each attempt runs in a process confined the same way."""

import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.media.decoder import IsolatedDecoder

CONFINED = """
import os, socket, sys, threading
from pipelines.media.sandbox import confine
memory = os.memfd_create("pixels")
held = confine(1 << 28)
try:
    {attempt}
except PermissionError:
    print("refused", *held)
else:
    print("done", *held)
"""


def attempt(code: str, directory: Path) -> tuple[str, set[str]]:
    """Runs one statement in a confined process: `done` or `refused`, and the locks that hold."""
    command = [sys.executable, "-c", CONFINED.format(attempt=code)]
    answer = subprocess.run(command, capture_output=True, text=True, cwd=directory, timeout=60, check=True).stdout
    outcome, *held = answer.split()
    return outcome, set(held)


@pytest.mark.parametrize(
    ("lock", "code"),
    [
        ("seccomp", "socket.socket()"),
        ("seccomp", "socket.socket(socket.AF_UNIX)"),
        ("seccomp", "os.execv(sys.executable, [sys.executable, '-c', ''])"),
        ("seccomp", "os.fork()"),
        ("seccomp", "os.kill(os.getppid(), 0)"),
        ("landlock", "open('/etc/passwd')"),
        ("landlock", "open(f'/proc/{os.getppid()}/environ')"),
        ("landlock", "open('secret.db')"),
        ("landlock", "open('planted', 'w')"),
        ("landlock", "os.unlink('secret.db')"),
    ],
)
def test_a_confined_process_is_refused(lock: str, code: str, tmp_path: Path) -> None:
    (tmp_path / "secret.db").write_text("x")
    outcome, held = attempt(code, tmp_path)
    if lock not in held:
        pytest.skip(f"this kernel offers no {lock}")
    assert outcome == "refused"
    assert (tmp_path / "secret.db").exists()


@pytest.mark.parametrize(
    "code",
    [
        "(lambda t: (t.start(), t.join()))(threading.Thread(target=lambda: None))",
        "os.pwrite(memory, b'x' * 1000, 0)",
        "import xml.dom.minidom",
    ],
)
def test_a_confined_process_can_still_do_its_work(code: str, tmp_path: Path) -> None:
    assert attempt(code, tmp_path)[0] == "done"


def test_a_confined_process_cannot_take_more_memory_than_its_bound(tmp_path: Path) -> None:
    code = CONFINED.format(attempt="bytearray(1 << 29)")
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, timeout=60)
    assert "MemoryError" in result.stderr


def test_a_confined_process_cannot_write_more_pixels_than_its_bound(tmp_path: Path) -> None:
    code = CONFINED.format(attempt="os.pwrite(memory, b'x', 1 << 29)")
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, timeout=60)
    assert "File too large" in result.stderr


async def test_every_decoder_process_is_confined() -> None:
    async with IsolatedDecoder(workers=2) as decoder:
        assert "limits" in decoder.protections
        assert decoder.protections <= {"limits", "seccomp", "landlock"}


READER = """
import os, shutil, socket, sys
from pipelines.media.exiftool_process import confine
if not confine("/bin/true"):
    print("unlocked")
    sys.exit()
try:
    {attempt}
except PermissionError:
    print("refused")
else:
    print("done")
"""


@pytest.mark.parametrize(
    "code",
    [
        "socket.socket()",
        "os.fork()",
        "open('/etc/passwd')",
        "os.execv(sys.executable, [sys.executable, '-c', ''])",
        "os.execv('/bin/sh', ['sh', '-c', 'echo done'])",
    ],
)
def test_the_process_of_exiftool_is_refused_all_but_its_program(code: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", READER.format(attempt=code)]
    answer = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=60, check=True).stdout
    if answer.strip() == "unlocked":
        pytest.skip("this kernel offers no seccomp or no landlock")
    assert answer.strip() == "refused"


def test_the_process_of_exiftool_may_become_its_program(tmp_path: Path) -> None:
    command = [sys.executable, "-c", READER.format(attempt="os.execv('/bin/true', ['true'])")]
    result = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=60)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.strip() in ("", "unlocked")
