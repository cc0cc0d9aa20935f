import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from pipelines.errors import MediaError
from pipelines.media.frames import Decoded, DecodeRequest, Limits
from pipelines.media.image import decode_image

from .samples import corners, encoded, heic, shows_corners


def decode(data: bytes, **request: object) -> Decoded:
    return decode_image(data, DecodeRequest(**request), Limits())


def code(data: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(MediaError) as caught:
        decode_image(data, DecodeRequest(), limits or Limits())
    return caught.value.code


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "BMP", "AVIF", "GIF"])
def test_every_format_yields_its_picture(kind: str) -> None:
    decoded = decode(encoded(corners(), kind))
    frame = decoded.frames[0]
    assert (decoded.kind, decoded.width, decoded.height, decoded.scale) == ("image", 96, 64, 1.0)
    assert (decoded.duration, decoded.fps, decoded.has_audio, len(decoded.frames)) == (None, None, False, 1)
    assert (frame.index, frame.timestamp) == (0, 0.0)
    assert frame.pixels.shape == (64, 96, 3)
    assert frame.pixels.dtype == np.uint8
    assert frame.pixels.flags.c_contiguous
    assert shows_corners(frame.pixels)


def test_lossless_pixels_come_back_unchanged_and_read_only() -> None:
    frame = decode(encoded(corners())).frames[0]
    assert np.array_equal(frame.pixels, corners())
    assert not frame.pixels.flags.writeable


def test_a_heic_photo_is_decoded() -> None:
    decoded = decode(heic(corners(128, 96)))
    assert (decoded.mime, decoded.width, decoded.height) == ("image/heic", 128, 96)
    assert shows_corners(decoded.frames[0].pixels)


def test_a_heic_photo_is_turned_by_its_own_rotation() -> None:
    turned = np.ascontiguousarray(np.rot90(corners(128, 96), -1))
    decoded = decode(heic(turned, rotation=1))
    assert (decoded.width, decoded.height) == (128, 96)
    assert shows_corners(decoded.frames[0].pixels)


TO_STORED = {
    1: lambda p: p,
    2: np.fliplr,
    3: lambda p: np.rot90(p, 2),
    4: np.flipud,
    5: lambda p: np.transpose(p, (1, 0, 2)),
    6: lambda p: np.rot90(p, 1),
    7: lambda p: np.rot90(np.transpose(p, (1, 0, 2)), 2),
    8: lambda p: np.rot90(p, -1),
}
"""How a camera stores an upright picture under each EXIF orientation."""


@pytest.mark.parametrize("orientation", TO_STORED)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_every_exif_orientation_is_turned_upright(orientation: int, kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = np.ascontiguousarray(TO_STORED[orientation](corners()))
    decoded = decode(encoded(stored, kind, exif=exif))
    assert (decoded.width, decoded.height) == (96, 64)
    assert shows_corners(decoded.frames[0].pixels)


def test_a_turned_photo_is_reduced_to_the_same_scale() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = np.ascontiguousarray(np.rot90(corners(960, 640), 1))
    decoded = decode(encoded(stored, "JPEG", exif=exif), max_side=240)
    assert (decoded.width, decoded.height, decoded.scale) == (960, 640, 4.0)
    assert decoded.frames[0].pixels.shape == (160, 240, 3)
    assert shows_corners(decoded.frames[0].pixels)


def test_orientation_is_left_alone_on_request() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    decoded = decode(encoded(corners(), "JPEG", exif=exif), exif_rotation=False)
    assert (decoded.width, decoded.height) == (96, 64)
    assert shows_corners(decoded.frames[0].pixels)


@pytest.mark.parametrize("value", [0, 9, 4711])
def test_an_orientation_without_meaning_is_ignored(value: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = value
    assert shows_corners(decode(encoded(corners(), "JPEG", exif=exif)).frames[0].pixels)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(("max_side", "shape"), [(1920, (512, 768, 3)), (500, (333, 500, 3)), (90, (60, 90, 3))])
def test_a_picture_is_reduced_to_the_side_asked_for(kind: str, max_side: int, shape: tuple[int, ...]) -> None:
    decoded = decode(encoded(corners(768, 512), kind), max_side=max_side)
    assert decoded.frames[0].pixels.shape == shape
    assert decoded.scale == pytest.approx(max(1.0, 768 / max_side))
    assert (decoded.width, decoded.height) == (768, 512)
    assert shows_corners(decoded.frames[0].pixels)


def test_a_position_in_a_reduced_jpeg_maps_back_by_the_scale() -> None:
    picture = np.zeros((3000, 4000, 3), np.uint8)
    picture[900:960, 2400:2480] = 255
    decoded = decode(encoded(picture, "JPEG"), max_side=640)
    rows, columns = np.nonzero(decoded.frames[0].pixels[..., 0] > 128)
    assert rows.mean() * decoded.scale == pytest.approx(930, abs=10)
    assert columns.mean() * decoded.scale == pytest.approx(2440, abs=10)


def test_a_thin_picture_keeps_at_least_one_pixel() -> None:
    assert decode(encoded(corners(4000, 2)), max_side=100).frames[0].pixels.shape == (1, 100, 3)


@pytest.mark.parametrize("mode", ["L", "P", "CMYK", "YCbCr", "1"])
def test_other_colour_models_become_rgb(mode: str) -> None:
    kind = {"CMYK": "TIFF", "YCbCr": "TIFF"}.get(mode, "PNG")
    source = Image.fromarray(corners()).convert(mode)
    pixels = decode(encoded(source, kind)).frames[0].pixels
    assert pixels.shape == (64, 96, 3)
    assert np.abs(pixels.astype(int) - np.asarray(source.convert("RGB"), int)).max() <= 1


def test_a_cmyk_jpeg_keeps_its_colours() -> None:
    data = encoded(Image.fromarray(corners()).convert("CMYK"), "JPEG", quality=95)
    assert shows_corners(decode(data).frames[0].pixels)


def test_a_palette_picture_is_reduced_in_its_colours_not_its_indices() -> None:
    source = Image.fromarray(corners(400, 300)).convert("P", palette=Image.Palette.ADAPTIVE, colors=4)
    assert shows_corners(decode(encoded(source), max_side=100).frames[0].pixels)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bit_grey_keeps_its_upper_bits(kind: str) -> None:
    ramp = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    pixels = decode(encoded(Image.fromarray(ramp), kind)).frames[0].pixels
    assert np.array_equal(pixels[..., 0], ramp >> 8)
    assert np.array_equal(pixels[..., 0], pixels[..., 2])


def test_sixteen_bit_colour_keeps_its_upper_bits() -> None:
    samples = corners().astype(np.uint16) * 257
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)
    assert np.array_equal(decode(png(96, 64, 16, 2, zlib.compress(rows))).frames[0].pixels, corners())


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_is_laid_over_white(mode: str) -> None:
    source = Image.fromarray(corners()).convert(mode)
    source.putalpha(Image.fromarray(np.repeat([[0], [255]], 32, axis=0).astype(np.uint8).repeat(96, axis=1)))
    pixels = decode(encoded(source)).frames[0].pixels
    assert (pixels[:32] == 255).all()
    assert np.array_equal(pixels[32:], np.asarray(Image.fromarray(corners()).convert(mode).convert("RGB"))[32:])


def test_the_transparent_colour_of_a_palette_is_white() -> None:
    source = Image.fromarray(np.repeat([[0], [1]], 8, axis=0).astype(np.uint8).repeat(16, axis=1), "P")
    source.putpalette([0, 0, 0, 10, 200, 10])
    pixels = decode(encoded(source, transparency=0)).frames[0].pixels
    assert (pixels[0, 0] == 255).all()
    assert tuple(pixels[15, 0]) == (10, 200, 10)


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "WEBP", "PNG"])
def test_the_first_picture_stands_for_a_file_of_several(kind: str) -> None:
    others = [Image.new("RGB", (96, 64), colour) for colour in ("black", "white")]
    options = {"lossless": True} if kind == "WEBP" else {}
    decoded = decode(encoded(corners(), kind, save_all=True, append_images=others, **options))
    assert len(decoded.frames) == 1
    assert shows_corners(decoded.frames[0].pixels)


def test_the_first_picture_stands_for_a_multi_picture_jpeg() -> None:
    data = encoded(corners(), "MPO", save_all=True, append_images=[Image.new("RGB", (96, 64))])
    assert shows_corners(decode(data).frames[0].pixels)


def test_pixels_over_the_limit_are_refused() -> None:
    assert code(encoded(corners(96, 64)), Limits(pixels=96 * 64 - 1)) == "image_too_large"


def test_pixels_at_the_limit_are_taken() -> None:
    data = encoded(corners(96, 64))
    assert decode_image(data, DecodeRequest(), Limits(pixels=96 * 64)).width == 96


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "GIF", "BMP", "AVIF"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_truncated_image_is_corrupt(kind: str, share: float) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (64, 96, 3), dtype=np.uint8)
    data = encoded(noise, kind)
    assert code(data[: int(len(data) * share)]) == "corrupt_media"


def test_a_truncated_heic_is_corrupt() -> None:
    assert code(heic(corners(128, 96))[:-20]) == "corrupt_media"


@pytest.mark.parametrize("head", [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\0", b"RIFF\x40\0\0\0WEBPVP8 "])
def test_random_bytes_behind_a_magic_number_are_corrupt(head: bytes) -> None:
    assert code(head + np.random.default_rng(2).bytes(2000)) == "corrupt_media"


@pytest.mark.parametrize("data", [b"", b"\0", b"hello", b"%PDF-1.7", b"<svg xmlns='http://www.w3.org/2000/svg'/>"])
def test_what_is_no_image_is_unsupported(data: bytes) -> None:
    assert code(data) == "unsupported_media"


def test_floating_point_pixels_are_unsupported() -> None:
    assert code(encoded(Image.new("F", (8, 8)), "TIFF")) == "unsupported_media"


def test_the_format_follows_the_bytes_and_no_other_decoder_is_tried() -> None:
    target = io.BytesIO()
    Image.new("RGB", (8, 8)).save(target, "PPM")
    assert code(b"\xff\xd8\xff" + target.getvalue()) == "corrupt_media"


def png(width: int, height: int, depth: int, colour: int, data: bytes) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", data) + chunk(b"IEND", b"")
