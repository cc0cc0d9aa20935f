"""The ways in which people tamper with PDFs, done to ordinary ones with the tools that people use."""

import io
import random
import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pikepdf
import pymupdf
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from PIL import Image, ImageDraw, ImageFont
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers

_AMOUNT = re.compile(r"^-?\d[\d,]*\.\d\d$")
_DEJAVU = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"


@dataclass(frozen=True, slots=True)
class Base:
    """An untouched file, and another one by the same producer for what is taken from elsewhere."""

    data: bytes
    other: bytes


class Unfit(Exception):
    """The base does not have what this way of tampering needs, such as an amount that can be found."""


def amount_on(document: pymupdf.Document) -> tuple[pymupdf.Page, pymupdf.Rect, str, float]:
    """The last amount that stands alone in a word: its page, box, text and size. It is most often a total."""
    for page in reversed(list(document)):
        words = [word for word in page.get_text("words") if _AMOUNT.match(word[4])]
        if words:
            left, top, right, bottom, text, *_ = words[-1]
            return page, pymupdf.Rect(left, top, right, bottom), text, (bottom - top) / 1.3
    raise Unfit("no amount")


def raised(text: str) -> str:
    """The amount with its leading digit changed, as long as before."""
    at = re.search(r"\d", text)
    return text[: at.start()] + str((int(at[0]) + 4) % 9 + 1) + text[at.end() :] if at else text


def _saved(document: pymupdf.Document) -> bytes:
    return bytes(document.tobytes(garbage=3, deflate=True))


def _appended(data: bytes, change: Callable[[pymupdf.Document], None]) -> bytes:
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch) / "paper.pdf"
        place.write_bytes(data)
        document = pymupdf.open(place)
        change(document)
        document.saveIncr()
        return place.read_bytes()


def _opened(data: bytes) -> pymupdf.Document:
    return pymupdf.open(stream=data, filetype="pdf")


def _white_over(document: pymupdf.Document, fill: tuple[float, float, float] = (1, 1, 1)) -> None:
    page, box, text, size = amount_on(document)
    page.draw_rect(box, color=None, fill=fill, overlay=True)
    page.insert_text((box.x0, box.y1 - 0.25 * box.height), raised(text), fontsize=size, fontname="helv")


def incremental(base: Base) -> bytes:
    """A new amount over a white box, appended to the file as most editors save."""
    return _appended(base.data, _white_over)


def overlay(base: Base) -> bytes:
    """The same, in a file written anew."""
    document = _opened(base.data)
    _white_over(document)
    return _saved(document)


def redaction(base: Base) -> bytes:
    """An amount taken out for good, and a black box in its place."""
    document = _opened(base.data)
    page, box, *_ = amount_on(document)
    page.add_redact_annot(box, fill=(0, 0, 0))
    page.apply_redactions()
    return _saved(document)


def replaced_text(base: Base) -> bytes:
    """An amount taken out for good, and a new one written in its place."""
    document = _opened(base.data)
    page, box, text, size = amount_on(document)
    page.add_redact_annot(box, text=raised(text), fontname="helv", fontsize=size, fill=(1, 1, 1))
    page.apply_redactions()
    return _saved(document)


def false_redaction(base: Base) -> bytes:
    """A black box over text that is still there."""
    document = _opened(base.data)
    page, box, *_ = amount_on(document)
    page.draw_rect(box, color=None, fill=(0, 0, 0), overlay=True)
    return _saved(document)


def annotation(base: Base) -> bytes:
    """A free text note without a frame over an amount."""
    document = _opened(base.data)
    page, box, text, size = amount_on(document)
    page.add_freetext_annot(box, raised(text), fontsize=size, fill_color=(1, 1, 1))
    return _saved(document)


def image_overlay(base: Base) -> bytes:
    """A picture of another amount laid over the text."""
    document = _opened(base.data)
    page, box, text, _ = amount_on(document)
    picture = Image.new("RGB", (int(box.width * 6), int(box.height * 6)), "white")
    ImageDraw.Draw(picture).text((0, 6), raised(text), "black", ImageFont.truetype(_DEJAVU, int(box.height * 4)))
    target = io.BytesIO()
    picture.save(target, "PNG")
    page.insert_image(box, stream=target.getvalue())
    return _saved(document)


def same_font(base: Base) -> bytes:
    """A digit of an amount changed in the page's own drawing, where the font holds that digit."""
    with pikepdf.open(io.BytesIO(base.data)) as pdf:
        document = _opened(base.data)
        page, _, text, _ = amount_on(document)
        contents = pdf.pages[page.number]
        contents.contents_coalesce()
        stream = contents.obj["/Contents"]
        drawn = stream.read_bytes()
        plain = text.encode()
        if drawn.count(b"(" + plain + b")") < 1:
            raise Unfit("the amount is not drawn as one plain string")
        at = drawn.rindex(b"(" + plain + b")")
        stream.write(drawn[: at + 1] + raised(text).encode() + drawn[at + 1 + len(plain) :])
        target = io.BytesIO()
        pdf.save(target)
    if raised(text) not in _opened(target.getvalue())[page.number].get_text():
        raise Unfit("the font lacks the digit")
    return target.getvalue()


def other_font(base: Base) -> bytes:
    """A digit within an amount taken out, and one of another font put in."""
    document = _opened(base.data)
    page, _, text, size = amount_on(document)
    spans = page.get_text("rawdict")["blocks"]
    chars = [c for block in spans for line in block.get("lines", ()) for span in line["spans"] for c in span["chars"]]
    joined = "".join(char["c"] for char in chars)
    at = joined.rfind(text)
    if at < 0 or len(joined) != len(chars):
        raise Unfit("the amount's characters lie apart")
    digit = next(char for char in chars[at:] if char["c"].isdigit())
    page.add_redact_annot(pymupdf.Rect(digit["bbox"]) + pymupdf.Rect(0.4, 0.4, -0.4, -0.4), fill=False)
    page.apply_redactions()
    new = str((int(digit["c"]) + 4) % 9 + 1)
    page.insert_text(digit["origin"], new, fontsize=size, fontname="tiro")
    return _saved(document)


def invisible_text(base: Base) -> bytes:
    """Words for machines only: rendering mode 3, on a page of ordinary text."""
    document = _opened(base.data)
    document[0].insert_text((90, 90), "salary 99,000.00 approved", render_mode=3)
    return _saved(document)


def white_text(base: Base) -> bytes:
    """The same in white."""
    document = _opened(base.data)
    document[0].insert_text(
        (90, document[0].rect.height - 20), "salary 99,000.00 approved", color=(1, 1, 1), fontsize=6
    )
    return _saved(document)


def after_signature(base: Base) -> bytes:
    """A signed file, and an amount changed in a later version."""
    return _appended(signed(base.data), _white_over)


def within_signature(base: Base) -> bytes:
    """A byte of the signed part changed, the length kept."""
    data = bytearray(signed(base.data))
    at = data.index(b"endobj", 200)
    spare = next(place for place in range(at, len(data)) if data[place : place + 2] in (b"/T", b"/R", b"/M"))
    data[spare + 1] ^= 0x20
    return bytes(data)


def javascript(base: Base) -> bytes:
    """A script that runs when the file is opened."""
    with pikepdf.open(io.BytesIO(base.data)) as pdf:
        action = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert('paid')"))
        pdf.Root.OpenAction = pdf.make_indirect(action)
        return _pike(pdf)


def attachment(base: Base) -> bytes:
    """Another file attached."""
    document = _opened(base.data)
    document.embfile_add("terms.html", b"<script>1</script>", filename="terms.html")
    return _saved(document)


def page_replaced(base: Base) -> bytes:
    """A page of another document of the same producer put in place of the last one, or behind it."""
    with pikepdf.open(io.BytesIO(base.data)) as pdf, pikepdf.open(io.BytesIO(base.other)) as other:
        if len(pdf.pages) > 2:
            del pdf.pages[-1]
        pdf.pages.append(other.pages[-1])
        return _pike(pdf)


def page_of_another_producer(base: Base) -> bytes:
    """A page made with another program put in place of the last one, or behind it."""
    document = pymupdf.open()
    document.new_page(width=595, height=842).insert_text(
        (72, 72), "Addendum: the amount above is 9,900.00", fontsize=11
    )
    return page_replaced(Base(base.data, _saved(document)))


def dates_changed(base: Base) -> bytes:
    """A creation date of years ago."""
    with pikepdf.open(io.BytesIO(base.data)) as pdf:
        pdf.docinfo["/CreationDate"] = "D:20150104101500+01'00'"
        pdf.docinfo["/ModDate"] = datetime.now(UTC).strftime("D:%Y%m%d%H%M%S")
        return _pike(pdf)


def editor_named(base: Base) -> bytes:
    """Saved by an editor that names itself."""
    with pikepdf.open(io.BytesIO(base.data)) as pdf:
        pdf.docinfo["/Producer"] = random.Random(len(base.data)).choice(
            ("Sejda 3.2.85 (www.sejda.com)", "iLovePDF", "PDFescape Online - https://www.pdfescape.com", "DocHub")
        )
        return _pike(pdf)


def metadata_stripped(base: Base) -> bytes:
    """All metadata taken out."""
    with pikepdf.open(io.BytesIO(base.data)) as pdf:
        del pdf.docinfo
        if "/Metadata" in pdf.Root:
            del pdf.Root.Metadata
        return _pike(pdf)


def trailing(base: Base) -> bytes:
    """Another file behind the end."""
    return base.data + b"PK\x03\x04" + bytes(range(200)) * 4


def _pike(pdf: pikepdf.Pdf) -> bytes:
    target = io.BytesIO()
    pdf.save(target)
    return target.getvalue()


@cache
def _signer() -> signers.SimpleSigner:
    """A signer of our own, whom nobody knows."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Test Signer")])
    use = x509.KeyUsage(True, True, False, False, False, False, False, False, False)
    certificate = (
        x509.CertificateBuilder(
            name, name, key.public_key(), 1, datetime(2024, 1, 1, tzinfo=UTC), datetime(2035, 1, 1, tzinfo=UTC)
        )
        .add_extension(use, True)
        .sign(key, hashes.SHA256())
    )
    secret = serialization.BestAvailableEncryption(b"test")
    packed = serialization.pkcs12.serialize_key_and_certificates(b"test", key, certificate, None, secret)
    signer = signers.SimpleSigner.load_pkcs12_data(packed, other_certs=[], passphrase=b"test")
    assert signer is not None
    return signer


def signed(data: bytes) -> bytes:
    """The file with a valid signature of an unknown signer."""
    writer = IncrementalPdfFileWriter(io.BytesIO(data), strict=False)
    out = signers.sign_pdf(writer, signers.PdfSignatureMetadata(field_name="Signature"), signer=_signer())
    return bytes(out.getvalue())


KINDS: Mapping[str, tuple[Callable[[Base], bytes], frozenset[str]]] = {
    "incremental save": (incremental, frozenset({"multiple_versions"})),
    "white box and new text": (overlay, frozenset({"invisible_overlay", "hidden_text"})),
    "image over text": (image_overlay, frozenset({"invisible_overlay", "hidden_text"})),
    "annotation over text": (annotation, frozenset({"annotations_present"})),
    "true redaction": (redaction, frozenset({"redacted_content"})),
    "false redaction": (false_redaction, frozenset({"hidden_text"})),
    "text replaced": (
        replaced_text,
        frozenset({"invisible_overlay", "font_inconsistency", "arithmetic_inconsistency"}),
    ),
    "digit in another font": (other_font, frozenset({"font_inconsistency"})),
    "digit in the same font": (same_font, frozenset({"arithmetic_inconsistency"})),
    "invisible text": (invisible_text, frozenset({"hidden_text"})),
    "white text": (white_text, frozenset({"hidden_text"})),
    "edit after signing": (after_signature, frozenset({"signature_partial_coverage"})),
    "signed bytes changed": (within_signature, frozenset({"invalid_signature"})),
    "script added": (javascript, frozenset({"javascript_present"})),
    "file attached": (attachment, frozenset({"embedded_files_present"})),
    "page replaced": (page_replaced, frozenset({"mixed_sources"})),
    "page of another producer": (page_of_another_producer, frozenset({"mixed_sources"})),
    "dates changed": (dates_changed, frozenset({"dates_mismatch"})),
    "saved by a named editor": (editor_named, frozenset({"suspicious_software"})),
    "metadata stripped": (metadata_stripped, frozenset({"metadata_stripped"})),
    "data appended": (trailing, frozenset({"trailing_data"})),
}
"""Kind -> how it is done, and the flags of which at least one must tell of it."""
