import pytest

from pipelines.document.mrz.check_digits import check_digit


@pytest.mark.parametrize(
    ("text", "digit"),
    [
        ("L898902C3", "6"),
        ("740812", "2"),
        ("120415", "9"),
        ("ZE184226B<<<<<", "1"),
        ("L898902C3674081221204159ZE184226B<<<<<1", "0"),
        ("D23145890", "7"),
        ("520727", "3"),
        ("<<<<<<<<<", "0"),
    ],
)
def test_digits_of_the_specimens_of_icao_9303(text: str, digit: str) -> None:
    assert check_digit(text) == digit


def test_letters_count_from_ten_and_the_weights_repeat() -> None:
    assert check_digit("A") == "0"
    assert check_digit("Z") == "5"
    assert check_digit("111Z") == str((7 + 3 + 1 + 7 * 35) % 10)


def test_characters_outside_the_alphabet_have_no_digit() -> None:
    with pytest.raises(KeyError):
        check_digit("l898902c3")
