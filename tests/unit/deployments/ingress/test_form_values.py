"""Typed values out of a form."""

import pytest

from deployments.ingress.errors import ApiError
from deployments.ingress.forms import FileRule, Form, FormRule

RULE = FormRule(files=(FileRule("file", {"jpg": 1}),))


def form(**texts: str) -> Form:
    return Form(RULE, texts)


@pytest.mark.parametrize("word", ["true", "True", "TRUE", "1", "yes", "Yes", "on", "ON"])
def test_words_for_true(word: str) -> None:
    assert form(flag=word).boolean("flag", False) is True


@pytest.mark.parametrize("word", ["false", "False", "0", "no", "NO", "off", "Off"])
def test_words_for_false(word: str) -> None:
    assert form(flag=word).boolean("flag", True) is False


@pytest.mark.parametrize("default", [True, False])
def test_an_absent_boolean_has_its_default(default: bool) -> None:
    assert form().boolean("flag", default) is default


@pytest.mark.parametrize("word", ["2", "-1", "ja", "truee", " true", "null", "None", "[]", "1.0", "\u0661"])
def test_other_words_are_no_booleans(word: str) -> None:
    with pytest.raises(ApiError) as refused:
        form(flag=word).boolean("flag", False)
    assert (refused.value.code, refused.value.pointer) == ("invalid_parameter", "#/flag")


def test_a_text_over_its_limit_is_refused() -> None:
    assert form(note="abc").text("note", at_most=3) == "abc"
    with pytest.raises(ApiError):
        form(note="abcd").text("note", at_most=3)


def test_a_set_of_words_holds_allowed_ones_only() -> None:
    assert form(scope="a  b a").words("scope", ("a", "b")) == {"a", "b"}
    assert form().words("scope", ("a",)) is None
    with pytest.raises(ApiError):
        form(scope="a c").words("scope", ("a", "b"))


def test_a_required_file_is_asked_for_by_name() -> None:
    with pytest.raises(ApiError, match="file is required") as missing:
        form().media()
    assert missing.value.code == "missing_file"
    empty = Form(RULE, empty={"file": "empty_file"})
    with pytest.raises(ApiError) as refused:
        empty.media()
    assert refused.value.code == "empty_file"
