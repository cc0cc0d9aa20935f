"""Files made to exhaust whoever decodes them. All go through the confined decoder, which must outlive them."""

import io
import struct
import zlib
from collections.abc import AsyncIterator

import av
import numpy as np
import pytest
import pytest_asyncio
from PIL import Image

from pipelines.errors import MediaError
from pipelines.media.decoder import IsolatedDecoder
from pipelines.media.frames import DecodeRequest

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def decoder() -> AsyncIterator[IsolatedDecoder]:
    async with IsolatedDecoder(timeout_s=20) as started:
        yield started


async def code(decoder: IsolatedDecoder, data: bytes) -> str:
    """The reason of refusal; afterwards the decoder must still serve."""
    with pytest.raises(MediaError) as caught:
        await decoder.decode(data)
    await decoder.decode(SMALL)
    return caught.value.code


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    target = io.BytesIO()
    picture.save(target, kind, **options)
    return target.getvalue()


SMALL = saved(Image.new("RGB", (8, 8)), "PNG")


def png(width: int, height: int, pixels: bytes, *more: tuple[bytes, bytes]) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), *more, (b"IDAT", pixels), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )


def zeros(count: int) -> bytes:
    """`count` zero bytes, deflated a mebibyte at a time."""
    packer = zlib.compressobj(9)
    whole, rest = divmod(count, 1 << 20)
    return (
        b"".join([packer.compress(bytes(1 << 20)) for _ in range(whole)])
        + packer.compress(bytes(rest))
        + packer.flush()
    )


def tiff(width: int, height: int) -> bytes:
    tags = [(256, width), (257, height), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (278, height), (279, 1)]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)


def patched_jpeg(width: int, height: int) -> bytes:
    data = bytearray(saved(Image.new("RGB", (8, 8)), "JPEG"))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def webp(width: int, height: int) -> bytes:
    canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    frame = saved(Image.new("RGB", (8, 8)), "WEBP")[12:]
    body = b"WEBPVP8X" + struct.pack("<I", 10) + bytes([2, 0, 0, 0]) + canvas + frame
    return b"RIFF" + struct.pack("<I", len(body)) + body


HUGE = {
    "png": png(100_000, 100_000, zeros(1000)),
    "jpeg": patched_jpeg(65_500, 65_500),
    "gif": b"GIF89a" + struct.pack("<HHBBB", 65_535, 65_535, 0, 0, 0) + b",\0\0\0\0\xff\xff\xff\xff\0\x02\x01\0\0;",
    "tiff": tiff(100_000, 100_000),
    "webp": webp(16_384, 16_384),
    "webp beyond its own bound": webp(1 << 24, 1 << 24),
    "bmp": b"BM" + bytes(8) + struct.pack("<IIiiHHIIIIII", 54, 40, 100_000, 100_000, 1, 24, 0, 0, 0, 0, 0, 0),
}


@pytest.mark.parametrize("data", HUGE.values(), ids=HUGE.keys())
async def test_huge_dimensions_are_refused_from_the_header(decoder: IsolatedDecoder, data: bytes) -> None:
    assert len(data) < 10_000
    assert await code(decoder, data) == "image_too_large"


async def test_a_deflate_bomb_is_refused_though_it_holds_what_it_promises(decoder: IsolatedDecoder) -> None:
    side = 9000
    data = png(side, side, zeros(side * (3 * side + 1)))
    assert len(data) < 400_000
    assert await code(decoder, data) == "image_too_large"


async def test_an_image_at_the_limit_is_decoded_within_the_default_memory(decoder: IsolatedDecoder) -> None:
    width, height = 10_000, 8000
    decoded = await decoder.decode(png(width, height, zeros(height * (3 * width + 1))))
    assert (decoded.width, decoded.height, decoded.scale) == (width, height, pytest.approx(10_000 / 1920))
    assert decoded.frames[0].pixels.shape == (1536, 1920, 3)


async def test_an_image_at_the_limit_is_handed_back_whole_within_the_default_memory(decoder: IsolatedDecoder) -> None:
    data = png(10_000, 8000, zeros(8000 * 30_001))
    decoded = await decoder.decode(data, DecodeRequest(max_side=10_000))
    assert decoded.frames[0].pixels.shape == (8000, 10_000, 3)


async def test_more_pixel_data_than_the_header_promises_is_not_inflated(decoder: IsolatedDecoder) -> None:
    decoded = await decoder.decode(png(8, 8, zeros(1 << 27)))
    assert decoded.frames[0].pixels.shape == (8, 8, 3)


async def test_a_compressed_comment_is_not_inflated_without_bound(decoder: IsolatedDecoder) -> None:
    bomb = (b"zTXt", b"Comment\0\0" + zeros(1 << 27))
    assert await code(decoder, png(8, 8, zeros(8 * 25), bomb)) == "corrupt_media"


async def test_an_animation_of_very_many_frames_costs_one(decoder: IsolatedDecoder) -> None:
    one = saved(Image.new("P", (1000, 1000)), "GIF")
    start = one.index(b",")
    data = one[:start] + one[start:-1] * 5000 + b";"
    assert len((await decoder.decode(data)).frames) == 1


async def test_a_progressive_jpeg_of_endless_scans_runs_into_the_time_limit() -> None:
    data = saved(Image.new("RGB", (4000, 4000)), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    bomb = data[:last] + data[last:-2] * 400 + b"\xff\xd9"
    async with IsolatedDecoder(timeout_s=1.0) as decoder:
        assert await code(decoder, bomb) == "media_timeout"


def video(width: int, height: int, frames: int = 60, kind: str = "mp4", codec: str = "mpeg4") -> bytearray:
    target = io.BytesIO()
    with av.open(target, "w", format=kind) as container:
        stream = container.add_stream(codec, rate=30)
        stream.width, stream.height = width, height
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        for number in range(frames):
            picture = np.full((height, width, 3), number * 4 % 256, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(stream.encode())
    return bytearray(target.getvalue())


def with_duration(data: bytearray, seconds: float) -> bytes:
    """Changes the duration that a Matroska file declares (element 0x4489, milliseconds), not its frames' own times."""
    place = data.index(b"\x44\x89\x88") + 3
    struct.pack_into(">d", data, place, seconds * 1000)
    return bytes(data)


@pytest.mark.parametrize("seconds", [1801, 1e9])
async def test_an_absurd_duration_is_refused(decoder: IsolatedDecoder, seconds: float) -> None:
    assert await code(decoder, with_duration(video(64, 64, kind="matroska"), seconds)) == "video_too_long"


@pytest.mark.parametrize("seconds", [-5.0, float("nan"), float("inf"), 1e300])
async def test_a_duration_without_sense_brings_nothing_down(decoder: IsolatedDecoder, seconds: float) -> None:
    data = with_duration(video(64, 64, kind="matroska"), seconds)
    try:
        assert (await decoder.decode(data)).duration == pytest.approx(2.0, abs=0.1)
    except MediaError as error:
        assert error.code in ("video_too_long", "corrupt_media")  # noqa: PT017


async def test_a_duration_that_the_file_does_not_hold_is_measured_instead(decoder: IsolatedDecoder) -> None:
    data = with_duration(video(64, 64, kind="matroska"), 200)
    decoded = await decoder.decode(data, DecodeRequest(frames=4))
    assert decoded.duration == pytest.approx(2.0, abs=0.1)
    assert len(decoded.frames) == 4
    assert decoded.frames[-1].timestamp < 2.0


async def test_a_video_beyond_2560p_is_refused(decoder: IsolatedDecoder) -> None:
    assert await code(decoder, bytes(video(2576, 2576, 1))) == "video_resolution"


@pytest.mark.parametrize("side", [8000, 16_000])
async def test_an_absurd_resolution_in_the_header_is_refused(decoder: IsolatedDecoder, side: int) -> None:
    data = video(64, 64, 2, kind="avi", codec="mjpeg")
    at = data.index(b"strf") + 12
    struct.pack_into("<ii", data, at, side, side)
    scan = data.index(b"\xff\xc0") + 5
    while scan > 5:
        struct.pack_into(">HH", data, scan, side, side)
        scan = data.find(b"\xff\xc0", scan) + 5
    assert await code(decoder, bytes(data)) in ("video_resolution", "corrupt_media")


def specimens() -> dict[str, bytes]:
    noise = Image.fromarray(np.random.default_rng(5).integers(0, 255, (40, 60, 3), dtype=np.uint8))
    images = {kind: saved(noise, kind) for kind in ("JPEG", "PNG", "GIF", "TIFF", "WEBP", "BMP", "AVIF")}
    videos = {kind: bytes(video(64, 48, 20, kind=kind)) for kind in ("mp4", "matroska", "avi", "mov")}
    return {**images, **videos}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "TIFF", "WEBP", "BMP", "AVIF", "mp4", "matroska", "avi", "mov"])
async def test_damaged_files_fail_with_a_reason_or_decode_and_never_bring_the_decoder_down(
    decoder: IsolatedDecoder, kind: str
) -> None:
    data = specimens()[kind]
    random = np.random.default_rng(len(data))
    for _ in range(25):
        damaged = bytearray(data)
        for at in random.integers(8, len(data), random.integers(1, 12)):
            damaged[at] = random.integers(0, 256)
        try:
            decoded = await decoder.decode(bytes(damaged))
        except MediaError as error:
            reason = error.code
        else:
            reason = "" if decoded.frames else "no frames"
        assert reason in (
            "",
            "corrupt_media",
            "image_too_large",
            "video_too_long",
            "video_resolution",
            "unsupported_media",
            "no_video_stream",
            "media_memory",
        )


@pytest.mark.parametrize("size", [0, 1, 7, 100, 5000])
async def test_random_bytes_are_unsupported(decoder: IsolatedDecoder, size: int) -> None:
    assert await code(decoder, b"\x01" + np.random.default_rng(size).bytes(size)) == "unsupported_media"


async def test_nothing_at_all_is_unsupported(decoder: IsolatedDecoder) -> None:
    assert await code(decoder, b"") == "unsupported_media"
