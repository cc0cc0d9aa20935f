"""Red flags of PDFs, each on a file that deserves it, and none of them on one that does not."""

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pikepdf
import pymupdf
import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from benchmarks.pdf_forensics.tampering import signed
from pipelines.media.decoder import IsolatedDecoder
from pipelines.media.forensics.findings import Findings
from pipelines.media.forensics.pdf import read_pdf
from pipelines.media.frames import DecodeRequest, Limits
from pipelines.media.sniff import PDF
from tests.unit.pipelines.media.papers import LEFT, ROWS, STEP, TOP, box_of, edited, paper, picture


def findings(data: bytes) -> Findings:
    """What the reader finds; nothing may go unread."""
    found = Findings()
    read_pdf(found, data, PDF, Limits())
    assert "unread" not in found.signals["pdf"]
    return found


def flags(data: bytes) -> dict[str, Any]:
    """Flag -> value."""
    return {name: flag["value"] for name, flag in findings(data).flags.items()}


def rewritten(data: bytes, change: Callable[[pikepdf.Pdf], None], **options: Any) -> bytes:
    """The file after a change with qpdf."""
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        change(pdf)
        pdf.save(target, **options)
    return target.getvalue()


def dated(created: datetime, modified: datetime) -> bytes:
    """A paper with two dates."""

    def change(pdf: pikepdf.Pdf) -> None:
        pdf.docinfo["/CreationDate"] = created.strftime("D:%Y%m%d%H%M%S+00'00'")
        pdf.docinfo["/ModDate"] = modified.strftime("D:%Y%m%d%H%M%S+00'00'")

    return rewritten(paper(), change)


@pytest.mark.parametrize(
    "options", [{}, {"linearize": True}, {"object_stream_mode": pikepdf.ObjectStreamMode.generate}]
)
def test_an_ordinary_file_raises_no_flag(options: dict[str, Any]) -> None:
    data = rewritten(paper(pages=3), lambda pdf: None, **options)
    found = findings(data)
    assert found.flags == {}
    assert found.details["linearized"] is ("linearize" in options)
    assert {name: found.details[name] for name in ("pages", "versions", "signed", "encrypted", "has_javascript")} == {
        "pages": 3,
        "versions": 1,
        "signed": False,
        "encrypted": False,
        "has_javascript": False,
    }
    assert found.details["producer"].startswith("ReportLab")


def test_an_incremental_save_tells_what_it_changed() -> None:
    def change(document: pymupdf.Document) -> None:
        document[0].insert_text((300, 300), "added later")
        document.set_metadata(document.metadata | {"author": "Somebody"})

    found = findings(edited(paper(), change, incremental=True))
    assert found.flags["multiple_versions"]["value"] == 2
    (revision,) = found.signals["pdf"]["revisions"]
    assert (revision["revision"], revision["kind"]) == (2, "content")
    assert [line["text"] for line in revision["pages"][0]["text_added"]] == ["added later"]
    assert revision["metadata"]["author"][1] == "Somebody"


def test_what_a_revision_took_away_is_told_too() -> None:
    def change(document: pymupdf.Document) -> None:
        document[0].add_redact_annot(document[0].search_for("310.40")[0])
        document[0].apply_redactions()

    (revision,) = findings(edited(paper(), change, incremental=True)).signals["pdf"]["revisions"]
    assert [line["text"] for line in revision["pages"][0]["text_removed"]] == ["Travel 310.40"]


def test_a_second_cross_reference_without_objects_is_no_version() -> None:
    data = paper()
    start = data.rindex(b"startxref")
    previous = int(data[start:].split()[1])
    trailer = data[data.rindex(b"trailer") : start].replace(b">>", b"/Prev %d >>" % previous)
    hybrid = data + b"\nxref\n0 0\n" + trailer + b"startxref\n%d\n%%%%EOF\n" % (len(data) + 1)
    assert "multiple_versions" not in flags(hybrid)


def test_a_pdf_inside_a_pdf_is_no_version_of_it() -> None:
    def attach(pdf: pikepdf.Pdf) -> None:
        pdf.Root.Inner = pdf.make_stream(paper())  # stored as it is

    data = rewritten(paper(), attach, compress_streams=False)
    assert data.count(b"%%EOF") == 2
    assert "multiple_versions" not in flags(data)


def test_a_new_amount_over_a_white_box_is_an_overlay() -> None:
    def change(document: pymupdf.Document) -> None:
        box = document[0].search_for("1,250.00")[0]
        document[0].draw_rect(box, color=None, fill=(1, 1, 1))
        document[0].insert_text((box.x0, box.y1 - 4), "9,250.00", fontsize=12)

    found = flags(edited(paper(), change))
    (overlay,) = found["invisible_overlay"]
    assert (overlay["page"], overlay["covers"], overlay["shows"]) == (1, "1,250.00", "9,250.00")
    assert found["hidden_text"][0]["text"] == "1,250.00"


def test_an_image_over_text_is_an_overlay() -> None:
    left, bottom, width, height = box_of(2)
    data = paper(lambda canvas: canvas.drawImage(picture((255, 255, 255)), left, bottom, width, height))
    assert flags(data)["invisible_overlay"][0]["kind"] == "image"


def test_a_black_box_over_text_hides_it_but_is_no_disguise() -> None:
    def cover(canvas: Canvas) -> None:
        canvas.rect(*box_of(1), fill=1)

    found = flags(paper(cover))
    assert found["hidden_text"][0]["text"] == ROWS[1]
    assert "invisible_overlay" not in found


def test_text_that_was_blacked_out_for_good_leaves_a_box_in_its_row() -> None:
    def change(document: pymupdf.Document) -> None:
        document[0].add_redact_annot(document[0].search_for("310.40")[0], fill=(0, 0, 0))
        document[0].apply_redactions()

    found = flags(edited(paper(), change))
    assert "redacted_content" in found
    assert "hidden_text" not in found


def test_a_scan_with_its_recognised_text_is_ordinary() -> None:
    scan = pymupdf.open(stream=paper(), filetype="pdf")[0].get_pixmap(dpi=100)
    document = pymupdf.open()
    page = document.new_page(width=595, height=842)
    page.insert_image(page.rect, pixmap=scan)
    for row, text in enumerate(ROWS):
        page.insert_text((LEFT, 842 - TOP + STEP * row), text, fontsize=12, render_mode=3)
    document.set_metadata({"producer": "a scanner"})
    assert flags(document.tobytes()) == {}


def test_invisible_text_beside_what_a_scan_shows_is_hidden() -> None:
    document = pymupdf.open()
    page = document.new_page(width=595, height=842)
    page.insert_image(page.rect, stream=_png(np.full((200, 150, 3), 255, np.uint8)))
    page.insert_text((LEFT, 400), "approved for payment", render_mode=3)
    assert flags(document.tobytes())["hidden_text"][0]["reason"] == "invisible"


def test_a_digit_of_another_font_within_a_number_is_found() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawString(LEFT, 500, "Fee 1,")
        start = LEFT + canvas.stringWidth("Fee 1,")
        canvas.setFont("Times-Roman", 12)
        canvas.drawString(start, 500, "9")
        start += canvas.stringWidth("9")
        canvas.setFont("Helvetica", 12)
        canvas.drawString(start, 500, "50.00")

    (entry,) = flags(paper(draw))["font_inconsistency"]
    assert (entry["text"], entry["differs"]) == ("1,950.00", ["font"])


def test_powers_and_footnotes_are_no_font_breaks() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawString(LEFT, 500, "about 1500")
        canvas.setFont("Helvetica", 7)
        canvas.drawString(LEFT + 62, 505, "12")

    assert "font_inconsistency" not in flags(paper(draw))


def test_annotations_scripts_and_attachments_are_present_or_not() -> None:
    def change(document: pymupdf.Document) -> None:
        document[0].add_freetext_annot((300, 300, 400, 330), "look here")
        document.embfile_add("data.csv", b"1,2", filename="data.csv")

    def script(pdf: pikepdf.Pdf) -> None:
        pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert(1)"))

    found = flags(rewritten(edited(paper(), change), script, object_stream_mode=pikepdf.ObjectStreamMode.generate))
    assert [(entry["type"], entry["text"]) for entry in found["annotations_present"]] == [("FreeText", "look here")]
    assert found["embedded_files_present"] == ["data.csv"]
    assert len(found["javascript_present"]) == 1


def test_links_and_form_fields_are_no_annotations() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.linkURL("https://example.com", (LEFT, 300, 200, 320))
        canvas.acroForm.textfield(name="name", x=LEFT, y=400, width=100, height=20)

    assert "annotations_present" not in flags(paper(draw))


def test_a_signature_of_an_unknown_signer_is_not_invalid() -> None:
    found = findings(signed(paper()))
    assert found.flags == {}
    assert found.details["signed"] is True
    (signature,) = found.signals["pdf"]["signatures"]
    assert (signature["intact"], signature["valid"], signature["trusted"]) == (True, True, False)


async def test_signatures_are_checked_in_a_confined_process_too() -> None:
    request = DecodeRequest(frames=0, kinds=frozenset({"pdf"}), facts=frozenset({"forensics"}))
    async with IsolatedDecoder() as decoder:
        facts = (await decoder.decode(SIGNED, request)).facts["forensics"]
    assert "unread" not in facts["signals"]["pdf"]
    assert facts["signals"]["pdf"]["signatures"][0]["valid"] is True


def test_an_edit_after_signing_says_what_was_changed() -> None:
    def change(document: pymupdf.Document) -> None:
        document[0].insert_text((300, 300), "not signed")

    value = flags(edited(signed(paper()), change, incremental=True))["signature_partial_coverage"]
    assert value["signatures"][0]["changes"] == "OTHER"
    assert value["changed"][0]["pages"][0]["text_added"][0]["text"] == "not signed"


def test_a_changed_byte_of_the_signed_part_makes_the_signature_invalid() -> None:
    data = bytearray(signed(paper()))
    data[data.index(b"ReportLab") + 2] ^= 1
    assert "invalid_signature" in flags(bytes(data))


SIGNED = signed(paper())
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.mark.parametrize(
    ("created", "modified", "flagged"),
    [
        (NOW - timedelta(days=9), NOW - timedelta(days=9) + timedelta(minutes=3), False),
        (NOW - timedelta(days=9), NOW - timedelta(days=2), True),
        (NOW - timedelta(days=2), NOW - timedelta(days=9), True),
        (NOW + timedelta(days=9), NOW + timedelta(days=9), True),
    ],
)
def test_dates_must_fit_each_other(created: datetime, modified: datetime, flagged: bool) -> None:
    assert ("dates_mismatch" in flags(dated(created, modified))) is flagged


@pytest.mark.parametrize(
    ("creator", "producer", "flagged"),
    [
        ("Writer", "LibreOffice 24.2", False),
        ("Writer", "GPL Ghostscript 10.0", False),
        ("Draw", "LibreOffice 24.2", True),
        ("Writer", "PDFsharp 1.50", True),
        ("Microsoft® Word 2019", "Microsoft® Word 2019", False),
        ("Adobe Photoshop 25.1", "Adobe PDF library 17", True),
        ("", "iLovePDF", True),
    ],
)
def test_software_that_edits_or_does_not_fit_is_named(creator: str, producer: str, flagged: bool) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        pdf.docinfo["/Creator"], pdf.docinfo["/Producer"] = creator, producer

    assert ("suspicious_software" in flags(rewritten(paper(), change))) is flagged


def test_a_file_without_any_metadata_was_stripped() -> None:
    def strip(pdf: pikepdf.Pdf) -> None:
        del pdf.docinfo

    assert flags(rewritten(paper(), strip)) == {"metadata_stripped": True}


def test_bytes_behind_the_end_are_found_but_padding_is_not() -> None:
    assert flags(paper() + b"\0\r\n" * 50) == {}
    assert flags(paper() + b"A" * 300)["trailing_data"] == {"after": 300, "before": 0}


def test_broken_cross_references_are_a_corrupted_file() -> None:
    data = paper()
    at = data.rindex(b"xref\n0")
    assert "corrupted_file" in flags(data[:at] + b"xxxx" + data[at + 4 :])


def test_a_page_put_in_from_another_file_is_noticed() -> None:
    def other(canvas: Canvas) -> None:
        canvas.drawString(LEFT, 300, "another file of the same program")

    def insert(pdf: pikepdf.Pdf) -> None:
        with pikepdf.open(io.BytesIO(paper(other))) as source:
            pdf.pages[1] = source.pages[0]

    assert flags(rewritten(paper(pages=3), insert)) == {"mixed_sources": {"pages": [2]}}


def test_flags_about_places_come_with_a_picture_of_the_page() -> None:
    found = Findings()
    pictures = read_pdf(found, paper(lambda canvas: canvas.rect(*box_of(1), fill=1)), PDF, Limits())
    assert [artifact.name for artifact in pictures] == ["heatmap-hidden_text.png"]
    pixels = np.asarray(Image.open(io.BytesIO(pictures[0].data)))
    assert ((pixels[..., 0] > 200) & (pixels[..., 1] < 30)).sum() > 100


def _png(pixels: np.ndarray) -> bytes:
    target = io.BytesIO()
    Image.fromarray(pixels).save(target, "PNG")
    return target.getvalue()
