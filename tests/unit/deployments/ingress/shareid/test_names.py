"""When two spellings are one name."""

import pytest

from deployments.ingress.shareid.names import is_given_name, same


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Müller", "MÜLLER"),
        ("Müller", "MUELLER"),
        ("Müller", "Muller"),
        ("O'Brien", "O BRIEN"),
        ("O'Brien", "OBRIEN"),
        ("O\u2019Brien", "o'brien"),
        ("Saint-Exupéry", "SAINT EXUPERY"),
        ("Strauß", "STRAUSS"),
        ("Ødegård", "OEDEGAARD"),
        ("Ødegård", "Odegard"),
        ("Łukasz", "LUKASZ"),
        ("İpek", "IPEK"),
        ("Ｗａｎｇ", "wang"),  # noqa: RUF001 - full width, which NFKD folds
        ("e\u0301lan", "\u00e9lan"),
        ("  de  la Cruz ", "DE LA CRUZ"),
    ],
)
def test_accents_case_and_punctuation_make_no_difference(one: str, other: str) -> None:
    assert same(one, other)
    assert same(other, one)


@pytest.mark.parametrize(
    ("one", "other"), [("Martin", "Martine"), ("Mueller", "Miller"), ("de Cruz", "Decruz"), ("Ng", ""), ("", "")]
)
def test_other_names_are_other_names(one: str, other: str) -> None:
    assert not same(one, other)


@pytest.mark.parametrize("name", ["Anna", "maria", "Anna Maria", "ANNA-MARIA", "anna maria luise", "Maria-Luise"])
def test_a_first_name_may_be_one_given_name_or_all_of_them(name: str) -> None:
    assert is_given_name(name, "ANNA MARIA LUISE")


@pytest.mark.parametrize("name", ["Ann", "Anna Luise", "Maria Anna", "Anna Maria Luise Eva", "Eva", "-"])
def test_a_part_of_a_name_or_another_order_is_none_of_them(name: str) -> None:
    assert not is_given_name(name, "ANNA MARIA LUISE")
