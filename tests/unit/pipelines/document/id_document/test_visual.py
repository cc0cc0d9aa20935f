"""Which line is whose value."""

from datetime import date

from pipelines.document.id_document.labels import field_of
from pipelines.document.id_document.visual import visual_fields
from tests.unit.pipelines.document.id_document.sides import TODAY, line, passport_lines


def _texts(lines: list) -> dict[str, str]:
    return {value.name: value.text for value in visual_fields(lines, 1000, TODAY)}


def test_labels_are_known_in_many_languages_and_with_a_letter_misread() -> None:
    said = ["Surname/Nom", "Sumame", "PRÉNOMS", "Geburtsdatum", "Date of exoiry", "No. de documento", "Sexe/Sex"]
    assert [field_of(label) for label in said] == [
        "surname", "surname", "given_names", "birth_date", "expiry_date", "document_number", "sex",
    ]  # fmt: skip
    assert field_of("ERIKSSON") is None


def test_values_below_their_labels_are_found() -> None:
    assert _texts(list(passport_lines())) == {
        "surname": "ERIKSSON",
        "given_names": "ANNA MARIA",
        "document_number": "L898902C3",
        "nationality": "UTO",
        "birth_date": "12 AUG/AOÛT 74",
        "sex": "F",
        "expiry_date": "15 APR/AVR 32",
    }


def test_values_beside_their_labels_are_found() -> None:
    rows = [
        ("Name", "FONTAINE"),
        ("Vornamen", "WIM YUSUF"),
        ("Geburtsdatum", "12.10.1950"),
        ("Gültig bis", "22.03.2034"),
    ]
    lines = [
        item
        for row, (label, value) in enumerate(rows)
        for item in (line(label, 300, 100 + 40 * row), line(value, 560, 98 + 40 * row))
    ]
    assert _texts(lines) == {
        "surname": "FONTAINE", "given_names": "WIM YUSUF", "birth_date": "12.10.1950", "expiry_date": "22.03.2034",
    }  # fmt: skip


def test_numbered_fields_of_a_licence_are_found_even_where_the_first_number_was_not_read() -> None:
    said = ["TANAKA", "2. HANNA ZOË", "3. 04-09-1966", "4a. 17-07-2020", "4b. 17-07-2030", "5. DB3954845"]
    found = _texts([line(text, 300, 100 + 50 * row) for row, text in enumerate(said)])
    assert found == {
        "surname": "TANAKA", "given_names": "HANNA ZOË", "birth_date": "04-09-1966", "issue_date": "17-07-2020",
        "expiry_date": "17-07-2030", "document_number": "DB3954845",
    }  # fmt: skip


def test_a_line_may_hold_label_and_value() -> None:
    found = visual_fields([line("DOB: 08/31/1990", 100, 100)], 1000, TODAY, month_first=True)
    assert [(value.name, value.dates) for value in found] == [("birth_date", (date(1990, 8, 31),))]


def test_a_value_that_cannot_be_one_is_left() -> None:
    assert _texts([line("Date of birth", 100, 100, height=18), line("NOT A DATE", 100, 124)]) == {}
