import asyncio
import contextlib
import gc
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import numpy as np
import psutil
import pytest
import pytest_asyncio
import uvloop

from pipelines.errors import MediaError
from pipelines.media.decode import decode_media
from pipelines.media.decoder import DecoderUnavailable, IsolatedDecoder
from pipelines.media.frames import DecodeRequest, Limits

from .samples import corners, encoded, endless_video, shows_corners, video


@pytest.fixture(scope="module")
def endless() -> bytes:
    return endless_video()


@pytest_asyncio.fixture
async def decoder() -> AsyncIterator[IsolatedDecoder]:
    async with IsolatedDecoder(timeout_s=20) as started:
        yield started


def processes() -> list[psutil.Process]:
    """The decoder processes of this one."""
    # Servers of other tests are children of this process as well.
    return [child for child in psutil.Process().children() if running(child) and decodes(child)]


def decodes(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):  # it may end between two questions
        return "pipelines.media" in " ".join(process.cmdline())
    return False


def running(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.status() != psutil.STATUS_ZOMBIE
    return False


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


async def failure(call: asyncio.Future | asyncio.Task) -> str:
    with pytest.raises(MediaError) as caught:
        await call
    return caught.value.code


async def busy(process: psutil.Process) -> None:
    """Waits until a decoder process has started (and so confined itself) and worked on a call for a while."""
    await until(lambda: process.rlimit(psutil.RLIMIT_FSIZE)[0] != psutil.RLIM_INFINITY)
    before = process.cpu_times().user
    await until(lambda: process.cpu_times().user > before + 0.1)


@pytest.mark.parametrize("data", [encoded(corners(), "JPEG"), encoded(corners()), video(30), video(1)])
async def test_frames_are_those_of_decoding_in_this_process(decoder: IsolatedDecoder, data: bytes) -> None:
    request = DecodeRequest(frames=5, max_side=80)
    expected = decode_media(data, request, Limits())
    decoded = await decoder.decode(data, request)
    assert len(decoded.frames) == len(expected.frames)
    for frame, other in zip(decoded.frames, expected.frames, strict=True):
        assert np.array_equal(frame.pixels, other.pixels)
        assert (frame.index, frame.timestamp) == (other.index, other.timestamp)
    facts = ("kind", "mime", "width", "height", "duration", "fps", "has_audio", "scale")
    assert [getattr(decoded, f) for f in facts] == [getattr(expected, f) for f in facts]


async def test_media_of_many_megabytes_is_decoded(decoder: IsolatedDecoder) -> None:
    data = encoded(np.random.default_rng(0).integers(0, 255, (1200, 1600, 3), dtype=np.uint8), "BMP")
    assert (await decoder.decode(data)).frames[0].pixels.shape == (1200, 1600, 3)


async def test_frames_are_read_only_and_outlive_the_decoder() -> None:
    async with IsolatedDecoder() as decoder:
        decoded = await decoder.decode(encoded(corners()))
    gc.collect()
    pixels = decoded.frames[0].pixels
    del decoded
    assert shows_corners(pixels)
    assert pixels.flags.c_contiguous
    assert not pixels.flags.writeable
    with pytest.raises(ValueError, match="WRITEABLE"):
        pixels.flags.writeable = True


async def test_the_medias_own_fault_comes_back_and_the_process_stays(decoder: IsolatedDecoder) -> None:
    before = processes()
    for data, code in ((b"", "unsupported_media"), (b"\xff\xd8\xff\xe0junk", "corrupt_media")):
        assert await failure(asyncio.ensure_future(decoder.decode(data))) == code
    assert processes() == before


async def test_a_kind_that_was_not_asked_for_is_refused(decoder: IsolatedDecoder) -> None:
    request = DecodeRequest(kinds=frozenset({"image"}))
    assert await failure(asyncio.ensure_future(decoder.decode(video(2), request))) == "unsupported_media"


async def test_limits_reach_the_process(decoder: IsolatedDecoder) -> None:
    call = decoder.decode(encoded(corners()), limits=Limits(pixels=10))
    assert await failure(asyncio.ensure_future(call)) == "image_too_large"


async def test_many_calls_share_few_processes_and_each_gets_its_own_frames() -> None:
    async with IsolatedDecoder(workers=2) as decoder:
        sizes = [(40 + n, 30) for n in range(24)]
        results = await asyncio.gather(*(decoder.decode(encoded(corners(*size))) for size in sizes))
        assert [(r.width, r.height) for r in results] == sizes
        assert len(processes()) == 2


async def test_a_call_over_time_fails_alone_while_others_finish(endless: bytes) -> None:
    async with IsolatedDecoder(workers=2, timeout_s=1.0) as decoder:
        slow = asyncio.ensure_future(decoder.decode(endless))
        others = [await decoder.decode(encoded(corners())) for _ in range(5)]
        assert await failure(slow) == "media_timeout"
        assert all(shows_corners(other.frames[0].pixels) for other in others)
        assert shows_corners((await decoder.decode(encoded(corners()))).frames[0].pixels)


async def test_waiting_for_a_turn_does_not_count_as_decoding_time(endless: bytes) -> None:
    async with IsolatedDecoder(workers=1, timeout_s=1.0) as decoder:
        slow = asyncio.ensure_future(decoder.decode(endless))
        await busy(processes()[0])
        waiting = asyncio.ensure_future(decoder.decode(encoded(corners())))
        assert await failure(slow) == "media_timeout"
        assert shows_corners((await waiting).frames[0].pixels)


async def test_a_decoder_killed_twice_in_one_call_fails_that_call_alone(endless: bytes) -> None:
    async with IsolatedDecoder(workers=1) as decoder:
        call = asyncio.ensure_future(decoder.decode(endless))
        for _ in range(2):
            (victim,) = processes()
            await busy(victim)
            victim.send_signal(signal.SIGKILL)
            await until(lambda gone=victim: processes() not in ([], [gone]))
        assert await failure(call) == "decoder_crashed"
        assert shows_corners((await decoder.decode(encoded(corners()))).frames[0].pixels)


async def test_a_decoder_killed_once_from_outside_is_tried_again(endless: bytes) -> None:
    async with IsolatedDecoder(workers=1, timeout_s=2.0) as decoder:
        call = asyncio.ensure_future(decoder.decode(endless))
        (victim,) = processes()
        await busy(victim)
        victim.send_signal(signal.SIGKILL)
        assert await failure(call) == "media_timeout"


@pytest.mark.parametrize("death", [signal.SIGSEGV, signal.SIGABRT])
async def test_a_decoder_that_crashes_fails_its_call_at_once(endless: bytes, death: signal.Signals) -> None:
    async with IsolatedDecoder(workers=1) as decoder:
        call = asyncio.ensure_future(decoder.decode(endless))
        (victim,) = processes()
        await busy(victim)
        victim.send_signal(death)
        assert await failure(call) == "decoder_crashed"
        assert shows_corners((await decoder.decode(encoded(corners()))).frames[0].pixels)


async def test_a_decoder_killed_while_idle_is_replaced_without_a_failure(decoder: IsolatedDecoder) -> None:
    (victim,) = processes()
    victim.kill()
    assert shows_corners((await decoder.decode(encoded(corners()))).frames[0].pixels)


async def test_a_call_over_its_memory_fails_alone() -> None:
    async with IsolatedDecoder(workers=1, memory_mb=64) as decoder:
        data = encoded(np.zeros((6000, 8000, 3), np.uint8))
        assert await failure(asyncio.ensure_future(decoder.decode(data))) == "media_memory"
        assert shows_corners((await decoder.decode(encoded(corners()))).frames[0].pixels)


async def test_a_result_over_the_memory_bound_fails_alone() -> None:
    async with IsolatedDecoder(workers=1, memory_mb=48) as decoder:
        data = video(400, size=(320, 240), picture=corners(320, 240), gop=300)
        request = DecodeRequest(frames=400)
        assert await failure(asyncio.ensure_future(decoder.decode(data, request))) == "media_memory"
        assert shows_corners((await decoder.decode(encoded(corners()))).frames[0].pixels)


async def test_a_cancelled_call_frees_its_process(endless: bytes) -> None:
    async with IsolatedDecoder(workers=1) as decoder:
        call = asyncio.ensure_future(decoder.decode(endless))
        (victim,) = processes()
        await busy(victim)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert shows_corners((await decoder.decode(encoded(corners()))).frames[0].pixels)
        await until(lambda: victim not in processes())


async def test_closing_ends_the_processes_and_the_calls_in_flight(endless: bytes) -> None:
    decoder = IsolatedDecoder(workers=2)
    await decoder.start()
    children = processes()
    call = asyncio.ensure_future(decoder.decode(endless))
    await asyncio.sleep(0.2)
    decoder.close()
    with pytest.raises(DecoderUnavailable):
        await call
    with pytest.raises(DecoderUnavailable):
        await decoder.decode(encoded(corners()))
    await until(lambda: not any(map(running, children)))


async def test_nothing_is_left_open_or_in_shared_memory_after_failures(endless: bytes) -> None:
    def shared() -> set[str]:
        return set(os.listdir("/dev/shm"))

    def descriptors() -> int:
        return len(os.listdir("/proc/self/fd"))

    async with IsolatedDecoder(workers=1, timeout_s=0.3) as decoder:
        await decoder.decode(encoded(corners()))
        before, open_before = shared(), descriptors()
        await failure(asyncio.ensure_future(decoder.decode(endless)))
        await failure(asyncio.ensure_future(decoder.decode(b"")))
        (await decoder.decode(encoded(corners()))).frames[0].pixels.sum()
        gc.collect()
        assert shared() <= before
        assert descriptors() <= open_before


async def test_results_that_are_dropped_give_their_memory_back(decoder: IsolatedDecoder) -> None:
    data = encoded(np.zeros((1000, 1000, 3), np.uint8))
    for _ in range(3):
        await decoder.decode(data)
    gc.collect()
    before = len(psutil.Process().memory_maps(grouped=False))
    for _ in range(10):
        await decoder.decode(data)
    gc.collect()
    assert len(psutil.Process().memory_maps(grouped=False)) <= before + 2


def test_the_decoder_works_on_uvloop() -> None:
    async def one() -> bool:
        async with IsolatedDecoder() as decoder:
            return shows_corners((await decoder.decode(encoded(corners()))).frames[0].pixels)

    assert uvloop.run(one())


async def test_a_decoder_sees_no_secret_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VERISCOPE_MASTER_KEY", "secret")
    async with IsolatedDecoder():
        assert "VERISCOPE_MASTER_KEY" not in processes()[0].environ()


OWNER = """
import asyncio, sys
from pathlib import Path
from pipelines.media.decoder import IsolatedDecoder

async def main():
    async with IsolatedDecoder(timeout_s=600) as decoder:
        await decoder.decode(Path(sys.argv[1]).read_bytes())

asyncio.run(main())
"""


@pytest.mark.parametrize("death", [signal.SIGKILL, signal.SIGTERM])
async def test_decoders_end_with_their_owner_even_in_the_middle_of_a_call(
    endless: bytes, tmp_path: Path, death: signal.Signals
) -> None:
    (tmp_path / "media").write_bytes(endless)
    owner = psutil.Popen([sys.executable, "-c", OWNER, str(tmp_path / "media")], stderr=subprocess.DEVNULL)
    await until(lambda: any(child.cpu_times().user > 0.6 for child in owner.children()))
    children = owner.children()
    owner.send_signal(death)
    owner.wait()
    await until(lambda: not any(map(running, children)))


async def test_a_program_that_forgets_to_close_does_not_hang_at_its_end(tmp_path: Path) -> None:
    code = OWNER.replace("async with IsolatedDecoder(timeout_s=600) as decoder:", "decoder = IsolatedDecoder(); if 1:")
    code = code.replace("decoder = IsolatedDecoder(); if 1:", "decoder = IsolatedDecoder()\n    if 1:")
    (tmp_path / "media").write_bytes(encoded(corners()))
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path / "media")], timeout=60).returncode == 0
