"""Sides put together: sorting, classification, fields and where they come from."""

import pytest

from pipelines.document.id_document.document import put_together
from tests.unit.pipelines.document.id_document.sides import (
    TD3,
    TODAY,
    card_back,
    card_front,
    line,
    passport_lines,
    side,
    zone,
)
from tests.unit.pipelines.document.id_document.test_aamva import PAYLOAD


def test_a_passport_is_known_by_its_zone() -> None:
    document = put_together([side()], TODAY)
    assert (document.kind.kind, document.kind.country, document.kind.model) == ("passport", "UTO", "td3")
    names = {field.name: (field.value, field.match) for field in document.fields}
    assert names["surname"] == ("ERIKSSON", True)
    assert names["birth_date"] == ("1974-08-12", True)
    assert names["personal_number"] == ("ZE184226B", None)


@pytest.mark.parametrize("swapped", [False, True])
def test_sides_are_sorted_whatever_order_they_came_in(swapped: bool) -> None:
    sides = [card_front(), card_back()]
    document = put_together(sides[::-1] if swapped else sides, TODAY)
    assert list(document.sides) == ["front", "back"]
    assert document.mrz_side == "back"
    assert document.kind.kind == "id_card"
    assert document.field("document_number").match is True


def test_a_lone_side_without_a_face_is_the_back_where_it_bears_a_zone_of_three_lines() -> None:
    assert list(put_together([card_back()], TODAY).sides) == ["back"]
    assert list(put_together([card_front(portrait=None)], TODAY).sides) == ["front"]


def test_a_licence_is_known_by_its_barcode_and_country_decides_the_order_of_dates() -> None:
    lines = [
        line(text, 300, 100 + 50 * row) for row, text in enumerate(["LN SPECIMEN", "FN ALEX JOY", "DOB 01/02/1990"])
    ]
    front = card_front(lines=(line("DRIVER LICENSE", 500, 20, height=40), *lines))
    document = put_together([front, card_back(mrz=None, lines=(), barcodes=(("PDF417", PAYLOAD),))], TODAY)
    assert (document.kind.kind, document.kind.country, document.kind.model) == ("driver_license", "USA", "aamva-9")
    birth = document.field("birth_date")
    assert (birth.value, birth.visual, birth.match) == ("1990-01-02", "1990-01-02", True)


def test_a_permit_is_told_from_an_identity_card_by_its_title() -> None:
    title = line("PERMISO DE RESIDENCIA", 500, 20, height=40)
    document = put_together([card_front(lines=(title, *passport_lines()[1:])), card_back()], TODAY)
    assert document.kind.kind == "residence_permit"


def test_what_nothing_tells_is_unknown() -> None:
    document = put_together([side(mrz=None, lines=(line("SOME PAPER", 40, 40),))], TODAY)
    assert document.kind.kind == "unknown"


def test_print_that_differs_from_the_zone_is_shown_with_both_values() -> None:
    document = put_together([side(lines=passport_lines(**{"Date of birth": "12 AUG/AOÛT 84"}))], TODAY)
    birth = document.field("birth_date")
    assert (birth.mrz, birth.visual, birth.match) == ("1974-08-12", "1984-08-12", False)


def test_figures_taken_for_letters_do_not_make_a_difference() -> None:
    document = put_together([side(lines=passport_lines(**{"Passport No.": "L8989O2C3"}))], TODAY)
    assert document.field("document_number").match is True


def test_a_letter_that_was_hardly_read_leaves_it_open() -> None:
    lines = tuple(
        line("ERIKSSEN", item.box[0], item.box[1], height=28, confidence=0.6) if item.text == "ERIKSSON" else item
        for item in passport_lines()
    )
    assert put_together([side(lines=lines)], TODAY).field("surname").match is None


def test_the_zone_that_is_valid_wins_over_one_that_is_not() -> None:
    broken = zone(("I<UTOD231458908<<<<<<<<<<<<<<<", *zone_lines()[1:]), certain=False)
    document = put_together([card_front(mrz=broken), card_back()], TODAY)
    assert document.mrz is not None
    assert document.mrz.valid


def zone_lines() -> tuple[str, ...]:
    """Of the card's back."""
    mrz = card_back().mrz
    assert mrz is not None
    return mrz.lines


def test_the_print_says_which_century_the_zone_means() -> None:
    older = (TD3[0], "L898902C36UTO1008124F3204153ZE184226B<<<<<16")
    document = put_together([side(mrz=zone(older), lines=passport_lines(**{"Date of birth": "12 AUG 1910"}))], TODAY)
    birth = document.field("birth_date")
    assert (birth.value, birth.match) == ("1910-08-12", True)
