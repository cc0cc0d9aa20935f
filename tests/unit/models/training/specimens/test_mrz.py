"""The zones of the generator against the examples that ICAO Doc 9303 prints."""

from models.training.specimens.mrz import check_digit, compose, transliterate

ERIKSSON = {
    "surname": "Eriksson",
    "given_names": "Anna Maria",
    "document_number": "L898902C3",
    "issuing_country": "UTO",
    "nationality": "UTO",
    "birth_date": "1974-08-12",
    "expiry_date": "2012-04-15",
    "sex": "F",
}


def test_the_check_digits_of_the_example_in_doc_9303_part_3() -> None:
    assert check_digit("520727") == "3"
    assert check_digit("AB2134<<<") == "5"


def test_the_passport_of_doc_9303_part_4_is_composed_letter_for_letter() -> None:
    assert compose("TD3", "P", ERIKSSON | {"personal_number": "ZE184226B"}) == (
        "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
        "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
    )


def test_the_card_of_doc_9303_part_5_is_composed_letter_for_letter() -> None:
    assert compose("TD1", "I", ERIKSSON | {"document_number": "D23145890"}) == (
        "I<UTOD231458907<<<<<<<<<<<<<<<",
        "7408122F1204159UTO<<<<<<<<<<<6",
        "ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
    )


def test_the_card_of_doc_9303_part_6_is_composed_letter_for_letter() -> None:
    assert compose("TD2", "I", ERIKSSON | {"document_number": "D23145890"}) == (
        "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<",
        "D231458907UTO7408122F1204159<<<<<<<6",
    )


def test_the_visas_of_doc_9303_part_7_carry_no_composite_check_digit() -> None:
    assert compose("MRV-A", "V", ERIKSSON | {"personal_number": "6ZE184226B"}) == (
        "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
        "L898902C36UTO7408122F12041596ZE184226B<<<<<<",
    )
    assert compose("MRV-B", "V", ERIKSSON | {"personal_number": "6ZE184226B"})[1] == (
        "L898902C36UTO7408122F12041596ZE18422"
    )


def test_names_are_written_with_the_letters_that_the_zone_has() -> None:
    assert transliterate("Weißmann") == "WEISSMANN"
    assert transliterate("Iglesias-Vega O'Connor") == "IGLESIAS<VEGA<OCONNOR"
    assert transliterate("Łukasik Ñúñez Sørbye") == "LUKASIK<NUNEZ<SOERBYE"
