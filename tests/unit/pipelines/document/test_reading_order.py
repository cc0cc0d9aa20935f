import numpy as np
import pytest

from models.document.text_line import TextLine
from pipelines.document.reading_order import spans_of


def line(text: str, left: float, top: float, width: float = 100, height: float = 20, tilt: float = 0.0) -> TextLine:
    quad = np.array([[left, top], [left + width, top], [left + width, top + height], [left, top + height]], np.float32)
    turn = np.array([[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]], np.float32)
    return TextLine(text, quad @ turn.T, 0.9)


def rows(lines: list[TextLine]) -> list[list[str]]:
    spans = spans_of(lines)
    return [[span.text for span in spans if span.row == row] for row in range(1 + max(span.row for span in spans))]


def test_label_and_value_share_a_row_though_their_boxes_are_not_level() -> None:
    lines = [line("12.00", 400, 103), line("Total", 10, 100), line("Tax", 10, 130), line("2.00", 400, 127)]
    assert rows(lines) == [["Total", "12.00"], ["Tax", "2.00"]]


def test_rows_of_a_tilted_page_are_told_apart() -> None:
    lines = [
        line(f"{side}{row}", 10 + 700 * (side == "b"), 100 + 25 * row, tilt=0.06) for row in range(4) for side in "ba"
    ]
    assert rows(lines) == [[f"a{row}", f"b{row}"] for row in range(4)]


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_page_that_lies_on_its_side_or_head_is_read_as_its_text_runs(quarters: int) -> None:
    tilt = quarters * np.pi / 2 + 0.02
    lines = [line(f"{side}{row}", 10 + 400 * (side == "b"), 40 * row, tilt=tilt) for row in (2, 0, 1) for side in "ba"]
    assert [span.text for span in spans_of(lines)] == ["a0", "b0", "a1", "b1", "a2", "b2"]


def test_a_tall_heading_does_not_swallow_the_rows_beside_it() -> None:
    lines = [
        line("LOGO", 10, 100, height=70),
        line("Street 1", 300, 100),
        line("Town", 300, 125),
        line("Country", 300, 150),
    ]
    assert [span.text for span in spans_of(lines)].index("Street 1") < [s.text for s in spans_of(lines)].index("Town")
    assert not any({"Street 1", "Town"} <= set(row) for row in rows(lines))


def test_columns_of_prose_are_read_one_after_the_other() -> None:
    words = "a sentence of some thirty letters "
    lines = [
        line(f"{words}{side}{row}", 10 + 520 * side, 100 + 25 * row, width=480) for row in range(6) for side in (0, 1)
    ]
    read = [span.text[-2:] for span in spans_of([line("Heading over both columns of it", 10, 40, width=1000), *lines])]
    assert read == ["it", *(f"0{row}" for row in range(6)), *(f"1{row}" for row in range(6))]


def test_columns_of_a_table_are_read_row_by_row() -> None:
    lines = [line(f"cell {row}{side}", 10 + 520 * side, 100 + 25 * row) for side in (0, 1) for row in range(6)]
    assert [span.text[-2:] for span in spans_of(lines)] == [f"{row}{side}" for row in range(6) for side in (0, 1)]


def test_a_page_without_text_has_no_spans() -> None:
    assert spans_of([]) == []
