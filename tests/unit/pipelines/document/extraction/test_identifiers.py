import pytest

from pipelines.document.extraction.identifiers import find_company_numbers, find_ibans, find_numbers, find_vat_ids


def test_an_iban_is_cut_off_from_the_words_after_it() -> None:
    (found,) = find_ibans("IBAN DE30 5075 0094 0000 0485 67 BIC HELADEF1GEL")
    assert (found.value, found.valid) == ("DE30507500940000048567", True)


def test_an_iban_with_a_wrong_digit_is_found_and_does_not_hold() -> None:
    (found,) = find_ibans("NL50INGB0683251308")
    assert found.valid is False


def test_what_only_looks_like_an_iban_has_no_checksum_to_fail() -> None:
    (found,) = find_ibans("US1234567890")
    assert found.valid is None


@pytest.mark.parametrize(("text", "value"), [("DE 232 446 240", "DE232446240"), ("NL810433941B01", "NL810433941B01")])
def test_a_vat_id_is_checked_by_its_country(text: str, value: str) -> None:
    (found,) = find_vat_ids(text)
    assert (found.value, found.valid) == (value, True)


def test_a_vat_id_with_a_wrong_digit_does_not_hold() -> None:
    (found,) = find_vat_ids("DE232446241")
    assert found.valid is False


def test_a_register_number_with_check_digits_is_checked() -> None:
    (found,) = find_company_numbers("SIREN 732 829 320")
    assert (found.value, found.valid) == ("732829320", True)


@pytest.mark.parametrize(
    ("text", "value"),
    [(" INV/2023/03/0008", "INV/2023/03/0008"), (": 42183017", "42183017"), (" No. F-2024-17", "F-2024-17")],
)
def test_the_number_of_a_document_is_read_whole(text: str, value: str) -> None:
    assert find_numbers(text)[0].value == value


def test_dates_and_amounts_are_no_document_numbers() -> None:
    assert find_numbers("12/03/2024") == []
    assert find_numbers("54.50") == []
