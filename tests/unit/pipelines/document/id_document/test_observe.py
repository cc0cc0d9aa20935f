"""The one look at a document: what is asked of which model, and that no pixels leave the stage."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from models.document.anomaly import Anomaly
from models.document.barcodes import Barcode
from models.document.retouching import Retouching
from models.document.text_line import TextLine
from pipelines.document.id_document.observe import observe
from tests.unit.pipelines.document.documents import PaintedDocuments, decoded, photo, sheet
from tests.unit.pipelines.document.id_document.sides import passport_lines

PLAIN = Anomaly(score=0.9, strength=0.1, regions=(), heat=np.zeros((4, 4), np.float32))


class ReadDocuments(PaintedDocuments):
    """Reads a passport's print and a code off every document."""

    turned = False

    async def predict(self, name: str, batch: Sequence[Any]) -> list[Any]:
        answers = {
            "document/ocr": self.lines,
            "document/barcodes": lambda item: [Barcode("SPECIMEN", b"SPECIMEN", "QR Code", np.zeros((4, 2)))],
            "document/retouching": lambda item: Retouching(
                0.9, (0.8,) * len(item.fields), np.zeros((9, 9), np.float32)
            ),
            "document/ghosts": lambda item: PLAIN,
            "face/embedder": lambda item: np.eye(128, dtype=np.float32)[0],
        }
        if name not in answers:
            return await super().predict(name, batch)
        self.asked += [name] * bool(batch)
        return [answers[name](item) for item in batch]

    def lines(self, document: np.ndarray) -> list[TextLine]:
        if not self.turned or document.shape[0] < document.shape[1]:
            return list(passport_lines())
        down = np.array([(50, 10), (50, 90), (30, 90), (30, 10)], np.float32)
        return [TextLine("RUNS DOWN", down, 0.9)]


async def test_a_document_is_found_read_and_searched_for_traces() -> None:
    models = ReadDocuments()
    (seen,) = await observe(photo(sheet()), models, {})
    assert seen.found
    assert seen.capture.document is None
    assert seen.portrait is not None
    assert seen.barcodes == (("QR Code", "SPECIMEN"),)
    assert {name: trace.score for name, trace in seen.traces.items()} == {
        "portrait_substitution": 0.9, "font_consistency": 0.8, "jpeg_ghosts": 0.9,
        "ghost_portrait": None,
    }  # fmt: skip
    assert models.asked.count("face/detector") == 2, "the document's face is looked for once, then its ghost"
    assert models.asked.count("document/ocr") == 1


async def test_nothing_is_asked_about_forgery_where_it_is_skipped() -> None:
    models = ReadDocuments()
    (seen,) = await observe(photo(sheet()), models, {"skip_forgery": True})
    assert seen.traces == {}
    assert not {"document/retouching", "document/ghosts", "document/recapture"} & set(models.asked)


async def test_both_sides_may_lie_in_one_picture() -> None:
    seen = await observe(photo(sheet(), sheet(portrait=False)), ReadDocuments(), {"skip_forgery": True})
    assert sorted(side.portrait is not None for side in seen) == [False, True]
    assert [side.capture.error for side in seen] == [None, None]


async def test_a_picture_without_a_document_says_so() -> None:
    (seen,) = await observe(decoded(np.full((300, 400, 3), 255, np.uint8)), ReadDocuments(), {})
    assert (seen.found, seen.capture.error) == (False, "DOCUMENT_NOT_FOUND")


async def test_compression_is_not_judged_where_the_picture_was_reduced() -> None:
    models = ReadDocuments()
    (seen,) = await observe(decoded(photo(sheet()).frames[0].pixels, scale=2.0), models, {})
    assert seen.traces["jpeg_ghosts"].score is None
    assert seen.traces["jpeg_ghosts"].reason == "reduced_picture"
    assert "document/ghosts" not in models.asked
