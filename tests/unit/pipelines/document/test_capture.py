"""Looking at a photograph of documents, with painted ones."""

import numpy as np
import pytest

from models.document.orientation import PageTurn
from models.document.text_line import TextLine
from pipelines.document.capture import captures, observe_capture, quarters_up
from tests.unit.pipelines.document.documents import CYAN, MAGENTA, PaintedDocuments, decoded, photo, sheet


async def test_a_document_is_found_flat_upright_and_scored() -> None:
    seen = await observe_capture(photo(sheet()), PaintedDocuments(), {})
    assert seen.error is None
    assert seen.oriented
    assert seen.scores == {"screen": 0.9, "print": 0.8}
    assert seen.document is not None
    assert seen.document.shape[1] / seen.document.shape[0] == pytest.approx(1.586, abs=0.03)
    left, top, right, bottom = seen.portrait
    assert tuple(seen.document[int(top + bottom) // 2, int(left + right) // 2]) == MAGENTA
    assert seen.bare().document is None


@pytest.mark.parametrize("quarters", [1, 2, 3])
async def test_the_portrait_tells_which_way_is_up(quarters: int) -> None:
    lying = np.ascontiguousarray(np.rot90(sheet(), quarters))
    seen = await observe_capture(photo(lying), PaintedDocuments(), {})
    assert seen.document is not None
    assert seen.document.shape[1] > seen.document.shape[0]
    assert seen.portrait is not None
    assert seen.portrait[2] < seen.document.shape[1] / 2
    # The first corner is the document's own top left.
    own = {1: (60, 40 + 317), 2: (60 + 317, 40 + 200), 3: (60 + 200, 40)}[quarters]
    assert seen.corners is not None
    assert np.allclose(seen.corners[0], own, atol=3)


async def test_corners_are_pixels_of_the_original_where_the_picture_was_reduced() -> None:
    image = photo(sheet()).frames[0].pixels
    seen = await observe_capture(decoded(image, scale=2.0), PaintedDocuments(), {})
    assert (seen.width, seen.height) == (1600, 1200)
    assert seen.corners is not None
    assert np.allclose(seen.corners[0], (120, 80), atol=4)


async def test_an_empty_picture_has_no_document_and_asks_for_no_scores() -> None:
    models = PaintedDocuments()
    seen = await observe_capture(photo(), models, {})
    assert seen.error == "DOCUMENT_NOT_FOUND"
    assert seen.scores == {"screen": None, "print": None}
    assert models.asked == ["document/detector"]


async def test_two_documents_are_too_many_for_one_side_but_both_can_be_had() -> None:
    two = photo(sheet(), sheet(portrait=False), height=900)
    seen = await observe_capture(two, PaintedDocuments(), {})
    assert seen.error == "TOO_MANY_DOCUMENTS"
    assert "MULTIPLE_DOCUMENTS_IN_FRAME" in seen.warnings
    both = await captures(two.frames[0].pixels, PaintedDocuments(), recapture=False)
    assert [one.face is not None for one in both] in ([True, False], [False, True])
    assert both[0].scores == {"screen": None, "print": None}


async def test_a_crumb_beside_a_document_is_no_second_one() -> None:
    crumb = np.full((40, 60, 3), CYAN, np.uint8)
    assert (await observe_capture(photo(sheet(), crumb), PaintedDocuments(), {})).error is None


@pytest.mark.parametrize(("side", "error"), [("front", "DOCUMENT_PHOTO_NOT_FOUND"), ("back", None)])
async def test_only_a_front_needs_a_portrait(side: str, error: str | None) -> None:
    seen = await observe_capture(photo(sheet(portrait=False)), PaintedDocuments(), {"side": side})
    assert seen.error == error
    assert not seen.oriented


async def test_a_flat_scan_that_fills_the_frame_is_marked_and_complete() -> None:
    seen = await observe_capture(decoded(sheet()), PaintedDocuments(), {})
    assert seen.placement is not None
    assert seen.placement.flush
    assert seen.error == "DOCUMENT_TOO_CLOSE_TO_CAMERA"
    assert seen.face is not None
    assert "DOCUMENT_BORDERS_OUTSIDE_OF_FRAME" not in seen.warnings


async def test_a_back_is_turned_by_its_text_where_that_is_sure() -> None:
    models, back = PaintedDocuments(), photo(sheet(portrait=False))
    lying = await observe_capture(back, models, {"side": "back"})
    models.page = PageTurn(180, 0.9)
    turned = await observe_capture(back, models, {"side": "back"})
    assert not turned.oriented  # a caller that reads the text knows better
    assert lying.corners is not None
    assert turned.corners is not None
    assert np.allclose(turned.corners[0], lying.corners[2])


async def test_text_tells_which_way_is_up_where_there_is_no_portrait() -> None:
    flat = np.array([[0, 0], [90, 2], [90, 12], [0, 10]], np.float32)
    upside_down = TextLine("SURNAME", flat[[2, 3, 0, 1]], 0.9)
    assert quarters_up([TextLine("SURNAME", flat, 0.9)]) == 0
    assert quarters_up([upside_down]) == 2
    assert quarters_up([]) == 0
    seen = await observe_capture(photo(sheet(portrait=False)), PaintedDocuments(), {"side": "back"})
    turned = seen.turn(quarters_up([upside_down]))
    assert turned.oriented
    assert seen.corners is not None
    assert turned.corners is not None
    assert np.allclose(turned.corners[0], seen.corners[2])
    assert turned.turn(2).to_document == pytest.approx(seen.to_document)
