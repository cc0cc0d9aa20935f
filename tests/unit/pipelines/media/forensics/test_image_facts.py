"""What the reader tells of pictures' files that the tests make."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from pipelines.media.forensics import read
from pipelines.media.frames import Limits
from pipelines.media.sniff import HEAD_BYTES, sniff

_MAKE, _SOFTWARE, _MODIFIED, _EXIF, _ORIGINAL, _GPS = 0x010F, 0x0131, 0x0132, 0x8769, 0x9003, 0x8825


def facts(data: bytes) -> dict[str, Any]:
    found = sniff(data[:HEAD_BYTES])
    assert found is not None
    return dict(read(data, found, Limits()).values)


def flags(data: bytes) -> dict[str, Any]:
    return {name: flag["value"] for name, flag in facts(data)["flags"].items()}


def scene(seed: int = 0, size: tuple[int, int] = (240, 320)) -> Image.Image:
    noise = np.random.default_rng(seed).normal(128, 40, (size[0] // 20, size[1] // 20, 3))
    return Image.fromarray(np.clip(noise, 0, 255).astype(np.uint8)).resize((size[1], size[0]), Image.Resampling.BICUBIC)


def camera_exif(**tags: Any) -> Image.Exif:
    exif = Image.Exif()
    exif[_MAKE] = "Veriscope"
    exif[_MODIFIED] = tags.get("modified", "2024:05:01 10:00:00")
    if "software" in tags:
        exif[_SOFTWARE] = tags["software"]
    exif.get_ifd(_EXIF)[_ORIGINAL] = tags.get("original", "2024:05:01 10:00:00")
    return exif


def saved(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def test_a_camera_s_file_raises_no_flag() -> None:
    assert flags(saved(scene(), quality=90, exif=camera_exif())) == {}


def test_details_name_camera_dates_place_and_hashes() -> None:
    exif = camera_exif()
    exif.get_ifd(_GPS).update({1: "S", 2: (33.0, 51.0, 36.0), 3: "E", 4: (151.0, 12.0, 36.0)})
    details = facts(saved(scene(), exif=exif))["details"]
    assert details["camera_make"] == "Veriscope"
    assert details["creation_date"] == "2024-05-01T10:00:00-00:00"
    assert details["gps"] == {"lat": -33.86, "lon": 151.21}
    assert (details["width"], details["height"], details["format"]) == (320, 240, "jpg")
    assert len(details["md5"]) == 32
    assert len(details["sha256"]) == 64


def test_an_editor_in_the_metadata_is_named() -> None:
    assert flags(saved(scene(), exif=camera_exif(software="Adobe Photoshop 25.1")))["suspicious_software"] == [
        "Adobe Photoshop 25.1"
    ]


def test_a_later_modification_is_told_with_both_dates() -> None:
    found = flags(saved(scene(), exif=camera_exif(modified="2024:05:03 09:00:00")))["dates_mismatch"]
    assert found["creation_date"] < found["modification_date"]


def test_a_date_in_the_future_is_a_mismatch() -> None:
    assert "dates_mismatch" in flags(saved(scene(), exif=camera_exif(original="2199:01:01 00:00:00")))


def test_a_picture_without_metadata_is_told_of_jpeg_but_not_of_png() -> None:
    assert "metadata_stripped" in flags(saved(scene()))
    assert flags(saved(scene(), "PNG")) == {}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
def test_bytes_behind_a_picture_are_found(kind: str) -> None:
    clean = saved(scene(), kind)
    assert "trailing_data" not in flags(clean)
    found = flags(clean + saved(scene(1), "PNG"))["trailing_data"]
    assert found["type"] == "image/png"
    assert found["offset"] == len(clean)


def test_a_cut_jpeg_is_corrupted() -> None:
    data = saved(scene(), exif=camera_exif())
    assert "corrupted_file" in flags(data[: len(data) * 2 // 3])


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("parameters", "a cat\nNegative prompt: dog\nSteps: 20, CFG scale: 7, Sampler: Euler"),
        ("workflow", '{"nodes": []}'),
        ("Software", "NovelAI"),
        ("AIGC", '{"Label": "1"}'),
    ],
)
def test_traces_of_image_generators_in_png_texts_are_found_and_prompts_not_repeated(key: str, text: str) -> None:
    info = PngInfo()
    info.add_text(key, text)
    found = facts(saved(scene(), "PNG", pnginfo=info))["flags"]
    assert "ai_generator_metadata" in found
    assert "a cat" not in str(found)


def test_a_declared_digital_source_type_is_found_in_xmp() -> None:
    name = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    xmp = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a Iptc4xmpExt:DigitalSourceType="{name}"/></x:xmpmeta>'
    data = saved(scene(), xmp=xmp.encode())
    assert flags(data)["ai_generator_metadata"] == ["trainedAlgorithmicMedia"]


def test_a_screenshot_says_so_in_its_comment() -> None:
    exif = camera_exif()
    exif.get_ifd(_EXIF)[0x9286] = b"ASCII\0\0\0Screenshot"
    assert "screenshot_software" in flags(saved(scene(), exif=exif))


@pytest.mark.parametrize(("previewed", "mismatch"), [(0, False), (7, True)])
def test_the_preview_must_show_the_picture(previewed: int, mismatch: bool) -> None:
    preview = saved(scene(previewed).resize((160, 120)), quality=80)
    assert ("thumbnail_mismatch" in flags(with_preview(scene(0), preview))) is mismatch


def with_preview(image: Image.Image, preview: bytes) -> bytes:
    """A JPEG whose EXIF has a second directory with a preview (EXIF 2.3, 4.5.5)."""
    head = b"Exif\0\0MM\0*\0\0\0\x08"
    first = b"\0\x01" + b"\x01\x12\0\x03\0\0\0\x01\0\x01\0\0" + (26).to_bytes(4, "big")
    at = 26 + 2 + 2 * 12 + 4
    second = b"\0\x02" + b"\x02\x01\0\x04\0\0\0\x01" + at.to_bytes(4, "big")
    second += b"\x02\x02\0\x04\0\0\0\x01" + len(preview).to_bytes(4, "big") + bytes(4)
    return saved(image, exif=head + first + second + preview)


def test_the_quantisation_is_handed_on_row_by_row() -> None:
    steps = facts(saved(scene(), quality=50))["signals"]["quantisation"]
    assert steps[:8] == [16, 11, 10, 16, 24, 40, 51, 61]
