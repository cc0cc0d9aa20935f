"""PDFs and pictures through the Sensity-compatible API: data extraction and forensic analysis of real files."""

import base64
import io
import time
from functools import cache
from typing import Any

import httpx
import pymupdf
import pytest
from PIL import Image
from standardwebhooks import Webhook

from tests.fileserver import handing_out
from tests.pictures import astronaut
from tests.receiver import Received, receiving
from tests.running import Cluster, until_finished

pytestmark = [pytest.mark.cluster, pytest.mark.weights]
EXTRACTION, FORENSIC = "/tasks/data_extraction", "/tasks/forensic_analysis"
LINES = (
    "ACME Ltd, 1 Mill Lane, Port Allard",
    "Invoice",
    "Invoice number: INV-2024-0042",
    "Invoice date: 03/04/2024",
    "Bill to: Example Corp",
    "Description  Quantity  Unit price  Amount",
    "Consulting  2  50.00  100.00",
    "Subtotal 100.00 EUR",
    "VAT 20% 20.00 EUR",
    "Amount due 120.00 EUR",
)


@cache
def invoice() -> bytes:
    """A page of text with a picture on it."""
    with pymupdf.open() as document:
        page = document.new_page()
        for number, line in enumerate(LINES):
            page.insert_text((72, 100 + 30 * number), line, fontsize=12)
        page.insert_image(pymupdf.Rect(400, 72, 500, 172), stream=astronaut())
        return bytes(document.tobytes())


def submitted(client: httpx.Client, path: str, content: bytes | None, **fields: Any) -> dict[str, Any]:
    files = None if content is None else {"file": ("invoice.pdf", content)}
    created = client.post(path, files=files, data=fields)
    assert created.status_code == 200, created.text
    body = until_finished(client, f"{path}/{created.json()['report_id']}")
    assert body["status"] == "completed", body
    return body


def test_an_invoice_is_read_with_keywords_fonts_and_images(cluster: Cluster) -> None:
    with cluster.client() as client:
        fields = {"keywords": ["invoice number", "nowhere"], "is_extract_images": "true", "date_order": "MDY"}
        result = submitted(client, EXTRACTION, invoice(), **fields)["result"]
    assert result["document_type"] == "Invoice"
    assert [(one["keyword"], one["found"]) for one in result["keywords"]] == [
        ("invoice number", True),
        ("nowhere", False),
    ]
    assert [span["index"] for span in result["ocr"]] == list(range(len(result["ocr"])))
    assert result["font_analysis"]["fonts"] == ["Helvetica"]
    assert result["extracted_data"]["invoice_number"]["value"] == "INV-2024-0042"
    assert result["extracted_data"]["issue_date"]["value"] == "2024-03-04"
    (image,) = result["extracted_images"]
    assert Image.open(io.BytesIO(base64.b64decode(image))).size == Image.open(io.BytesIO(astronaut())).size


def test_a_webhook_with_pictures_is_what_a_poll_answers(cluster: Cluster) -> None:
    event = "forensic_analysis_complete"
    with receiving() as receiver, cluster.client() as client:
        secret = client.post(f"/webhooks/{event}", data={"url": receiver.url}).json()["secret"]
        answer = submitted(client, FORENSIC, invoice(), is_extract_images="true", additional_info="order 4711")
        delivered = arrived(receiver.received, answer["id"])
        client.delete(f"/webhooks/{event}")
    Webhook(secret).verify(delivered.body, delivered.headers)
    assert delivered.json == answer
    assert (answer["event_type"], answer["additional_info"]) == (event, "order 4711")
    result = answer["result"]
    assert len(result["extracted_images"]) == 1
    assert (result["document_details"]["file_type"], result["document_details"]["pages"]) == ("pdf", 1)
    assert set(result["red_flags"]) == set(result["trigger_values"])


def test_a_file_behind_a_url_is_examined_under_the_name_that_it_has_there(cluster: Cluster) -> None:
    with handing_out({"/scan.png": astronaut()}) as url, cluster.client() as client:
        result = submitted(client, FORENSIC, None, url=f"{url}/scan.png")["result"]
        created = client.post(FORENSIC, data={"url": f"{url}/gone.png"})
        gone = until_finished(client, f"{FORENSIC}/{created.json()['report_id']}")
        created = client.post(FORENSIC, data={"url": "https://www.youtube.com/watch?v=1"})
        social = until_finished(client, f"{FORENSIC}/{created.json()['report_id']}")
    assert result["document_details"]["file_name"] == "scan.png"
    assert "extension_mismatch" in result["red_flags"]
    assert "extracted_images" not in result
    assert (gone["status"], gone["error"]) == ("failed", "the url answered with status 404")
    assert (social["status"], social["error"]) == ("failed", "unsupported url source")


def arrived(received: list[Received], task: str) -> Received:
    for _ in range(200):
        for item in list(received):
            if item.json["id"] == task:
                return item
        time.sleep(0.1)
    raise AssertionError("no webhook came within 20 seconds")
