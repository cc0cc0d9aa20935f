"""Documents to spans, as the service reads them, with OCR kept between runs: it is most of the time."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from models.document.text_line import TextLine
from models.predictor import Predictor
from models.registry import create
from pipelines.document.page_text import embedded_page, text_request
from pipelines.document.reading_order import spans_of
from pipelines.document.text import Span
from pipelines.media.decode import decode_media
from pipelines.media.frames import Limits


class Reading:
    """Own text of PDFs, and OCR of images and PDFs; OCR results are kept in a folder by the sha256 of the file."""

    def __init__(self, keep: Path) -> None:
        self.keep = keep
        keep.mkdir(parents=True, exist_ok=True)
        self._ocr: Predictor[Any, Any] | None = None

    def embedded(self, data: bytes) -> list[Span]:
        """The visible own text of a PDF."""
        decoded = decode_media(data, replace(text_request(), frames=0), Limits())
        pages = [embedded_page(facts) for facts in decoded.facts["pdf_text"]["pages"]]
        return [span for page in pages for span, why in zip(page.embedded, page.hidden, strict=True) if why is None]

    def read(self, data: bytes) -> list[Span]:
        """The OCR of an image, or of a PDF's first page."""
        kept = self.keep / f"{hashlib.sha256(data).hexdigest()}.json"
        if not kept.exists():
            decoded = decode_media(data, replace(text_request(pages=1), facts=frozenset()), Limits())
            if self._ocr is None:
                self._ocr = create("document/ocr", threads=1)
                self._ocr.load()
            (lines,) = self._ocr.predict([decoded.frames[0].pixels])
            kept.write_text(json.dumps([[line.text, line.quad.tolist(), line.confidence] for line in lines]))
        found = json.loads(kept.read_text())
        return spans_of([TextLine(text, np.array(quad, np.float32), sure) for text, quad, sure in found])
