"""Over a thousand damaged files of every kind, through the confined decoder and every reader of facts.

Each may be refused, and may even bring its own decoder down; nothing else may notice. Seeded: a failure names the file
and the seed.
"""

import asyncio
import io
import wave
from collections import Counter
from collections.abc import Callable, Mapping

import numpy as np
import pymupdf
import pytest
import skimage.data
from PIL import Image

from pipelines.errors import MediaError
from pipelines.media.decoder import IsolatedDecoder
from pipelines.media.facts import READERS
from pipelines.media.frames import DecodeRequest
from tests.pictures import h264

EACH = 105
"""Mutations of each base file."""
OF_PDFS = frozenset(name for name in READERS if name.startswith("pdf_"))
REFUSED = frozenset(
    {"corrupt_media", "unsupported_media", "image_too_large", "media_memory", "media_timeout", "decoder_crashed"}
    | {"encrypted_pdf", "too_many_pages", "no_video_stream", "no_audio_stream", "video_resolution", "video_too_long"}
    | {"audio_too_long", "shots_set"}
)
PHOTO = np.ascontiguousarray(skimage.data.astronaut()[:96, :128])


def _picture(kind: str, **options: object) -> bytes:
    target = io.BytesIO()
    exif = Image.Exif()
    exif[0x0110], exif[0x0131], exif[0x0132] = "Camera", "Editor 1.0", "2024:05:06 07:08:09"
    Image.fromarray(PHOTO).save(target, kind, exif=exif, **options)
    return target.getvalue()


def _pdf(**options: object) -> bytes:
    with pymupdf.open() as document:
        for number in range(3):
            page = document.new_page()
            page.insert_text((72, 72), f"Invoice {number}: total 1,560.40")
            page.insert_image((72, 100, 200, 196), stream=_picture("JPEG"))
            page.draw_rect((70, 60, 120, 80), fill=(0, 0, 0))
            page.add_freetext_annot((72, 300, 200, 330), "paid")
        document.embfile_add("note", b"inside")
        document.set_metadata({"producer": "Printer", "creationDate": "D:20240506070809Z"})
        return bytes(document.tobytes(**options))


def _sound() -> bytes:
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes((8000 * np.sin(np.arange(16_000) / 9)).astype(np.int16).tobytes())
    return target.getvalue()


BASES: Mapping[str, Callable[[], bytes]] = {
    "pdf": _pdf,
    "pdf, compressed": lambda: _pdf(deflate=True, use_objstms=1),
    "jpeg": lambda: _picture("JPEG"),
    "png": lambda: _picture("PNG"),
    "tiff": lambda: _picture("TIFF"),
    "webp": lambda: _picture("WEBP"),
    "gif": lambda: _picture("GIF"),
    "mp4": lambda: h264([PHOTO] * 12),
    "wav": _sound,
    "jpeg with a tail": lambda: _picture("JPEG") + _pdf(),
}


def asked(name: str) -> DecodeRequest:
    """Everything that can be asked of a base file."""
    return DecodeRequest(
        frames=3,
        max_side=640,
        kinds=frozenset({"image", "video", "audio", "pdf", "zip"}),
        sound_rate=16_000,
        dpi=72,
        facts=frozenset(READERS) if name.startswith("pdf") else frozenset(READERS) - OF_PDFS,
    )


def mutated(data: bytes, rng: np.random.Generator) -> bytes:
    """The file after one to three of six kinds of damage. Its first bytes stay mostly, so that it is looked at."""
    broken = bytearray(data)
    for _ in range(rng.integers(1, 4)):
        kind = rng.integers(6)
        at, length = int(rng.integers(8, len(broken))), int(rng.integers(1, 64))
        if kind == 0:
            broken[at] ^= 1 << rng.integers(8)
        elif kind == 1:
            del broken[at:]
        elif kind == 2:
            del broken[at : at + length]
        elif kind == 3:
            broken[at : at + 4] = bytes([(0, 255, 127, 128)[rng.integers(4)]] * 4)
        elif kind == 4:
            other = int(rng.integers(8, len(broken)))
            broken[at:at] = broken[other : other + 8 * length]
        else:
            broken[at : at + length] = rng.bytes(length)
        if len(broken) < 16:
            break
    return bytes(broken)


@pytest.mark.timeout(600)
async def test_over_a_thousand_damaged_files_harm_nobody_else() -> None:
    bystander = _picture("JPEG")
    async with (
        IsolatedDecoder(workers=2, timeout_s=20, memory_mb=512) as decoder,
        IsolatedDecoder(timeout_s=20) as untouched,
    ):
        before = await untouched.decode(bystander)
        gate = asyncio.Semaphore(4)

        async def outcome(name: str, data: bytes, seed: int) -> tuple[str, str, int]:
            async with gate:
                try:
                    decoded = await decoder.decode(mutated(data, np.random.default_rng([seed, len(data)])), asked(name))
                except MediaError as error:
                    return error.code, name, seed
                return "read" if set(decoded.facts) == asked(name).facts else "incomplete", name, seed

        bases = {name: make() for name, make in BASES.items()}
        assert len(bases) * EACH > 1_000
        found = await asyncio.gather(*(outcome(*item, seed) for item in bases.items() for seed in range(EACH)))
        after = await untouched.decode(bystander)
        assert np.array_equal(before.frames[0].pixels, after.frames[0].pixels)
        assert (await decoder.decode(bystander)).frames, "the decoder that saw them all must still serve"
    strange = [entry for entry in found if entry[0] not in REFUSED | {"read"}]
    assert not strange
    codes = Counter(code for code, _, _ in found)
    assert codes["read"] > 100, "hardly any was looked at"
    assert codes["corrupt_media"] > 50, "hardly any was damaged"
    assert codes["decoder_crashed"] + codes["media_timeout"] <= 5, [
        e for e in found if e[0] not in ("read", "corrupt_media")
    ]
