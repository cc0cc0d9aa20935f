"""Media that the tests make: pictures whose corners tell how they are turned, videos whose frames tell their number."""

import io
import struct
from fractions import Fraction
from typing import Any

import av
import numpy as np
from PIL import Image

RED, GREEN, BLUE, YELLOW = (220, 30, 30), (30, 200, 30), (30, 30, 220), (220, 220, 30)


def corners(width: int = 96, height: int = 64) -> np.ndarray:
    """(H, W, 3) uint8: red top left, green top right, blue bottom left, yellow bottom right."""
    picture = np.empty((height, width, 3), np.uint8)
    picture[: height // 2, : width // 2] = RED
    picture[: height // 2, width // 2 :] = GREEN
    picture[height // 2 :, : width // 2] = BLUE
    picture[height // 2 :, width // 2 :] = YELLOW
    return picture


def shows_corners(pixels: np.ndarray, tolerance: int = 40) -> bool:
    """Whether a picture is `corners`, upright, at any size."""
    height, width = pixels.shape[:2]
    spots = [(height // 4, width // 4), (height // 4, 3 * width // 4), (3 * height // 4, width // 4)]
    spots.append((3 * height // 4, 3 * width // 4))
    seen = np.array([pixels[spot] for spot in spots], int)
    return bool((abs(seen - np.array([RED, GREEN, BLUE, YELLOW])) <= tolerance).all())


def encoded(picture: np.ndarray | Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """A picture as a file."""
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def number_of(pixels: np.ndarray) -> int:
    """The number that `numbered` painted."""
    height, width = pixels.shape[:2]
    bits = [pixels[height // 2, int((bit + 0.5) * width / 10)].mean() > 128 for bit in range(10)]
    return sum(1 << bit for bit, on in enumerate(bits) if on)


def numbered(number: int, width: int = 160, height: int = 64) -> np.ndarray:
    """(H, W, 3) uint8: ten vertical bars, white where the bit of the number is set."""
    picture = np.zeros((height, width, 3), np.uint8)
    for bit in range(10):
        if number >> bit & 1:
            picture[:, int(bit * width / 10) : int((bit + 1) * width / 10)] = 255
    return picture


def video(
    frames: int = 60,
    *,
    kind: str = "mp4",
    codec: str = "libx264",
    size: tuple[int, int] = (160, 64),
    fps: int = 30,
    gop: int = 12,
    rotation: int | None = None,
    times: list[float] | None = None,
    sound: bool = False,
    aspect: Fraction | None = None,
    picture: np.ndarray | None = None,
    muxer: dict[str, str] | None = None,
) -> bytes:
    """A video of numbered frames (or of one picture), `times` giving each frame's seconds where the rate varies."""
    target = io.BytesIO()
    with av.open(target, "w", format=kind, options=muxer or {}) as container:
        stream = container.add_stream(codec, rate=fps)
        stream.width, stream.height = size
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.codec_context.gop_size = gop
        if codec == "libx265":
            stream.codec_context.options = {"x265-params": "log-level=none"}
        if times is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        if aspect is not None:
            stream.sample_aspect_ratio = aspect
        if rotation is not None:
            stream.set_display_rotation(rotation)
        voice = container.add_stream("aac", rate=44100, layout="mono") if sound else None
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(numbered(number, *size) if picture is None else picture, "rgb24")
            if times is not None:
                frame.pts, frame.time_base = round(times[number] * 1000), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        if voice is not None:
            silence = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
            silence.sample_rate = 44100
            container.mux(voice.encode(silence))
            container.mux(voice.encode())
    return target.getvalue()


def endless_video(frames: int = 20_000, size: tuple[int, int] = (1280, 720)) -> bytes:
    """A small file that takes very long to decode: one picture many times, only the first marked as a keyframe."""
    target = io.BytesIO()
    with av.open(io.BytesIO(video(1, kind="matroska", size=size))) as source:
        packet = next(source.demux(video=0))
        with av.open(target, "w", format="matroska") as container:
            stream = container.add_stream_from_template(source.streams.video[0])
            payload = bytes(packet)
            for number in range(frames):
                copy = av.Packet(payload)
                copy.stream, copy.time_base = stream, Fraction(1, 30)
                copy.pts = copy.dts = number
                copy.is_keyframe = number == 0
                container.mux(copy)
    return target.getvalue()


def heic(picture: np.ndarray, rotation: int = 0) -> bytes:
    """A minimal HEIC file (ISO/IEC 23008-12): one HEVC intra picture, turned anticlockwise by `rotation` quarters."""
    height, width = picture.shape[:2]
    with av.open(io.BytesIO(video(1, codec="libx265", size=(width, height), picture=picture, gop=1))) as source:
        stream = source.streams.video[0]
        config, coded = bytes(stream.codec_context.extradata or b""), bytes(next(source.demux(stream)))

    def box(name: bytes, *parts: bytes, version: int | None = None) -> bytes:
        body = (b"" if version is None else struct.pack(">I", version << 24)) + b"".join(parts)
        return struct.pack(">I", 8 + len(body)) + name + body

    properties = box(b"hvcC", config) + box(b"ispe", struct.pack(">II", width, height), version=0)
    properties += box(b"irot", bytes([rotation])) if rotation else b""
    count = 3 if rotation else 2
    links = bytes([0x81, 0x02, 0x83][:count])
    ipma = box(b"ipma", struct.pack(">IHB", 1, 1, count), links, version=0)

    def meta(offset: int) -> bytes:
        return box(
            b"meta",
            box(b"hdlr", bytes(4), b"pict", bytes(13), version=0),
            box(b"pitm", struct.pack(">H", 1), version=0),
            box(b"iloc", struct.pack(">BBHHHHII", 0x44, 0, 1, 1, 0, 1, offset, len(coded)), version=0),
            box(b"iinf", struct.pack(">H", 1), box(b"infe", struct.pack(">HH", 1, 0), b"hvc1\0", version=2), version=0),
            box(b"iprp", box(b"ipco", properties), ipma),
            version=0,
        )

    ftyp = box(b"ftyp", b"heic", bytes(4), b"mif1heic")
    start = len(ftyp) + len(meta(0)) + 8
    return ftyp + meta(start) + box(b"mdat", coded)
