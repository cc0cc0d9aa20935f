"""Zones drawn in OCR-B, read by the real networks from whole pictures."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import ImageFont

from models.document.mrz_lattice import Lattice
from models.document.mrz_reader import MrzReader, prepare_line
from models.document.mrz_text_reader import MrzTextReader
from pipelines.document.mrz import read_mrz
from pipelines.local import LocalModels
from tests.models.document.pages import page

OCR_B = Path("/usr/share/fonts/opentype/ocr-b/OCRB.otf")
pytestmark = pytest.mark.skipif(not OCR_B.is_file(), reason="needs the Debian package fonts-ocr-b")

PASSPORT = ("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10")
CARD = ("I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<")
VISA = ("V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "L8988901C4XXX4009078F9612109<<<<<<<<")


@pytest.fixture(scope="module")
def models() -> LocalModels:
    return LocalModels()


def document(lines: tuple[str, ...]) -> np.ndarray:
    """A page with a heading and the zone at its foot."""
    size = 34
    width = round(80 + ImageFont.truetype(str(OCR_B), size).getlength(lines[0]))
    drawn = page([("UTOPIA PASSPORT", 60, 40)], width=width, height=520)
    zone = page([(line, 40, 20 + 44 * row) for row, line in enumerate(lines)], width, 40 + 44 * len(lines), size, OCR_B)
    drawn = drawn.copy()
    drawn[-zone.shape[0] :] = zone
    return np.asarray(np.where(drawn > 128, 225, 40), np.uint8)


def blurred(image: np.ndarray) -> np.ndarray:
    small = cv2.resize(image, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(small, (0, 0), 1.0)
    return cv2.imdecode(cv2.imencode(".jpg", soft, [cv2.IMWRITE_JPEG_QUALITY, 50])[1], cv2.IMREAD_COLOR)


def tilted(image: np.ndarray) -> np.ndarray:
    height, width = image.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 7, 0.85)
    return cv2.warpAffine(image, turn, (width, height), borderValue=(90, 110, 120))


@pytest.mark.parametrize("lines", [PASSPORT, CARD, VISA])
async def test_a_clean_zone_is_read_exactly_and_surely(models: LocalModels, lines: tuple[str, ...]) -> None:
    found = await read_mrz(document(lines), models)
    assert found is not None
    assert (found.lines, found.valid, found.certain) == (lines, True, True)
    assert found.fields["surname"] == "ERIKSSON"


@pytest.mark.parametrize("spoil", [blurred, tilted])
async def test_a_spoiled_zone_is_read_exactly(models: LocalModels, spoil: Callable[[np.ndarray], np.ndarray]) -> None:
    found = await read_mrz(spoil(document(PASSPORT)), models)
    assert found is not None
    assert found.lines == PASSPORT


@pytest.mark.parametrize("turns", [1, 2, 3])
async def test_a_picture_may_lie_in_any_of_four_ways(models: LocalModels, turns: int) -> None:
    found = await read_mrz(np.ascontiguousarray(np.rot90(document(CARD), turns)), models)
    assert found is not None
    assert found.lines == CARD


async def test_a_wrong_check_digit_is_reported_and_not_repaired(models: LocalModels) -> None:
    forged = (PASSPORT[0], PASSPORT[1].replace("740812", "840812"))
    found = await read_mrz(document(forged), models)
    assert found is not None
    assert (found.lines, found.valid) == (forged, False)
    assert found.check_digits["birth_date"] is False


async def test_a_page_without_a_zone_has_none(models: LocalModels) -> None:
    assert await read_mrz(page([("Invoice number 2026-0417", 40, 40), ("Total 1,234.50", 40, 120)]), models) is None


def test_both_readers_see_the_line_and_lines_of_one_batch_do_not_disturb_each_other() -> None:
    font = ImageFont.truetype(str(OCR_B), 34)
    lines = (*PASSPORT, CARD[1])
    crops = [page([(line, 10, 6)], round(20 + font.getlength(line)), 48, 34, OCR_B) for line in lines]
    own, text = MrzReader(), MrzTextReader()
    own.load()
    text.load()
    prepared = [prepare_line(crop, len(line)) for crop, line in zip(crops, lines, strict=True)]
    together: list[Lattice] = own.predict(prepared)
    assert [lattice.greedy()[0] for lattice in together] == list(lines)
    assert np.allclose(together[0].probabilities, own.predict(prepared[:1])[0].probabilities, atol=1e-4)
    for lattice in text.predict(crops):
        assert lattice.probabilities.sum(axis=1) == pytest.approx(1, abs=1e-4)


@pytest.mark.shared_data
def test_lines_cut_from_photographs_are_read_as_well_as_the_card_says(shared_data: Path) -> None:
    from models.training.mrz_reader.train import published

    rows = published(shared_data, "dev")[::6]
    reader = MrzReader()
    reader.load()
    crops = [prepare_line(np.asarray(cv2.imread(str(file)))[..., ::-1], len(text)) for file, text in rows]
    right = sum(lattice.greedy()[0] == text for lattice, (_, text) in zip(reader.predict(crops), rows, strict=True))
    assert right / len(rows) > 0.4
