import pytest

from pipelines.document.extraction.candidates import Readers
from pipelines.document.extraction.dates import find_dates, order_of
from pipelines.document.extraction.layout import Sheet
from pipelines.document.extraction.periods import find_periods
from tests.unit.pipelines.document.extraction.pages import page


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("August 3 , 2014", "2014-08-03"),
        ("7. Mai 2014", "2014-05-07"),
        ("19 april 2014", "2014-04-19"),
        ("6 de marzo de 2020", "2020-03-06"),
        ("1er janvier 2021", "2021-01-01"),
        ("5 grudnia 2023", "2023-12-05"),
        ("14/JUN/2017", "2017-06-14"),
        ("15 JUN 18", "2018-06-15"),
        ("2018-03-05", "2018-03-05"),
        ("3. 12. 2023", "2023-12-03"),
        ("25/12/201814:30", "2018-12-25"),
        ("03/20/2023", "2023-03-20"),
    ],
)
def test_a_date_is_read_in_any_language(text: str, iso: str) -> None:
    (found,) = find_dates(text)
    assert str(found.value) == iso


@pytest.mark.parametrize("text", ["1.234,56", "10:30:15", "192.168.1.1", "Tel 03-7731 8169", "2.50 3.50"])
def test_other_numbers_are_no_dates(text: str) -> None:
    assert find_dates(text) == []


@pytest.mark.parametrize(
    ("order", "iso"), [("DMY", "2018-04-03"), ("MDY", "2018-03-04"), ("YMD", "2003-04-18"), ("YDM", None)]
)
def test_the_order_decides_what_figures_alone_do_not(order: str, iso: str | None) -> None:
    (found,) = find_dates("03/04/18", order)
    assert str(found.value) == iso if iso else found.order != order


def test_what_is_no_date_in_any_order_is_told_and_not_guessed() -> None:
    (found,) = find_dates("99/99/2018")
    assert found.value is None


def test_ocr_may_take_one_for_l() -> None:
    assert str(find_dates("l2/O3/2018", ocr=True)[0].value) == "2018-03-12"


def test_a_document_that_writes_the_month_first_does_so_throughout() -> None:
    sheet = Sheet(page("03/20/2023\n03/01/2023"))
    readers = Readers(sheet, "DMY")
    values = [value.value for cell in sheet.cells() for value in readers.dates(cell, 0, len(cell.text))]
    assert readers.order == "MDY"
    assert values == ["2023-03-20", "2023-03-01"]


def test_the_given_order_stands_where_nothing_contradicts_it() -> None:
    assert order_of(find_dates("03/04/2023"), "MDY") == "MDY"


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("01/03/2024 - 31/03/2024", "2024-03-01", "2024-03-31"),
        ("March 2024", "2024-03-01", "2024-03-31"),
        ("02/2024", "2024-02-01", "2024-02-29"),
        ("Q1 2024", "2024-01-01", "2024-03-31"),
        ("4. Quartal 2023", "2023-10-01", "2023-12-31"),
        ("grudzie\u0144 2023", "2023-12-01", "2023-12-31"),
    ],
)
def test_a_period_is_read_with_both_its_ends(text: str, first: str, last: str) -> None:
    (found,) = find_periods(text)
    assert (str(found.first), str(found.last)) == (first, last)
