"""Damaged files must never make the readers fail in any other way than they say."""

import io
import json
import random

import pytest
from PIL.PngImagePlugin import PngInfo

from pipelines.errors import MediaError
from pipelines.media.forensics import read
from pipelines.media.frames import Limits
from pipelines.media.sniff import HEAD_BYTES, sniff

from ..samples import heic, video
from .test_image_facts import camera_exif, saved, scene, with_preview
from .test_stream_facts import room, wav

_ROUNDS = 25


def _png() -> bytes:
    info = PngInfo()
    info.add_text("parameters", "Steps: 1, Sampler: x")
    return saved(scene(), "PNG", pnginfo=info)


def _heic() -> bytes:
    import numpy as np

    return heic(np.asarray(scene().resize((64, 64))))


_FILES = {
    "jpeg": lambda: with_preview(scene(), saved(scene().resize((160, 120)))),
    "exif": lambda: saved(scene(), exif=camera_exif(software="GIMP")),
    "png": _png,
    "gif": lambda: saved(scene(), "GIF"),
    "webp": lambda: saved(scene(), "WEBP"),
    "tiff": lambda: saved(scene(), "TIFF", exif=camera_exif()),
    "heic": _heic,
    "mp4": lambda: video(6, sound=True),
    "mkv": lambda: video(6, kind="matroska"),
    "avi": lambda: video(6, kind="avi"),
    "wav": lambda: wav(room(1)),
}


@pytest.mark.parametrize("kind", _FILES)
def test_mutated_files_yield_facts_or_a_media_error(kind: str) -> None:
    whole = _FILES[kind]()
    for seed in range(_ROUNDS):
        data = mutated(whole, random.Random(seed))
        found = sniff(data[:HEAD_BYTES])
        if found is None or found.kind == "pdf":
            continue
        try:
            values = read(data, found, Limits()).values
        except MediaError:
            continue
        assert io.StringIO(json.dumps(values)).read()


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Flips bytes, mostly near the head where structure is; sometimes cuts, repeats or removes a piece."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 4, 32))):
        at = min(int(rng.expovariate(1 / 600)), len(changed) - 1) if rng.random() < 0.7 else rng.randrange(len(changed))
        changed[at] = rng.choice((0, 0xFF, rng.randrange(256)))
    if rng.random() < 0.4:
        first, second = sorted(rng.randrange(len(changed)) for _ in range(2))
        piece = bytes(changed[first:second])
        changed = bytearray(rng.choice((changed[:first], changed[:first] + changed[second:], changed + piece)))
    return bytes(changed)
