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
