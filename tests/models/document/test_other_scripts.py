# ruff: noqa: RUF001 - the test is about these letters
"""Pages in scripts that the text networks do not know. Tests that read need Debian's tesseract and its data."""

import numpy as np
import pytest

from models.document import tesseract
from models.document.ocr import PaddleOcr
from pipelines.document.page_reading import foreign, read_page
from pipelines.local import LocalModels
from tests.models.document.pages import LETTER, page

RUSSIAN = [
    "Счёт на оплату номер 47",
    "от двенадцатого марта 2026",
    "Поставщик Северный Ветер",
    "Покупатель завод Прогресс",
    "Итого к оплате 1 234,50 руб",
    "Спасибо за ваш заказ",
]


@pytest.fixture(scope="module")
def russian() -> np.ndarray:
    return page([(text, 60, 40 + 80 * row) for row, text in enumerate(RUSSIAN)], size=34)


@pytest.fixture(scope="module")
def ocr() -> PaddleOcr:
    loaded = PaddleOcr()
    loaded.load()
    return loaded


def test_a_page_in_an_unknown_script_is_noticed_and_a_latin_one_is_not(ocr: PaddleOcr, russian: np.ndarray) -> None:
    cyrillic, latin = ocr.predict([russian, page(LETTER)])
    assert cyrillic.unread >= 4
    assert foreign(cyrillic)
    assert latin.unread == 0
    assert not foreign(latin)


async def test_cyrillic_is_read_where_tesseract_has_its_data(russian: np.ndarray) -> None:
    if not {"rus", "osd"} <= tesseract.installed():
        pytest.skip("needs the Debian packages tesseract-ocr and tesseract-ocr-rus")
    read = await read_page(russian, LocalModels())
    assert (read.script, read.fault) == ("Cyrillic", None)
    assert sum(word in " ".join(span.text for span in read.spans) for word in " ".join(RUSSIAN).split()) >= 18


async def test_without_tesseract_the_page_says_that_its_script_is_not_supported(
    russian: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    read = await read_page(russian, LocalModels())
    assert (read.fault, read.detail) == ("script_not_supported", "tesseract_missing")


async def test_a_latin_page_never_asks_another_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    read = await read_page(page(LETTER), LocalModels())
    assert (read.script, read.fault) == ("Latin", None)
    assert [span.text for span in read.spans] == [text for text, _, _ in LETTER]


async def test_an_empty_page_is_empty_and_no_fault() -> None:
    read = await read_page(np.full((400, 600, 3), 255, np.uint8), LocalModels())
    assert (read.spans, read.fault) == ([], None)
