import numpy as np
import pytest

from models.document.ocr import PaddleOcr
from models.document.text_recognition import batches, cut_line
from pipelines.document.reading_order import spans_of
from tests.models.document.pages import LETTER, page


@pytest.fixture(scope="module")
def ocr() -> PaddleOcr:
    loaded = PaddleOcr()
    loaded.load()
    return loaded


def test_a_clean_page_is_read_in_order_and_rows(ocr: PaddleOcr) -> None:
    spans = spans_of(ocr.predict([page(LETTER)])[0])
    assert [span.text for span in spans] == [text for text, _, _ in LETTER]
    assert [span.row for span in spans] == [0, 1, 2, 3, 4, 4, 5]
    assert min(span.confidence for span in spans) > 0.9


def test_boxes_lie_on_the_text(ocr: PaddleOcr) -> None:
    (line,) = ocr.predict([page([("Utopia", 300, 200)], size=40)])[0]
    left, top, right, bottom = line.box
    # The ink reaches from 302 to 430 and from 209 to 244; a box holds it and no more than a little air.
    assert 275 < left < 302 < 430 < right < 456
    assert 180 < top < 209 < 244 < bottom < 270


def test_text_at_the_very_edge_is_not_lost(ocr: PaddleOcr) -> None:
    drawn = page([("Margin left 4711", 0, 60), ("Last line 0815", 0, 166)], width=400, height=200)
    assert [line.text for line in ocr.predict([drawn])[0]] == ["Margin left 4711", "Last line 0815"]


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_turned_text_is_read_and_its_quad_begins_where_the_text_does(ocr: PaddleOcr, turns: int) -> None:
    turned = np.ascontiguousarray(np.rot90(page([("Invoice number 2026", 100, 100)], width=600, height=300), turns))
    (line,) = ocr.predict([turned])[0]
    assert line.text == "Invoice number 2026"
    along = line.quad[1] - line.quad[0]
    expected = {1: (0, -1), 2: (-1, 0), 3: (0, 1)}[turns]
    assert np.dot(along / np.linalg.norm(along), expected) > 0.99


def test_letters_with_accents_are_read(ocr: PaddleOcr) -> None:
    (line,) = ocr.predict([page([("Müller Château Łódź", 40, 120)])])[0]
    assert line.text == "Müller Château Łódź"


@pytest.mark.parametrize("shape", [(1, 1, 3), (600, 3, 3), (400, 400, 3)])
def test_a_picture_without_text_has_none(ocr: PaddleOcr, shape: tuple[int, int, int]) -> None:
    assert ocr.predict([np.full(shape, 200, np.uint8)]) == [[]]


def test_lines_agree_with_rapidocrs_own_pipeline(ocr: PaddleOcr) -> None:
    from rapidocr import RapidOCR

    params = {"Det.limit_type": "max", "Det.limit_side_len": 960, "Global.log_level": "critical"}
    drawn = page(LETTER)
    theirs = RapidOCR(params={**params, "EngineConfig.onnxruntime.intra_op_num_threads": 1})(drawn[..., ::-1])
    ours = ocr.predict([drawn])[0]
    assert {line.text for line in ours} == set(theirs.txts)
    boxes = {text: np.asarray(box) for text, box in zip(theirs.txts, theirs.boxes, strict=True)}
    assert max(float(np.abs(line.quad - boxes[line.text]).max()) for line in ours) < 6


def test_lines_of_like_width_share_a_run_and_padding_stays_small() -> None:
    widths = [100, 104, 2000, 96, 640, 630]
    groups = batches(widths)
    assert sorted(index for members, _ in groups for index in members) == list(range(len(widths)))
    for members, width in groups:
        assert all(0.85 * width - 16 <= max(widths[index], 64) <= width for index in members)


def test_a_cut_line_is_forty_eight_pixels_high_whatever_its_size() -> None:
    image = page([("Utopia", 20, 20)], width=400, height=200)
    for high in (10, 48, 150):
        quad = np.array([[0, 0], [4 * high, 0], [4 * high, high], [0, high]], np.float32)
        assert cut_line(image, quad).shape == (48, 192, 3)
