"""What isolation costs: decoding in a confined process against decoding in this one, and against a process pool.

    python benchmarks/media_isolation.py [--rounds 30]

Prints, for each kind of media, the in-process milliseconds and the ratio of each transport to them: median and, in
brackets, the quartiles of the rounds. Each round times all transports in turn, so a busy machine slows all alike.
"""

import argparse
import asyncio
import io
import multiprocessing
import statistics
import time
from collections.abc import Awaitable, Callable

import av
import cv2
import numpy as np
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


async def timed(call: Callable[[], Awaitable[Decoded]]) -> float:
    """Seconds until the pixels were read once, as a model would."""
    begin = time.perf_counter()
    for frame in (await call()).frames:
        frame.pixels.max()
    return time.perf_counter() - begin


async def compare(name: str, data: bytes, decoder: IsolatedDecoder, pool: ProcessPool, rounds: int) -> None:
    """Prints one line of the table."""
    request, limits = DecodeRequest(), Limits()

    async def here() -> Decoded:
        return decode_media(data, request, limits)

    async def pooled() -> Decoded:
        return await asyncio.wrap_future(pool.schedule(decode_media, (data, request, limits), timeout=30))

    async def isolated() -> Decoded:
        return await decoder.decode(data, request, limits)

    times: dict[str, list[float]] = {"here": [], "isolated": [], "pool": []}
    for number in range(rounds + 2):
        for label, call in (("here", here), ("isolated", isolated), ("pool", pooled)):
            seconds = await timed(call)
            if number >= 2:
                times[label].append(seconds)
    base = statistics.median(times["here"])
    parts = [f"{name:<22} {len(data) / 1e6:6.2f} MB  in-process {base * 1e3:7.1f} ms"]
    for label in ("isolated", "pool"):
        ratios = [other / here for other, here in zip(times[label], times["here"], strict=True)]
        low, middle, high = statistics.quantiles(ratios, n=4)
        extra = statistics.median(o - h for o, h in zip(times[label], times["here"], strict=True))
        parts.append(f"{label} x{middle:.2f} [{low:.2f}..{high:.2f}] {extra * 1e3:+.1f} ms")
    print("  ".join(parts), flush=True)


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
