"""Blobs in a directory, in memory and on a real S3 server, sealed and plain."""

import asyncio
import hashlib
import os
import resource
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from deployments.tasks.blobs import BlobError, Blobs
from tests.servers import S3Server

KEY = bytes(range(32))
SIZES = [0, 1, 70_000, 1024 * 1024, 9 * 1024 * 1024 + 1]


@pytest.fixture(params=["directory", "memory", pytest.param("s3", marks=pytest.mark.s3)])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[None, KEY], ids=["plain", "sealed"])
def blobs(request: pytest.FixtureRequest, kind: str, tmp_path: Path) -> Blobs:
    if kind == "directory":
        return Blobs(str(tmp_path / "blobs"), request.param)
    if kind == "memory":
        return Blobs("memory:///", request.param)
    server: S3Server = request.getfixturevalue("s3_server")
    return Blobs(f"s3://{server.bucket}/{tmp_path.name}", request.param, **server.options)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "blobs"


async def _stream(data: bytes, step: int = 50_000, error: Exception | None = None) -> AsyncIterator[bytes]:
    for start in range(0, len(data), step):
        yield data[start : start + step]
    if error is not None:
        raise error


async def _all_keys(blobs: Blobs) -> list[str]:
    return [key async for batch in blobs.list_older_than(time.time() + 3600) for key in batch]


def _files(directory: Path) -> list[Path]:
    return [path for path in directory.rglob("*") if path.is_file()]


@pytest.mark.parametrize("size", SIZES)
async def test_stored_bytes_come_back_with_their_hash_and_size(blobs: Blobs, size: int) -> None:
    data = os.urandom(size)
    for source in (data, _stream(data)):
        stored = await blobs.put(source, "bank")
        assert (stored.sha256, stored.size) == (hashlib.sha256(data).hexdigest(), size)
        assert await blobs.get(stored.key) == data


async def test_same_bytes_twice_are_two_blobs_so_that_erasing_one_spares_the_other(blobs: Blobs) -> None:
    one, two = await blobs.put(b"same", "bank"), await blobs.put(b"same", "bank")
    await blobs.delete([one.key])
    assert await blobs.get(two.key) == b"same"
    with pytest.raises(FileNotFoundError):
        await blobs.get(one.key)


async def test_deleting_what_is_gone_is_no_error(blobs: Blobs) -> None:
    one, two = await blobs.put(b"1", "bank"), await blobs.put(b"2", "bank")
    await blobs.delete([one.key])
    await blobs.delete([one.key, two.key, "folder/never"])
    await blobs.delete([])
    assert await _all_keys(blobs) == []


async def test_keys_group_a_tenants_blobs_without_naming_it(blobs: Blobs) -> None:
    folders = [(await blobs.put(b"x", tenant)).key.split("/")[0] for tenant in ("bank", "bank", "shop")]
    assert folders[0] == folders[1] != folders[2]
    assert "bank" not in folders[0]


async def test_listing_by_age_finds_old_blobs_only(blobs: Blobs) -> None:
    stored = await blobs.put(b"x", "bank")
    assert [key async for batch in blobs.list_older_than(time.time() - 60) for key in batch] == []
    assert await _all_keys(blobs) == [stored.key]


@pytest.mark.parametrize("size", [0, 100, 3_000_000, 20_000_000])
async def test_source_that_raises_leaves_nothing_behind(blobs: Blobs, size: int) -> None:
    with pytest.raises(ConnectionResetError, match="went away"):
        await blobs.put(_stream(os.urandom(size), 1_000_000, ConnectionResetError("went away")), "bank")
    assert await _all_keys(blobs) == []


@pytest.mark.s3
async def test_source_that_raises_leaves_no_unfinished_upload_on_the_server(s3_server: S3Server) -> None:
    blobs = Blobs(f"s3://{s3_server.bucket}/aborted", KEY, **s3_server.options)
    with pytest.raises(ConnectionResetError):
        await blobs.put(_stream(os.urandom(20_000_000), 1_000_000, ConnectionResetError()), "bank")
    uploads = s3_server.get("?uploads")
    assert uploads.status_code == 200
    assert "<Upload>" not in uploads.text


@pytest.mark.s3
async def test_server_that_is_down_raises_instead_of_losing_bytes(s3_server: S3Server) -> None:
    options = s3_server.options | {"endpoint": "http://127.0.0.1:1"}
    blobs = Blobs("s3://veriscope", **options, retry_config={"max_retries": 0})
    with pytest.raises(Exception, match=r"127\.0\.0\.1"):
        await blobs.put(b"x", "bank")


async def test_cancelled_upload_leaves_nothing_behind(directory: Path) -> None:
    blobs, started = Blobs(str(directory)), asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield os.urandom(1024 * 1024)
            started.set()

    upload = asyncio.create_task(blobs.put(endless(), "bank"))
    await started.wait()
    upload.cancel()
    with pytest.raises(asyncio.CancelledError):
        await upload
    assert _files(directory) == []


@pytest.fixture
def small_disk() -> Iterator[int]:
    """Files of this process cannot grow beyond so many bytes: writing more fails as on a full disk."""
    limit, before = 2_000_000, resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    yield limit
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_full_disk_raises_and_leaves_nothing_behind(directory: Path, small_disk: int) -> None:
    blobs = Blobs(str(directory))
    for source in (bytes(small_disk + 1), _stream(bytes(small_disk + 1))):
        with pytest.raises(OSError, match="File too large"):
            await blobs.put(source, "bank")
    assert _files(directory) == []
    fits = await blobs.put(bytes(small_disk), "bank")
    assert len(await blobs.get(fits.key)) == small_disk


async def test_process_killed_while_uploading_leaves_only_what_the_sweep_can_see(directory: Path) -> None:
    dies = """
import asyncio, os, signal, sys
from deployments.tasks.blobs import Blobs

async def source():
    for _ in range(3):
        yield bytes(2_000_000)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(Blobs(sys.argv[1]).put(source(), "bank"))
"""
    assert subprocess.run([sys.executable, "-c", dies, str(directory)], check=False).returncode == -9
    (left,) = _files(directory)
    assert left.stat().st_size > 0
    blobs = Blobs(str(directory))
    await blobs.delete(await _all_keys(blobs))
    assert _files(directory) == []


async def test_sealed_blob_is_unreadable_on_disk_and_refuses_alteration(directory: Path) -> None:
    blobs = Blobs(str(directory), KEY)
    stored = await blobs.put(b"P<UTOERIKSSON<<ANNA" * 100, "bank")
    (file,) = _files(directory)
    raw = bytearray(file.read_bytes())
    assert b"ERIKSSON" not in raw
    raw[-1] ^= 1
    file.write_bytes(raw)
    with pytest.raises(BlobError):
        await blobs.get(stored.key)


async def test_sealed_store_refuses_a_blob_moved_over_another(directory: Path) -> None:
    blobs = Blobs(str(directory), KEY)
    mine, other = await blobs.put(b"mine", "bank"), await blobs.put(b"other", "bank")
    (directory / mine.key).write_bytes((directory / other.key).read_bytes())
    with pytest.raises(BlobError):
        await blobs.get(mine.key)


async def test_blobs_of_one_process_are_read_by_another_with_the_same_key(directory: Path) -> None:
    stored = await Blobs(str(directory), KEY).put(b"x", "bank")
    assert await Blobs(directory.as_uri(), KEY).get(stored.key) == b"x"


async def test_directory_and_its_files_are_closed_to_other_users(directory: Path) -> None:
    stored = await Blobs(str(directory)).put(b"x", "bank")
    assert (directory / stored.key).parent.stat().st_mode & 0o077 == 0


def test_master_key_of_the_wrong_length_is_refused(directory: Path) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Blobs(str(directory), b"short")
