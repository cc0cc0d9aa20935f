"""The text facts of PDFs, and which of it is hidden."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from pipelines.media import pdf_images, pdf_text
from pipelines.media.decoder import IsolatedDecoder
from pipelines.media.frames import DecodeRequest, Limits
from pipelines.media.sniff import PDF
from tests.unit.pipelines.media.papers import LEFT, PAGE, ROWS, STEP, TOP, box_of, edited, paper, picture


def spans(data: bytes) -> list[dict[str, Any]]:
    """Spans of the first page."""
    return list(pdf_text.read(data, PDF, Limits()).values["pages"][0]["spans"])


def hidden(data: bytes) -> dict[str, str]:
    """Text -> why it cannot be seen."""
    return {span["text"]: span["hidden"] for span in spans(data) if span["hidden"]}


async def test_text_comes_out_of_the_decoder_process_with_its_looks() -> None:
    request = DecodeRequest(frames=0, facts=frozenset({"pdf_text"}), kinds=frozenset({"pdf"}))
    async with IsolatedDecoder() as decoder:
        decoded = await decoder.decode(paper(pages=2), request)
    facts = decoded.facts["pdf_text"]
    assert (facts["page_count"], facts["complete"]) == (2, True)
    assert [span["text"] for span in facts["pages"][1]["spans"]] == list(ROWS)
    span = facts["pages"][0]["spans"][3]
    assert (span["font"], span["size"], span["color"], span["hidden"]) == ("Helvetica", 12.0, "#000000", None)
    baseline = PAGE - (TOP - 3 * STEP)
    left, top, right, bottom = span["box"]
    assert (left, right) == pytest.approx((LEFT, LEFT + stringWidth(ROWS[3], "Helvetica", 12)), abs=1)
    assert baseline - 14 < top < baseline - 9 < baseline < bottom < baseline + 4


def test_ordinary_text_is_not_hidden() -> None:
    def table(canvas: Canvas) -> None:
        canvas.setFillColorRGB(0.9, 0.9, 0.6)
        canvas.rect(*box_of(8), fill=1)  # a background, drawn before its text
        canvas.setFillColorRGB(0.55, 0.55, 0.55)
        canvas.drawString(LEFT, TOP - 8 * STEP, "grey on yellow")

    assert hidden(paper(table)) == {}


def _invisible(canvas: Canvas) -> None:
    text = canvas.beginText(300, 300)
    text.setTextRenderMode(3)
    text.textOut("secret")
    canvas.drawText(text)


def _written(**looks: Any) -> Callable[[Canvas], None]:
    def draw(canvas: Canvas) -> None:
        canvas.setFillColorRGB(*looks.get("color", (0, 0, 0)))
        canvas.setFillAlpha(looks.get("alpha", 1.0))
        canvas.setFont("Helvetica", looks.get("size", 12))
        canvas.drawString(looks.get("x", 300), 300, "secret")

    return draw


@pytest.mark.parametrize(
    ("draw", "reason"),
    [
        (_invisible, "invisible"),
        (_written(color=(1, 1, 1)), "same_color"),
        (_written(color=(0.995, 0.995, 0.995)), "same_color"),
        (_written(alpha=0.0), "transparent"),
        (_written(size=0.5), "tiny"),
        (_written(x=700), "outside"),
    ],
)
def test_hidden_text_says_why(draw: Callable[[Canvas], None], reason: str) -> None:
    assert hidden(paper(draw)) == {"secret": reason}


@pytest.mark.parametrize("shade", [(0, 0, 0), (1, 1, 1)])
def test_text_under_a_filled_box_is_covered(shade: tuple[float, float, float]) -> None:
    def cover(canvas: Canvas) -> None:
        canvas.setFillColorRGB(*shade)
        canvas.rect(*box_of(1), fill=1, stroke=0)

    assert hidden(paper(cover)) == {ROWS[1]: "covered"}


def test_text_that_was_written_over_a_white_box_is_seen_and_the_old_is_covered() -> None:
    def replace(canvas: Canvas) -> None:
        canvas.setFillColorRGB(1, 1, 1)
        canvas.rect(*box_of(1), fill=1, stroke=0)
        canvas.setFillColorRGB(0, 0, 0)
        canvas.drawString(LEFT, TOP - STEP, "Consulting 9,250.00")

    data = paper(replace)
    assert hidden(data) == {ROWS[1]: "covered"}
    assert "Consulting 9,250.00" in [span["text"] for span in spans(data) if span["hidden"] is None]


def test_text_under_an_image_is_covered() -> None:
    left, bottom, width, height = box_of(2)
    data = paper(lambda canvas: canvas.drawImage(picture((255, 255, 255)), left, bottom, width, height))
    assert hidden(data) == {ROWS[2]: "covered"}


def test_text_under_a_see_through_image_is_seen() -> None:
    left, bottom, width, height = box_of(2)
    stamp = ImageReader(Image.new("RGBA", (60, 40), (200, 0, 0, 40)))
    assert hidden(paper(lambda canvas: canvas.drawImage(stamp, left, bottom, width, height, mask="auto"))) == {}


def test_highlighted_text_is_seen() -> None:
    def highlight(document: Any) -> None:
        document[0].add_highlight_annot(document[0].search_for("Consulting 1,250.00"))

    assert hidden(edited(paper(), highlight)) == {}


def test_images_come_out_as_pixels_of_their_own() -> None:
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 255, (40, 60, 3), dtype=np.uint8))

    def draw(canvas: Canvas) -> None:
        canvas.drawImage(ImageReader(noise), 300, 300, 120, 80)
        canvas.drawImage(ImageReader(noise), 300, 500, 120, 80)

    facts = pdf_images.read(paper(draw), PDF, Limits())
    assert facts.values == {"images": [{"name": "extracted-1", "page": 1, "width": 60, "height": 40}], "left_out": 0}
    assert facts.attachments[0].mime == "image/png"
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(facts.attachments[0].data))), np.asarray(noise))
    assert [image["width"] for image in pdf_text.read(paper(draw), PDF, Limits()).values["pages"][0]["images"]] == [
        60,
        60,
    ]
