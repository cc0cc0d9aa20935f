import io
import zipfile

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.media.sniff import OGG, OGV, sniff

from .samples import corners, encoded, heic, video


@pytest.mark.parametrize(
    ("kind", "mime"),
    [
        ("JPEG", "image/jpeg"),
        ("PNG", "image/png"),
        ("GIF", "image/gif"),
        ("TIFF", "image/tiff"),
        ("WEBP", "image/webp"),
        ("BMP", "image/bmp"),
        ("AVIF", "image/avif"),
    ],
)
def test_images_are_recognised(kind: str, mime: str) -> None:
    found = sniff(encoded(corners(), kind)[:4096])
    assert found is not None
    assert (found.kind, found.mime) == ("image", mime)


def test_big_endian_tiff_is_recognised() -> None:
    assert getattr(sniff(b"MM\0*\0\0\0\x08"), "mime", None) == "image/tiff"


def test_jpeg_without_a_jfif_header_is_recognised() -> None:
    assert getattr(sniff(b"\xff\xd8\xff\xe1\x00\x10Exif\0\0"), "mime", None) == "image/jpeg"


def test_theora_makes_a_video_of_an_ogg_file_wherever_its_page_stands() -> None:
    pages = b"OggS" + bytes(24) + b"\x01vorbis" + bytes(40) + b"OggS" + bytes(24)
    assert sniff(pages) == OGG
    assert sniff(pages + b"\x80theora") == OGV


def test_heic_is_recognised() -> None:
    assert getattr(sniff(heic(corners(64, 64))[:4096]), "mime", None) == "image/heic"


@pytest.mark.parametrize(
    ("kind", "codec", "mime"),
    [
        ("mp4", "libx264", "video/mp4"),
        ("mov", "libx264", "video/quicktime"),
        ("3gp", "mpeg4", "video/3gpp"),
        ("matroska", "libx264", "video/x-matroska"),
        ("webm", "libvpx", "video/webm"),
        ("avi", "mpeg4", "video/x-msvideo"),
        ("flv", "flv", "video/x-flv"),
        ("mpeg", "mpeg1video", "video/mpeg"),
        ("vob", "mpeg2video", "video/mpeg"),
        ("ogg", "libvpx", "video/ogg"),
        ("asf", "wmv2", "video/x-ms-wmv"),
    ],
)
def test_videos_are_recognised(kind: str, codec: str, mime: str) -> None:
    found = sniff(video(2, kind=kind, codec=codec)[:4096])
    assert found is not None
    assert (found.kind, found.mime) == ("video", mime)


@pytest.mark.parametrize(
    ("kind", "codec", "mime"),
    [
        ("wav", "pcm_s16le", "audio/wav"),
        ("mp3", "libmp3lame", "audio/mpeg"),
        ("ipod", "aac", "audio/mp4"),
        ("adts", "aac", "audio/aac"),
        ("ogg", "libopus", "audio/ogg"),
        ("flac", "flac", "audio/flac"),
    ],
)
def test_audio_is_recognised(kind: str, codec: str, mime: str) -> None:
    target = io.BytesIO()
    with av.open(target, "w", format=kind) as container:
        stream = container.add_stream(codec, rate=48000, layout="mono")
        resampler = av.AudioResampler(stream.format, "mono", 48000)
        tone = av.AudioFrame.from_ndarray(np.zeros((1, 4800), np.int16), "s16", "mono")
        tone.sample_rate = 48000
        for frame in (*resampler.resample(tone), *resampler.resample(None)):
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    found = sniff(target.getvalue()[:4096])
    assert found is not None
    assert (found.kind, found.mime) == ("audio", mime)


@pytest.mark.parametrize("head", [b"\xff\xfb\x90\x00", b"\xff\xf3\x40\xc0"])
def test_mp3_without_tags_is_recognised(head: bytes) -> None:
    assert getattr(sniff(head), "mime", None) == "audio/mpeg"


@pytest.mark.parametrize("head", [b"%PDF-1.7\n", b"\xef\xbb\xbf%PDF-1.4", b"junk\n" * 100 + b"%PDF-1.4"])
def test_pdf_is_recognised_behind_junk_too(head: bytes) -> None:
    assert getattr(sniff(head), "kind", None) == "pdf"


@pytest.mark.parametrize("names", [[], ["a.txt"]])
def test_zip_is_recognised(names: list[str]) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in names:
            archive.writestr(name, b"x")
    assert getattr(sniff(target.getvalue()), "kind", None) == "zip"


def test_a_quicktime_file_from_before_ftyp_is_recognised() -> None:
    assert getattr(sniff(b"\0\0\x10\0moov\0\0\0\x6cmvhd"), "mime", None) == "video/quicktime"


@pytest.mark.parametrize(
    ("ftyp", "mime"),
    [
        (b"mif1\0\0\0\0mif1avifmiaf", "image/avif"),
        (b"mif1\0\0\0\0mif1heic", "image/heic"),
        (b"XXXX\0\0\0\0isommp42", "video/mp4"),
        (b"XXXX\0\0\0\0YYYY", None),
        (b"iso6\0\0\0\0", "video/mp4"),
        (b"3gp5\0\0\0\x003gp5isom", "video/3gpp"),
        (b"M4A \0\0\0\0M4A mp42isom", "audio/mp4"),
    ],
)
def test_brands_decide_between_iso_base_media_files(ftyp: bytes, mime: str | None) -> None:
    box = (8 + len(ftyp)).to_bytes(4, "big") + b"ftyp" + ftyp
    assert getattr(sniff(box + b"avifheicqt  " * 4), "mime", None) == mime


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\xff",
        b"\xff\xd8",
        b"hello world",
        b"<svg xmlns='http://www.w3.org/2000/svg'>",
        b"<!DOCTYPE html>",
        b"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0",
        b"MZ\x90\0",
        b"\x7fELF",
        b"BM on its own",
        b"RIFF\0\0\0\0ACON",
        b"\x1a\x45\xdf\xa3 no doctype",
        b"ffconcat version 1.0",
        b"\xff\xff\xff\xff",
    ],
)
def test_anything_else_is_nothing(head: bytes) -> None:
    assert sniff(head) is None


@given(st.binary(max_size=64))
def test_no_bytes_make_it_fail(head: bytes) -> None:
    for prefix in (b"", b"\x1a\x45\xdf\xa3\x42\x82", b"\0\0\0\x20ftyp", b"RIFF", b"BM", b"\xff\xf1"):
        sniff(prefix + head)
