from datetime import date

import pytest

from pipelines.document.mrz.check_digits import check_digit
from pipelines.document.mrz.fields import birth_date, check_digits, document_number, expiry_date, fields_of
from pipelines.document.mrz.formats import FRA_ID, MRVA, MRVB, TD1, TD2, TD3, Format

TODAY = date(2026, 6, 1)
PASSPORT = ("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10")
CARD = ("I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<")
CARD_2 = ("I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6")
VISA_A = ("V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L8988901C4XXX4009078F96121096ZE184226B<<<<<<")
VISA_B = ("V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "L8988901C4XXX4009078F9612109<<<<<<<<")
FRENCH = ("IDFRABERTHIER<<<<<<<<<<<<<<<<<<<<<<<", "8806923102858CORINNE<<<<<<<6512068F6")


@pytest.mark.parametrize(
    ("form", "lines"),
    [(TD3, PASSPORT), (TD1, CARD), (TD2, CARD_2), (MRVA, VISA_A), (MRVB, VISA_B), (FRA_ID, FRENCH)],
)
def test_every_check_digit_of_the_published_specimens_is_right(form: Format, lines: tuple[str, ...]) -> None:
    assert all(len(line) == form.length for line in lines)
    digits = check_digits(form, lines)
    assert digits
    assert all(digits.values())


def test_a_changed_digit_is_wrong_in_its_field_and_in_the_composite() -> None:
    digits = check_digits(TD3, (PASSPORT[0], PASSPORT[1].replace("740812", "740813")))
    assert digits == {
        "document_number": True,
        "birth_date": False,
        "expiry_date": True,
        "optional_data": True,
        "composite": False,
    }


def test_fields_of_the_passport_specimen() -> None:
    assert fields_of(TD3, PASSPORT, TODAY) == {
        "surname": "ERIKSSON",
        "given_names": "ANNA MARIA",
        "document_number": "L898902C3",
        "personal_number": "ZE184226B",
        "issuing_country": "UTO",
        "nationality": "UTO",
        "sex": "F",
        "birth_date": "1974-08-12",
        "expiry_date": "2012-04-15",
    }


def test_fields_of_the_french_card_stand_elsewhere() -> None:
    fields = fields_of(FRA_ID, FRENCH, TODAY)
    assert (fields["surname"], fields["given_names"]) == ("BERTHIER", "CORINNE")
    assert (fields["document_number"], fields["birth_date"], fields["sex"]) == ("880692310285", "1965-12-06", "F")


def test_a_long_document_number_goes_on_in_the_optional_data() -> None:
    number = "D23145890734"
    upper = f"I<UTO{number[:9]}<{number[9:]}{check_digit(number)}".ljust(30, "<")
    lines = (upper, CARD[1], CARD[2])
    assert document_number(TD1, lines) == number
    assert check_digits(TD1, lines)["document_number"]
    assert "personal_number" not in fields_of(TD1, lines, TODAY)


def test_german_documents_have_a_code_of_one_letter() -> None:
    assert fields_of(TD3, (PASSPORT[0].replace("UTO", "D<<"), PASSPORT[1]), TODAY)["issuing_country"] == "DEU"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("740812", "1974-08-12"),
        ("260601", "2026-06-01"),
        ("260602", "1926-06-02"),
        ("010229", None),
        ("7408<<", "1974-08"),
        ("74<<<<", "1974"),
        ("741399", None),
        ("<<<<<<", None),
    ],
)
def test_a_birth_is_in_the_latest_century_that_is_not_ahead(text: str, expected: str | None) -> None:
    assert birth_date(text, TODAY) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("300101", "2030-01-01"),
        ("170101", "2017-01-01"),
        ("760101", "2076-01-01"),
        ("120415", "2012-04-15"),
        ("991231", "1999-12-31"),
    ],
)
def test_an_expiry_lies_from_ten_years_ago_to_fifty_ahead_or_as_near_as_can_be(text: str, expected: str) -> None:
    assert expiry_date(text, TODAY) == expected


def test_an_unstated_sex_is_x() -> None:
    assert fields_of(TD3, (PASSPORT[0], PASSPORT[1].replace("2F12", "2<12")), TODAY)["sex"] == "X"
