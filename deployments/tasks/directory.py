"""A directory as blob store: a blob is either whole and synced to disk under its key, or not there."""

import os
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

_INCOMING = ".incoming"


class Directory:
    """Synchronous file operations; keys are `folder/name`.

    Bytes are written under `.incoming/` in the same directory and moved to their key once they are on disk. What a
    killed process leaves there is listed like any blob, so the retention sweep finds it.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        (root / _INCOMING).mkdir(parents=True, exist_ok=True, mode=0o700)

    def writer(self, key: str) -> "Writer":
        """A writer of one blob; nothing is opened before its first byte."""
        return Writer(self._root, key)

    def read(self, key: str) -> bytes:
        """Raises: FileNotFoundError."""
        return (self._root / key).read_bytes()

    def delete(self, keys: list[str]) -> None:
        """Deletes what is there of `keys`."""
        for key in keys:
            (self._root / key).unlink(missing_ok=True)

    def older_than(self, timestamp: float) -> list[str]:
        """Keys of the files last written before `timestamp` (Unix seconds)."""
        found = []
        for folder in os.scandir(self._root):
            if folder.is_dir(follow_symlinks=False):
                for file in os.scandir(folder.path):
                    with suppress(FileNotFoundError):
                        if file.stat(follow_symlinks=False).st_mtime < timestamp:
                            found.append(f"{folder.name}/{file.name}")
        return found


class Writer:
    """Writes one blob, then either commits or discards it."""

    def __init__(self, root: Path, key: str) -> None:
        self._root, self._target, self._incoming = root, root / key, root / _INCOMING / uuid4().hex
        self._file: BinaryIO | None = None

    def write(self, piece: bytes) -> None:
        """Appends bytes."""
        if self._file is None:
            self._file = self._incoming.open("xb", buffering=0)
        view = memoryview(piece)
        while view:
            view = view[self._file.write(view) :]

    def commit(self) -> None:
        """Makes the written bytes durable, then visible under the key."""
        assert self._file is not None, "nothing was written"
        os.fsync(self._file.fileno())
        self._file.close()
        folder = self._target.parent
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            _sync_folder(self._root)
        self._incoming.rename(self._target)
        _sync_folder(folder)

    def discard(self) -> None:
        """Removes whatever was written, committed or not."""
        if self._file is not None:
            self._file.close()
            self._incoming.unlink(missing_ok=True)
            self._target.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
