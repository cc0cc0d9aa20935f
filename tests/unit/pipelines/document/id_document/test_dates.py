"""Printed dates."""

from datetime import date

import pytest

from pipelines.document.id_document.dates import readings

TODAY = date(2026, 6, 1)


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("14.08.1994", "1994-08-14"),
        ("12 AUG/AOÛT 74", "1974-08-12"),
        ("12 AUGUST/AOUT 74", "1974-08-12"),
        ("05FEB1965", "1965-02-05"),
        ("30 MAR / MAR 1972", "1972-03-30"),
        ("2004-12-31", "2004-12-31"),
        ("08/31/2020", "2020-08-31"),
        ("04. 07. 2012", "2012-07-04"),
        ("13 LIP/JUL 2016", "2016-07-13"),
        ("01062018", "2018-06-01"),
        ("24.10.1972 3KV88GH", "1972-10-24"),
    ],
)
def test_a_printed_date_is_read(text: str, iso: str) -> None:
    assert readings(text, past=True, today=TODAY)[0].isoformat() == iso


def test_where_day_and_month_may_be_either_both_are_kept_in_the_issuers_order() -> None:
    first = readings("03/04/1990", past=True, today=TODAY)
    assert [day.isoformat() for day in first] == ["1990-04-03", "1990-03-04"]
    assert readings("03/04/1990", past=True, today=TODAY, month_first=True) == first[::-1]


def test_a_birth_does_not_lie_ahead_and_an_expiry_may() -> None:
    assert readings("15 APR 32", past=True, today=TODAY) == [date(1932, 4, 15)]
    assert readings("15 APR 32", past=False, today=TODAY) == [date(2032, 4, 15)]
    assert readings("15 APR 12", past=False, today=TODAY) == [date(2012, 4, 15)]


@pytest.mark.parametrize("text", ["", "hello", "99.99.9999", "30.02.2001", "12345", "P<UTO" + "9" * 4000])
def test_what_is_no_date_is_none(text: str) -> None:
    assert readings(text, past=True, today=TODAY) == []
