"""Data extraction with the real OCR, from generated documents drawn as a scanner would."""

import numpy as np
import pytest

from benchmarks.documents.samples import UNSEEN, sample
from pipelines.context import Context
from pipelines.document.data_extraction import extract_data
from pipelines.local import LocalModels, LocalWorkers
from pipelines.media.decode import decode_media
from pipelines.media.decoder import IsolatedDecoder
from pipelines.media.encode import jpeg
from pipelines.media.frames import DecodeRequest, Limits
from pipelines.report import Report, Status, Verdict


async def judged(data: bytes) -> Report:
    async with IsolatedDecoder() as decoder:
        return await extract_data(Context({"file": data}, LocalWorkers(decoder, LocalModels())))


def scanned(pdf: bytes, quarters: int = 0) -> bytes:
    """The first page as a scanner would deliver it, turned clockwise by so many quarters."""
    decoded = decode_media(pdf, DecodeRequest(frames=1, dpi=150, kinds=frozenset({"pdf"})), Limits())
    return jpeg(np.ascontiguousarray(np.rot90(decoded.frames[0].pixels, -quarters)))


@pytest.mark.parametrize("language", ["de", "fr"])
async def test_a_scanned_invoice_is_read_to_the_cent(language: str) -> None:
    made = sample("Invoice", language, UNSEEN + 77)
    report = await judged(scanned(made.pdf))
    fields = report.data["extracted_data"]
    read = {name: fields[name]["value"] for name in ("invoice_number", "issue_date", "total", "tax", "iban")}
    assert read == {name: made.truth[name] for name in read}
    assert report.data["document_type"] == "Invoice"
    assert report.verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("quarters", [1, 2, 3])
async def test_a_page_that_lies_on_its_side_or_stands_on_its_head_is_read_like_an_upright_one(quarters: int) -> None:
    made = sample("Invoice", "fr", UNSEEN + 77)
    report = await judged(scanned(made.pdf, quarters))
    fields = report.data["extracted_data"]
    read = {name: fields[name]["value"] for name in ("invoice_number", "issue_date", "total", "tax", "iban")}
    assert read == {name: made.truth[name] for name in read}
    assert report.check("text_read").evidence["turned"] == {"1": 90 * quarters}


async def test_own_text_and_pixels_of_an_honest_pdf_agree() -> None:
    made = sample("Payslip", "en", UNSEEN + 78)
    report = await judged(made.pdf)
    overlapping = report.check("overlapping_text")
    assert overlapping is not None
    assert overlapping.status is Status.PASSED
    assert {span["source"] for span in report.data["ocr"]} == {"embedded", "ocr"}
    assert report.data["extracted_data"]["net"]["value"] == made.truth["net"]
