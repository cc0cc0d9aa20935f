"""PDF pages as frames, through a decoder process of their own."""

import io

import numpy as np
import pikepdf
import pytest

from pipelines.errors import MediaError
from pipelines.media.decode import decode_media
from pipelines.media.decoder import IsolatedDecoder
from pipelines.media.frames import DecodeRequest, Limits
from tests.unit.pipelines.media.papers import PAGE, paper

PAGES = DecodeRequest(frames=4, dpi=72, kinds=frozenset({"pdf"}))


async def test_pages_are_drawn_in_a_process_of_their_own() -> None:
    async with IsolatedDecoder() as decoder:
        decoded = await decoder.decode(paper(pages=3), PAGES)
    assert [frame.index for frame in decoded.frames] == [0, 1, 2]
    assert (decoded.kind, decoded.width, decoded.height, decoded.scale) == ("pdf", 595, PAGE, 1.0)
    assert all(frame.pixels.shape == (PAGE, 595, 3) and frame.pixels.min() < 50 for frame in decoded.frames)


def test_resolution_is_bounded_by_the_longest_side() -> None:
    request = DecodeRequest(frames=1, dpi=300, max_side=500, kinds=frozenset({"pdf"}))
    decoded = decode_media(paper(), request, Limits())
    assert max(decoded.frames[0].pixels.shape) == 500
    assert decoded.scale == pytest.approx(PAGE / 500)


def test_a_page_of_giant_size_is_drawn_small() -> None:
    with pikepdf.open(io.BytesIO(paper())) as pdf:
        pdf.pages[0].MediaBox = pikepdf.Array([0, 0, 200_000, 200_000])
        target = io.BytesIO()
        pdf.save(target)
    request = DecodeRequest(frames=1, dpi=600, max_side=100_000, kinds=frozenset({"pdf"}))
    pixels = decode_media(target.getvalue(), request, Limits(pixels=1_000_000)).frames[0].pixels
    assert np.prod(pixels.shape[:2]) <= 1_010_000


def test_a_pdf_with_a_password_is_not_read() -> None:
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(paper())) as pdf:
        pdf.save(target, encryption=pikepdf.Encryption(user="secret", owner="other"))
    assert _code(target.getvalue()) == "encrypted_pdf"


def test_a_pdf_that_only_restricts_its_use_is_read() -> None:
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(paper())) as pdf:
        pdf.save(target, encryption=pikepdf.Encryption(user="", owner="other"))
    assert len(decode_media(target.getvalue(), PAGES, Limits()).frames) == 1


def test_too_many_pages_are_refused() -> None:
    assert _code(paper(pages=4), Limits(pages=3)) == "too_many_pages"


def test_bytes_that_only_begin_like_a_pdf_are_damaged() -> None:
    assert _code(b"%PDF-1.7\n" + bytes(500)) == "corrupt_media"


def _code(data: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(MediaError) as raised:
        decode_media(data, PAGES, limits or Limits())
    return raised.value.code
