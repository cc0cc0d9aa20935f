"""Printed names against names in the zone."""

import pytest

from pipelines.document.id_document.names import distance_of_names


@pytest.mark.parametrize(
    ("printed", "zone"),
    [
        ("ERIKSSON", "ERIKSSON"),
        ("Müller", "MUELLER"),
        ("MÜLLER", "MULLER"),
        ("Ångström", "AANGSTROEM"),
        ("O'Connor-Smith", "OCONNOR SMITH"),
        ("ØKLAND", "OEKLAND"),
        ("ABDULLAYEV ƏLİ", "ABDULLAYEV ELI"),
        ("Иванов", "IVANOV"),
        ("Weiß", "WEISS"),
        ("K0WA1SKA", "KOWALSKA"),
        ("0KLAND", "OEKLAND"),
        ("OKLAND", "OEKLAND"),
        ("BROOKS", "BROOKS"),
        ("HANNA ZOË", "HANNA ZOË"),
    ],
)
def test_a_transliterated_name_is_the_same_name(printed: str, zone: str) -> None:
    assert distance_of_names(printed, zone) == 0


def test_another_letter_is_another_name() -> None:
    assert distance_of_names("ERIKSSEN", "ERIKSSON") == 1
    assert distance_of_names("SMITH", "JONES") >= 4


def test_a_name_that_the_zone_cut_off_may_go_on_in_print() -> None:
    assert distance_of_names("NILAVADHANANANDA CHAYAPA", "NILAVADHANANANDA CHA", truncated=True) == 0
    assert distance_of_names("NILAVADHANANANDA CHAYAPA", "NILAVADHANANANDA CHA") == 4
