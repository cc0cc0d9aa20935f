from decimal import Decimal

import pytest

from pipelines.document.extraction.amounts import find_amounts


@pytest.mark.parametrize(
    ("text", "value", "currency"),
    [
        ("$4.11", "4.11", "USD"),
        ("\u20ac 1.234,56", "1234.56", "EUR"),
        ("1,234.50 EUR", "1234.50", "EUR"),
        ("1 234,56 z\u0142", "1234.56", "PLN"),
        ("CHF 1'234.50", "1234.50", "CHF"),
        ("RM54.50", "54.50", "MYR"),
        ("Rs 1939", "1939", "INR"),
        ("\u20ac -9,32", "-9.32", "EUR"),
        ("(12.50)", "-12.50", None),
        ("12.50-", "-12.50", None),
        ("TOTAL54.50", "54.50", None),
    ],
)
def test_an_amount_is_read_in_any_locale(text: str, value: str, currency: str | None) -> None:
    (found,) = find_amounts(text)
    assert (found.value, found.currency) == (Decimal(value), currency)


@pytest.mark.parametrize("text", ["15,00%", "12/03/2018", "INV2023", "10:30", "123456789012", "15,4'' screen"])
def test_other_numbers_are_no_amounts(text: str) -> None:
    assert find_amounts(text) == []


def test_a_quantity_and_a_price_beside_it_are_two() -> None:
    assert [str(one.value) for one in find_amounts("2 100.00")] == ["2", "100.00"]


def test_gaps_that_ocr_leaves_are_closed_and_the_place_is_still_right() -> None:
    text = "TOTAL 54 .50"
    (found,) = find_amounts(text, ocr=True)
    assert found.value == Decimal("54.50")
    assert text[found.start : found.end] == "54 .50"
    assert all(one.value != Decimal("54.50") for one in find_amounts(text))


def test_money_is_told_from_any_number() -> None:
    money, number = find_amounts("5.39 and 7")
    assert money.quality > 0.9 > number.quality
