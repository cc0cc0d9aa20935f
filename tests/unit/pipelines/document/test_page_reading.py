from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from models.document.tesseract import OtherScript
from models.document.text_line import PageLines, TextLine
from pipelines.document.page_reading import foreign, read_page

IMAGE = np.zeros((100, 100, 3), np.uint8)
QUAD = np.array([[0, 0], [90, 0], [90, 10], [0, 10]], np.float32)


def line(text: str, confidence: float = 0.95) -> TextLine:
    return TextLine(text, QUAD, confidence)


class Readers:
    """What the networks read, and what tesseract would."""

    def __init__(self, lines: PageLines, other: OtherScript | None = None) -> None:
        self.lines, self.other = lines, other

    async def predict(self, name: str, batch: Sequence[Any]) -> list[Any]:
        if name == "document/ocr":
            return [self.lines]
        assert self.other is not None, "nobody should have asked for another script"
        return [self.other]


async def test_a_page_that_was_read_asks_no_further_reader() -> None:
    read = await read_page(IMAGE, Readers(PageLines([line("Invoice"), line("Total")], unread=1)))
    assert (read.script, read.fault) == ("Latin", None)


async def test_another_script_is_read_where_its_data_is_installed() -> None:
    other = OtherScript(
        "Cyrillic", (line("\u0421\u0447\u0451\u0442 \u043d\u043e\u043c\u0435\u0440"),), "read", ("rus",)
    )
    read = await read_page(IMAGE, Readers(PageLines([line("47")], unread=5), other))
    assert [span.text for span in read.spans] == [other.lines[0].text]
    assert (read.script, read.fault) == ("Cyrillic", None)


@pytest.mark.parametrize("outcome", ["tesseract_missing", "language_missing", "script_unknown"])
async def test_what_nobody_can_read_is_said_and_what_little_came_out_is_kept(outcome: str) -> None:
    read = await read_page(IMAGE, Readers(PageLines([line("47")], unread=5), OtherScript("Thai", (), outcome)))
    assert (read.fault, read.detail, read.script) == ("script_not_supported", outcome, "Thai")
    assert [span.text for span in read.spans] == ["47"]


async def test_a_poor_latin_page_is_a_latin_page() -> None:
    poor = PageLines([line("lnv0ice", 0.6), line("T0tal", 0.6), line("x", 0.6)])
    read = await read_page(IMAGE, Readers(poor, OtherScript("Latin", (), "script_unknown")))
    assert (read.script, read.fault) == ("Latin", None)


def test_few_regions_say_nothing_about_the_script() -> None:
    assert not foreign(PageLines([line("A", 0.5)], unread=1))
    assert not foreign(PageLines())
    assert foreign(PageLines([], unread=3))
