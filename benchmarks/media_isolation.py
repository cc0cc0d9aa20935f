"""What isolation costs: decoding in a confined process against decoding in this one, and against a process pool.

    python benchmarks/media_isolation.py [--rounds 30]

Prints, for each kind of media, the in-process milliseconds and the ratio of each transport to them, for wall and CPU
time: median and, in brackets, the quartiles of the rounds. Each round times all transports in turn, so that a busy
machine slows all alike.
"""

import argparse
import asyncio
import io
import multiprocessing
import statistics
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import av
import cv2
import numpy as np
import psutil
from pebble import ProcessPool
from PIL import Image

from pipelines.media.decode import decode_media
from pipelines.media.decoder import IsolatedDecoder
from pipelines.media.frames import Decoded, DecodeRequest, Limits


def picture(width: int, height: int) -> np.ndarray:
    """A smooth random picture, about as hard to code as a photo."""
    noise = np.random.default_rng(7).integers(0, 255, (height // 24, width // 24, 3), dtype=np.uint8)
    return cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)


def image(width: int, height: int, kind: str) -> bytes:
    """An encoded picture."""
    target = io.BytesIO()
    Image.fromarray(picture(width, height)).save(target, kind, quality=90)
    return target.getvalue()


def video(width: int, height: int, frames: int) -> bytes:
    """An H.264 video that pans over a picture."""
    scene = picture(width + 4 * frames, height)
    target = io.BytesIO()
    with av.open(target, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=30, options={"preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(frames):
            view = np.ascontiguousarray(scene[:, 4 * number : 4 * number + width])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(view, "rgb24")))
        container.mux(stream.encode())
    return target.getvalue()


def cpu_seconds() -> float:
    """CPU time of this process and its children so far; unlike wall time, little changed by what else runs."""
    children = [Path(f"/proc/{child.pid}/schedstat") for child in psutil.Process().children(recursive=True)]
    return time.process_time() + sum(int(path.read_text().split()[0]) for path in children) / 1e9


async def timed(call: Callable[[], Awaitable[Decoded]]) -> tuple[float, float]:
    """Wall and CPU seconds until the pixels were read once, as a model would."""
    cpu, wall = cpu_seconds(), time.perf_counter()
    for frame in (await call()).frames:
        frame.pixels.max()
    return time.perf_counter() - wall, cpu_seconds() - cpu


def spread(values: list[float]) -> str:
    """Median and quartiles."""
    low, middle, high = statistics.quantiles(values, n=4)
    return f"x{middle:.2f} [{low:.2f}..{high:.2f}]"


async def compare(name: str, data: bytes, decoder: IsolatedDecoder, pool: ProcessPool, rounds: int) -> None:
    """Prints one line of the table for each transport."""
    request, limits = DecodeRequest(), Limits()

    async def here() -> Decoded:
        return decode_media(data, request, limits)

    async def pooled() -> Decoded:
        return await asyncio.wrap_future(pool.schedule(decode_media, (data, request, limits), timeout=60))

    async def isolated() -> Decoded:
        return await decoder.decode(data, request, limits)

    calls = {"here": here, "isolated": isolated, "pool": pooled}
    times: dict[str, list[tuple[float, float]]] = {label: [] for label in calls}
    for number in range(rounds + 2):
        for label, call in calls.items():
            sample = await timed(call)
            if number >= 2:
                times[label].append(sample)
    wall, cpu = (statistics.median(sample[kind] for sample in times["here"]) * 1e3 for kind in (0, 1))
    print(f"{name}, {len(data) / 1e6:.2f} MB: in-process {wall:.1f} ms wall, {cpu:.1f} ms CPU")
    for label in ("isolated", "pool"):
        pairs = list(zip(times[label], times["here"], strict=True))
        walls, cpus = ([other[kind] / base[kind] for other, base in pairs] for kind in (0, 1))
        extra = statistics.median(other[1] - base[1] for other, base in pairs) * 1e3
        print(f"  {label:<9} wall {spread(walls)}  CPU {spread(cpus)} {extra:+.1f} ms", flush=True)


async def main(rounds: int) -> None:
    """Runs every comparison."""
    begin = time.perf_counter()
    async with IsolatedDecoder() as decoder:
        print(f"start of one decoder: {(time.perf_counter() - begin) * 1e3:.0f} ms")
        with ProcessPool(1, context=multiprocessing.get_context("spawn")) as pool:
            await compare("JPEG 640x480", image(640, 480, "JPEG"), decoder, pool, rounds)
            await compare("JPEG 1920x1080 (2 MP)", image(1920, 1080, "JPEG"), decoder, pool, rounds)
            await compare("JPEG 4000x3000 (12 MP)", image(4000, 3000, "JPEG"), decoder, pool, rounds)
            await compare("PNG 1920x1080", image(1920, 1080, "PNG"), decoder, pool, rounds // 2)
            await compare("MP4 1280x720, 4 s", video(1280, 720, 120), decoder, pool, rounds // 3)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    asyncio.run(main(parser.parse_args().rounds))
