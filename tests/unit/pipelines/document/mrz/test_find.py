import numpy as np
import pytest

from models.document.text_line import TextLine
from pipelines.document.mrz.find import find_rows, looks_like_zone

UPPER, LOWER = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"


def line(text: str, left: float, top: float, right: float, height: float = 30, turn: float = 0.0) -> TextLine:
    quad = np.array([[left, top], [right, top], [right, top + height], [left, top + height]], np.float32)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]], np.float32)
    return TextLine(text, (quad @ rotation.T).astype(np.float32), 0.9)


@pytest.mark.parametrize(
    "text", [UPPER, LOWER, "7408122F1204159UTO<<<<6", "<<<<<<<", "P\u00abUTOERIKSSON\u00abANNA", "9>>>>>>>OLN"]
)
def test_lines_of_zones_and_parts_of_them_are_recognised(text: str) -> None:
    assert looks_like_zone(text)


@pytest.mark.parametrize(
    "text", ["Passport", "12.08.1974", "Given names / Pr\u00e9noms", "UTOPIA", "a < b and b < c, so a < c"]
)
def test_other_text_is_not(text: str) -> None:
    assert not looks_like_zone(text)


def test_the_rows_come_from_top_to_bottom_and_other_text_stays_out() -> None:
    rows = find_rows([line(LOWER, 50, 540, 950), line("ERIKSSON", 300, 100, 500), line(UPPER, 50, 500, 950)])
    assert [row.text for row in rows] == [UPPER, LOWER]


def test_fragments_of_a_row_are_joined_and_short_rows_drawn_out_to_the_longest() -> None:
    rows = find_rows([line(UPPER[:30], 50, 500, 660), line("<<<<<<<", 800, 502, 950), line(LOWER[:38], 50, 540, 830)])
    assert rows[0].text == UPPER[:30] + "<<<<<<<"
    assert rows[1].quad[1][0] == pytest.approx(950, abs=1)


def test_the_torn_off_beginning_of_a_row_is_found_though_it_says_little() -> None:
    rows = find_rows([line(UPPER, 50, 500, 950), line("L8989", 50, 541, 150), line(LOWER[5:], 160, 540, 950)])
    assert rows[1].text == LOWER[:4] + "9" + LOWER[5:]
    assert rows[1].quad[0][0] == 50


def test_a_tilted_zone_keeps_its_rows_apart() -> None:
    rows = find_rows([line(UPPER, 50, 500, 950, turn=0.12), line(LOWER, 50, 540, 950, turn=0.12)])
    assert [row.text for row in rows] == [UPPER, LOWER]


def test_rows_read_standing_on_their_head_are_turned() -> None:
    upside_down = TextLine(">>>>>>>>AIRAM>ANNA", line("", 50, 500, 950).quad, 0.8)
    (row,) = find_rows([upside_down])
    assert row.quad[0].tolist() == [950, 530]


def test_a_page_without_a_zone_has_no_rows() -> None:
    assert find_rows([line("Invoice 4711", 50, 50, 300), line("Total 12.00", 50, 90, 300)]) == []
