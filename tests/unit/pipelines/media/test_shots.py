"""Archives of pictures: what is decoded, and what is refused before anything is."""

import io
import struct
import zipfile

import numpy as np
import pytest
from PIL import Image

from pipelines.errors import MediaError
from pipelines.media.decode import decode_media
from pipelines.media.frames import Decoded, DecodeRequest, Limits

ZIP = frozenset({"zip"})


def picture(seed: int = 0, kind: str = "JPEG", size: tuple[int, int] = (48, 64)) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 255, (*size, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind)
    return out.getvalue()


def archive(*members: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as target:
        for name, data in members:
            target.writestr(name, data)
    return out.getvalue()


def decoded(data: bytes, frames: int = 8) -> Decoded:
    return decode_media(data, DecodeRequest(frames=frames, kinds=ZIP), Limits())


def refused(data: bytes) -> str:
    with pytest.raises(MediaError) as failure:
        decoded(data)
    return failure.value.code


def link(target: str) -> tuple[zipfile.ZipInfo, bytes]:
    info = zipfile.ZipInfo("a.jpg")
    info.create_system, info.external_attr = 3, 0o120777 << 16
    return info, target.encode()


def test_pictures_become_frames_in_natural_order() -> None:
    found = decoded(archive(("10.jpg", picture(10)), ("2.png", picture(2, "PNG")), ("1.jpg", picture(1))))
    assert (found.kind, found.mime, found.duration, found.width, found.height) == (
        "shots", "application/zip", None, 64, 48,
    )  # fmt: skip
    assert [frame.index for frame in found.frames] == [0, 1, 2]
    expected = np.random.default_rng(2).integers(0, 255, (48, 64, 3), np.uint8)
    assert np.array_equal(found.frames[1].pixels, expected)


def test_frames_are_spread_over_the_set() -> None:
    found = decoded(archive(*((f"{n}.jpg", picture(n)) for n in range(10))), frames=3)
    assert [frame.index for frame in found.frames] == [1, 5, 8]


def test_the_archive_is_not_accepted_where_it_was_not_asked_for() -> None:
    with pytest.raises(MediaError) as failure:
        decode_media(archive(("a.jpg", picture())), DecodeRequest(), Limits())
    assert failure.value.code == "unsupported_media"


@pytest.mark.parametrize(
    "members",
    [
        [],
        [("../a.jpg", picture())],
        [("/etc/a.jpg", picture())],
        [("folder/a.jpg", picture())],
        [("..\\a.jpg", picture())],
        [("a.txt", b"no picture")],
        [("a.jpg", picture()), ("b.jpg", picture(size=(64, 48)))],
        [(f"{n}.jpg", picture()) for n in range(65)],
        [link("/etc/passwd")],
    ],
    ids=["empty", "parent", "absolute", "folder", "backslash", "text", "sizes", "many", "link"],
)
def test_anything_but_a_flat_set_of_pictures_is_refused(members: list[tuple[str, bytes]]) -> None:
    assert refused(archive(*members)) == "bad_archive"


def test_a_bomb_is_refused_by_its_ratio_and_by_its_size() -> None:
    bomb = picture() + bytes(10 << 20)
    assert refused(archive(("a.jpg", bomb), method=zipfile.ZIP_DEFLATED)) == "bad_archive"
    large = picture() + np.random.default_rng(0).bytes(18 << 20)
    assert refused(archive(*((f"{n}.jpg", large) for n in range(3)))) == "bad_archive"


def test_a_directory_that_lies_about_sizes_is_refused() -> None:
    bomb = picture() + bytes(60 << 20)
    data = bytearray(archive(("a.jpg", bomb), method=zipfile.ZIP_DEFLATED))
    for signature, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", data, data.rfind(signature) + at, 1000)
    assert refused(bytes(data)) in ("bad_archive", "corrupt_media")


def test_damage_is_refused() -> None:
    whole = archive(("a.jpg", picture()))
    assert refused(whole[: len(whole) // 2]) == "bad_archive"
    assert refused(archive(("a.jpg", picture()[:700]))) == "corrupt_media"
