"""Arithmetic over the text facts of real PDFs."""

from reportlab.pdfgen.canvas import Canvas

from pipelines.document.pdf_arithmetic import judge_arithmetic
from pipelines.media import pdf_text
from pipelines.media.frames import Limits
from pipelines.media.sniff import PDF
from tests.unit.pipelines.media.papers import paper

LINES = (("Work", 125000), ("Travel", 31040), ("Subtotal", 156040), ("VAT 19%", 29648), ("Total", 185688))


def invoice(**changed: int) -> bytes:
    """An invoice, with some amounts (cents) changed."""

    def draw(canvas: Canvas) -> None:
        for row, (name, cents) in enumerate(LINES):
            canvas.drawString(72, 500 - 20 * row, name)
            canvas.drawRightString(400, 500 - 20 * row, f"{changed.get(name, cents) / 100:,.2f}")

    return paper(draw)


def test_an_invoice_that_adds_up_raises_nothing() -> None:
    assert judge_arithmetic(pdf_text.read(invoice(), PDF, Limits()).values["pages"]) == []


def test_a_total_that_was_changed_in_the_same_font_is_told_once_with_its_place() -> None:
    (entry,) = judge_arithmetic(pdf_text.read(invoice(Total=785688), PDF, Limits()).values["pages"])
    assert (entry["page"], entry["text"], entry["found"], entry["expected"]) == (1, "7,856.88", 7856.88, 1856.88)
    assert entry["box"][0] > 300
