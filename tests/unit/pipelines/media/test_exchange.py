import json
import mmap
import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pipelines.media.exchange import dump_call, dump_decoded, load_call, load_decoded, memory_file
from pipelines.media.frames import Decoded, DecodeRequest, Frame, Limits, Sound
from pipelines.report import Artifact

from .samples import corners


@pytest.fixture
def file() -> Iterator[int]:
    fd = memory_file()
    yield fd
    os.close(fd)


def decoded(*sizes: tuple[int, int]) -> Decoded:
    frames = tuple(Frame(corners(*size), n, n / 2) for n, size in enumerate(sizes))
    facts = {"kind": "video", "mime": "video/mp4", "width": 96, "height": 64, "duration": 1.5, "fps": None}
    return Decoded(**facts, has_audio=True, scale=1.25, frames=frames)


def sent(media: Decoded, fd: int) -> Any:
    return json.loads(json.dumps(dump_decoded(media, fd)))


def test_frames_of_odd_sizes_arrive_as_they_were_sent(file: int) -> None:
    original = decoded((96, 64), (7, 3), (1, 1))
    copy = load_decoded(sent(original, file), file)
    for frame, other in zip(copy.frames, original.frames, strict=True):
        assert np.array_equal(frame.pixels, other.pixels)
        assert (frame.index, frame.timestamp) == (other.index, other.timestamp)
    assert (copy.duration, copy.fps, copy.has_audio, copy.scale) == (1.5, None, True, 1.25)


def test_facts_and_attachments_arrive_behind_the_pixels(file: int) -> None:
    original = replace(
        decoded((7, 3)), facts={"text": {"pages": ["é"]}}, attachments=(Artifact("a", "image/png", b"123"),), fault="x"
    )
    copy = load_decoded(sent(original, file), file)
    assert (copy.facts, copy.attachments, copy.fault) == (original.facts, original.attachments, "x")
    assert np.array_equal(copy.frames[0].pixels, original.frames[0].pixels)


def test_sound_arrives_as_it_was_sent(file: int) -> None:
    sound = Sound(np.arange(-5, 6, dtype=np.int16), 16000, 44100, "aac")
    copy = load_decoded(sent(replace(decoded((7, 3)), sound=sound, facts={"a": 1}), file), file)
    assert copy.sound is not None
    assert np.array_equal(copy.sound.samples, sound.samples)
    assert (copy.sound.rate, copy.sound.original_rate, copy.sound.codec) == (16000, 44100, "aac")
    assert copy.facts == {"a": 1}


def test_facts_arrive_without_pixels(file: int) -> None:
    copy = load_decoded(sent(replace(decoded(), facts={"pages": 3}), file), file)
    assert (copy.facts, copy.frames) == ({"pages": 3}, ())


@pytest.mark.parametrize(
    "change", [{"facts": 10**6}, {"facts": -1}, {"attachments": [["a", "b", 99]]}, {"sound": [10**6, 1, 1, "a"]}]
)
def test_parts_that_the_file_does_not_hold_are_refused(file: int, change: dict[str, Any]) -> None:
    message = sent(replace(decoded((7, 3)), facts={"pages": 3}), file)
    with pytest.raises(ValueError, match=r"disagree|buffer"):
        load_decoded(message | change, file)


def test_a_call_arrives_as_it_was_made() -> None:
    request = DecodeRequest(
        frames=0,
        max_side=77,
        kinds=frozenset({"image"}),
        exif_rotation=False,
        sound_rate=8000,
        dpi=99,
        facts=frozenset({"text"}),
    )
    limits = Limits(pixels=5, duration_s=2.5, video_side=9)
    assert load_call(json.loads(json.dumps(dump_call(request, limits)))) == (request, limits)


def test_pixels_cannot_be_changed_or_cut_off_after_they_arrived(file: int) -> None:
    other_end = os.dup(file)
    copy = load_decoded(sent(decoded((96, 64)), file), file)
    for attack in (lambda: os.ftruncate(other_end, 0), lambda: os.pwrite(other_end, b"x", 0)):
        with pytest.raises(PermissionError):
            attack()
    os.close(other_end)
    assert np.array_equal(copy.frames[0].pixels, corners())


def test_pixels_that_a_decoder_could_still_write_to_are_not_accepted(file: int) -> None:
    message = sent(decoded((96, 64)), file)
    with mmap.mmap(file, 0), pytest.raises(OSError, match="busy"):
        load_decoded(message, file)


@pytest.mark.parametrize(
    "frames",
    [
        [],
        [[64, 97, 0, 0.0]],
        [[64, 96, 0, 0.0], [64, 96, 1, 0.0]],
        [[-64, -96, 0, 0.0]],
        [[0, 96, 0, 0.0]],
        [[1 << 40, 1 << 40, 0, 0.0]],
        [[64, 96, 0]],
        [["a", 96, 0, 0.0]],
        None,
    ],
)
def test_a_message_that_does_not_fit_its_file_is_refused(file: int, frames: Any) -> None:
    message = {**sent(decoded((96, 64)), file), "frames": frames}
    with pytest.raises((ValueError, TypeError, OverflowError)):
        load_decoded(message, file)


def test_a_request_for_no_frames_or_too_many_is_refused() -> None:
    for frames in (0, -1, 513):
        with pytest.raises(ValueError, match="frames"):
            DecodeRequest(frames=frames)
