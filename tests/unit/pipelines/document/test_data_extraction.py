import io
from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
import pytest
from reportlab.pdfgen.canvas import Canvas

from models.document.orientation import PageTurn
from models.document.text_line import TextLine
from pipelines.context import Context
from pipelines.document.data_extraction import extract_data
from pipelines.errors import MediaError
from pipelines.media.decode import decode_media
from pipelines.media.frames import DecodeRequest, Limits
from pipelines.report import Report, Status, Verdict
from pipelines.stages import STAGES
from tests.unit.pipelines.document.extraction.pages import page
from tests.unit.pipelines.document.extraction.test_invoice import RECEIPT


class Reader:
    """Reads the same lines in every picture, and counts the pictures."""

    def __init__(self, drawn: str = "") -> None:
        self.drawn, self.pictures = drawn, 0
        self.turn = PageTurn(0, 0.9)
        self.shapes: list[tuple[int, ...]] = []

    async def predict(self, name: str, batch: Sequence[Any]) -> list[Any]:
        if name == "document/orientation":
            return [self.turn for _ in batch]
        assert name == "document/ocr"
        self.shapes += [picture.shape for picture in batch]
        self.pictures += len(batch)
        return [[self._line(span.text, span.box) for span in page(self.drawn)] for _ in batch]

    def _line(self, text: str, box: tuple[float, float, float, float]) -> TextLine:
        left, top, right, bottom = box
        quad = np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float32)
        return TextLine(text, quad, 0.99)


class Workers:
    def __init__(self, models: Reader) -> None:
        self.models = models

    async def look(self, source: bytes, request: DecodeRequest, stage: str, options: Mapping[str, Any]) -> Any:
        return await STAGES[stage].run(decode_media(source, request, Limits()), self.models, options)


def pdf(*pages: str, picture: np.ndarray | None = None) -> bytes:
    """A PDF with one line of text for each line of a page, or nothing but a picture on it."""
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=(600, 800))
    for drawn in pages:
        for span in page(drawn):
            canvas.setFont("Courier", 10)
            canvas.drawString(span.box[0] + 20, 780 - span.box[1], span.text)
        if not drawn.strip():
            from PIL import Image
            from reportlab.lib.utils import ImageReader

            noise = Image.fromarray(np.full((80, 60, 3), 250, np.uint8))
            canvas.drawImage(ImageReader(noise), 0, 0, 600, 800)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def png(pixels: np.ndarray) -> bytes:
    """A picture's file."""
    return cv2.imencode(".png", pixels)[1].tobytes()


async def extracted(data: bytes, reader: Reader, **options: Any) -> Report:
    return await extract_data(Context({"file": data}, Workers(reader), options=options))


@pytest.mark.parametrize(("sure", "shape"), [(0.9, (60, 90, 3)), (0.4, (90, 60, 3))])
async def test_a_picture_that_stands_wrong_is_put_upright_before_it_is_read(
    sure: float, shape: tuple[int, ...]
) -> None:
    reader = Reader(RECEIPT)
    reader.turn = PageTurn(90, sure)
    report = await extracted(png(np.full((90, 60, 3), 250, np.uint8)), reader)
    assert reader.shapes == [shape]
    assert report.check("text_read").evidence["turned"] == ({"1": 90} if sure > 0.5 else {})
    assert report.data["extracted_data"]["total"]["value"] == 22.15


async def test_a_pdf_is_read_by_its_own_text_and_told_in_full() -> None:
    report = await extracted(pdf(RECEIPT), Reader(), keywords=["cash"])
    assert report.data["document_type"] == "Invoice"
    assert report.data["extracted_data"]["total"]["value"] == 22.15
    assert report.data["font_analysis"] == {"fonts": ["Courier"], "frequencies": [1.0]}
    assert report.data["keywords"][0]["found"]
    total = report.data["ocr"][report.data["extracted_data"]["total"]["ocr_index"]]
    assert total["source"] == "embedded"
    assert "22.15" in total["text"]
    assert [span["index"] for span in report.data["ocr"]] == list(range(len(report.data["ocr"])))


async def test_pages_without_text_are_read_by_ocr_however_late_they_come() -> None:
    reader = Reader(RECEIPT)
    report = await extracted(pdf(RECEIPT, "a second page of it", " "), reader)
    by_ocr = report.check("text_read")
    assert by_ocr is not None
    assert by_ocr.evidence["by_ocr"] == [3]
    assert report.data["extracted_data"]["total"]["value"] == 22.15


async def test_an_image_is_read_by_ocr_in_its_own_pixels() -> None:
    from tests.pictures import astronaut

    report = await extracted(astronaut(), Reader(RECEIPT))
    assert report.data["extracted_data"]["total"]["value"] == 22.15
    assert "font_analysis" not in report.data
    assert report.data["overlapping_text"] == []


async def test_own_text_that_the_pixels_contradict_is_not_believed() -> None:
    other = RECEIPT.translate(str.maketrans("aeiouAEIOU0123456789", "xxxxxXXXXX9999999999"))
    report = await extracted(pdf(other), Reader(RECEIPT))
    assert report.data["extracted_data"]["total"]["value"] == 22.15
    assert report.data["ocr"][report.data["extracted_data"]["total"]["ocr_index"]]["source"] == "ocr"
    assert report.data["overlapping_text"]


async def test_contradicting_figures_make_a_document_suspicious_and_agreeing_ones_prove_nothing() -> None:
    assert (await extracted(pdf(RECEIPT), Reader())).verdict is Verdict.INCONCLUSIVE
    lines = "Invoice\nInvoice number: A-1001\nSubtotal  100.00\nVAT  20.00\nTotal  120.00"
    assert (await extracted(pdf(lines), Reader())).verdict is Verdict.INCONCLUSIVE
    report = await extracted(pdf(lines.replace("120.00", "720.00")), Reader())
    assert report.verdict is Verdict.SUSPICIOUS
    arithmetic = report.check("arithmetic")
    assert arithmetic is not None
    assert arithmetic.status is Status.FAILED


async def test_images_of_a_pdf_come_only_when_asked_for() -> None:
    data = pdf(" ")
    assert (await extracted(data, Reader())).artifacts == ()
    asked = await extracted(data, Reader(), extract_images=True)
    assert [one.name for one in asked.artifacts] == ["extracted-1"]


async def test_an_unknown_date_order_is_refused() -> None:
    with pytest.raises(MediaError, match="date_order"):
        await extracted(pdf(RECEIPT), Reader(), date_order="MYD")
