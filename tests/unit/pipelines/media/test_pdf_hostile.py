"""Damaged and hostile PDFs: every reader answers or refuses, in bounded time, and nothing else happens."""

import io
import random
import zlib
from collections import Counter
from collections.abc import Callable

import pikepdf
import pymupdf
import pytest

from benchmarks.pdf_forensics.tampering import signed
from pipelines.errors import MediaError
from pipelines.media.decode import decode_media
from pipelines.media.decoder import IsolatedDecoder
from pipelines.media.frames import DecodeRequest, Limits
from tests.unit.pipelines.media.papers import box_of, edited, paper, picture

EVERYTHING = DecodeRequest(
    frames=2, dpi=50, kinds=frozenset({"pdf"}), facts=frozenset({"forensics", "pdf_images", "pdf_text"})
)
MUTANTS = 100
ALLOWED = {"corrupt_media", "encrypted_pdf", "too_many_pages", "media_memory", "unsupported_media"}


@pytest.fixture(scope="module")
def files() -> list[bytes]:
    """Files with something for every reader to look at."""

    def busy(document: pymupdf.Document) -> None:
        document[0].add_freetext_annot((300, 300, 400, 330), "look here")
        document[0].draw_rect((60, 60, 200, 80), fill=(1, 1, 1), color=None)
        document.embfile_add("data.csv", b"1,2", filename="data.csv")

    left, bottom, width, height = box_of(2)
    plain = paper(lambda canvas: canvas.drawImage(picture((9, 99, 9)), left, bottom, width, height), pages=2)
    packed = io.BytesIO()
    with pikepdf.open(io.BytesIO(plain)) as pdf:
        pdf.save(packed, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return [plain, packed.getvalue(), edited(plain, busy, incremental=True), signed(paper())]


def flip(data: bytes, dice: random.Random) -> bytes:
    """Some bits turned."""
    changed = bytearray(data)
    for _ in range(dice.choice((1, 8, 64))):
        changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
    return bytes(changed)


def cut(data: bytes, dice: random.Random) -> bytes:
    """The end, or a part of the middle, missing."""
    start = dice.randrange(100, len(data))
    return data[:start] + (data[start + dice.randrange(1, 400) :] if dice.random() < 0.5 else b"")


def shuffle(data: bytes, dice: random.Random) -> bytes:
    """References that lead to other objects, numbers that are too large or negative."""
    words = data.split(b" ")
    for _ in range(dice.choice((1, 4, 16))):
        at = dice.randrange(len(words))
        if words[at].isdigit():
            words[at] = dice.choice((b"0", b"-1", b"%d" % dice.randrange(30), b"2147483648", b"99999999999"))
    return b" ".join(words)


async def refused(decoder: IsolatedDecoder, data: bytes) -> str | None:
    """The code with which a file is refused; None where it is answered."""
    try:
        await decoder.decode(data, EVERYTHING)
    except MediaError as error:
        return error.code
    return None


async def test_mutants_are_answered_or_refused_and_never_bring_a_process_down(files: list[bytes]) -> None:
    dice = random.Random(20)
    codes: Counter[str | None] = Counter()
    async with IsolatedDecoder(timeout_s=100.0) as decoder:
        for _ in range(MUTANTS):
            mutant = dice.choice((flip, cut, shuffle))(dice.choice(files), dice)
            codes[await refused(decoder, mutant)] += 1
    assert not codes.keys() - ALLOWED - {None}  # neither media_timeout nor decoder_crashed
    assert codes[None] > MUTANTS / 2


def _cyclic_pages(pdf: pikepdf.Pdf) -> None:
    pdf.Root.Pages.Kids = pikepdf.Array([pdf.Root.Pages])


def _cyclic_form(pdf: pikepdf.Pdf) -> None:
    form = pdf.make_stream(b"/X Do /X Do", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form, BBox=[0, 0, 9, 9])
    form.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(X=form))
    pdf.pages[0].Resources.XObject = pikepdf.Dictionary(X=form)
    pdf.pages[0].contents_add(b"/X Do")


def _giant_count(pdf: pikepdf.Pdf) -> None:
    pdf.Root.Pages.Count = 2_000_000_000


def _giant_image(pdf: pikepdf.Pdf) -> None:
    image = pdf.make_stream(b"0", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, BitsPerComponent=8)
    image.Width, image.Height, image.ColorSpace = 60_000, 60_000, pikepdf.Name.DeviceRGB
    pdf.pages[0].Resources.XObject = pikepdf.Dictionary(I=image)
    pdf.pages[0].contents_add(b"q 500 0 0 500 0 0 cm /I Do Q")


def _deep_arrays(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].contents_add(b"[" * 50_000)


def _many_operations(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].contents_add(b"0 0 m 9 9 l S " * 61_000)


def _flate_bomb(pdf: pikepdf.Pdf) -> None:
    bomb = pikepdf.Stream(pdf, zlib.compress(b"q " * 40_000_000, 9))
    bomb.Filter = pikepdf.Name.FlateDecode
    pdf.pages[0].Contents = pdf.make_indirect(bomb)


@pytest.mark.parametrize(
    "change",
    [_cyclic_pages, _cyclic_form, _giant_count, _giant_image, _deep_arrays, _many_operations],
)
async def test_built_traps_end_in_bounded_time(change: Callable[[pikepdf.Pdf], None]) -> None:
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(paper())) as pdf:
        change(pdf)
        pdf.save(target)
    async with IsolatedDecoder(timeout_s=20.0) as decoder:
        assert await refused(decoder, target.getvalue()) in ALLOWED | {None, "media_timeout"}
        assert (await decoder.decode(paper(), EVERYTHING)).frames  # and the next file is none the worse


async def test_a_bomb_fails_its_own_call_only() -> None:
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(paper())) as pdf:
        _flate_bomb(pdf)
        pdf.save(target, compress_streams=False)
    async with IsolatedDecoder(timeout_s=25.0, memory_mb=512) as decoder:
        assert await refused(decoder, target.getvalue()) in ALLOWED | {None, "media_timeout"}
        assert (await decoder.decode(paper(), EVERYTHING)).frames


def test_scripts_never_run_and_what_they_would_draw_is_not_drawn() -> None:
    def script(pdf: pikepdf.Pdf) -> None:
        code = "this.getField('name').value = 'changed by a script'"
        pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String(code))

    target = io.BytesIO()
    data = paper(
        lambda canvas: canvas.acroForm.textfield(name="name", value="as it was", x=72, y=400, width=200, height=20)
    )
    with pikepdf.open(io.BytesIO(data)) as pdf:
        script(pdf)
        pdf.save(target)
    decoded = decode_media(target.getvalue(), EVERYTHING, Limits())
    texts = [span["text"] for span in decoded.facts["pdf_text"]["pages"][0]["spans"]]
    assert "as it was" in texts
    assert not any("script" in text for text in texts)
