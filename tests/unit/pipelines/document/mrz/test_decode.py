from pipelines.document.mrz.check_digits import check_digit
from pipelines.document.mrz.decode import keeping_check_digits, most_probable
from pipelines.document.mrz.formats import TD1, TD3, Format
from pipelines.document.mrz.posterior import Array, posterior, symbol_mask
from tests.unit.pipelines.document.mrz.lattices import lattice_of

SPECIMEN = ("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10")
CARD = ("I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<")


def read(
    form: Format, lines: tuple[str, ...], doubts: dict[tuple[int, int], dict[str, float]] | None = None
) -> list[Array]:
    found = []
    for number, line in enumerate(lines):
        here = {column: doubt for (at, column), doubt in (doubts or {}).items() if at == number}
        mask = symbol_mask([form.symbols[number, column] for column in range(form.length)])
        found.append(posterior(lattice_of(line, here), mask)[0])
    return found


def test_a_clear_zone_is_read_as_it_stands() -> None:
    assert keeping_check_digits(TD3, read(TD3, SPECIMEN))[0].lines == SPECIMEN
    assert keeping_check_digits(TD1, read(TD1, CARD))[0].lines == CARD


def test_a_check_digit_decides_between_two_likely_characters() -> None:
    doubted = read(TD3, SPECIMEN, {(1, 1): {"B": 0.6, "8": 0.39}})
    assert most_probable(TD3, doubted).lines[1][1] == "B"
    assert keeping_check_digits(TD3, doubted)[0].lines == SPECIMEN


def test_the_composite_decides_where_the_optional_data_has_no_digit_of_its_own() -> None:
    upper, lower = CARD[0][:15] + "K8<<<<<<<<<<<<<", CARD[1][:29]
    digit = check_digit(upper[5:30] + lower[0:7] + lower[8:15] + lower[18:29])
    card = (upper, lower + digit, CARD[2])
    doubted = read(TD1, card, {(0, 15): {"X": 0.6, "K": 0.39}})
    assert keeping_check_digits(TD1, doubted)[0].lines == card


def test_two_errors_that_cancel_modulo_ten_leave_both_texts_on_the_list() -> None:
    # O is 24 and 0 is 0: with weights 7 and 3 the two differences add up to a multiple of ten.
    lines = (SPECIMEN[0], SPECIMEN[1].replace("L898902C36", "0098902C36"))
    doubted = read(
        TD3,
        lines,
        {(1, 0): {"0": 0.5, "O": 0.49}, (1, 1): {"0": 0.5, "O": 0.49}, (1, 9): dict.fromkeys("0123456789", 0.1)},
    )
    numbers = {text.lines[1][:2] for text in keeping_check_digits(TD3, doubted)}
    assert {"00", "OO"} <= numbers


def test_a_digit_that_is_plainly_wrong_costs_more_than_a_doubtful_one() -> None:
    forged = (SPECIMEN[0], SPECIMEN[1].replace("740812", "840812"))
    posteriors = read(TD3, forged)
    plain, kept = most_probable(TD3, posteriors), keeping_check_digits(TD3, posteriors)
    assert plain.lines == forged
    assert not kept or plain.score - kept[0].score > 5
