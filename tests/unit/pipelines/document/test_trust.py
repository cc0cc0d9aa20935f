from pipelines.document.text import Span
from pipelines.document.trust import choose

SENTENCE = "Invoice 4711 of the twelfth of March amounts to ninety euros payable within thirty days"


def spans(text: str, source: str = "embedded", confidence: float = 1.0) -> list[Span]:
    return [Span(page=1, text=text, box=(0, 0, 1, 1), source=source, confidence=confidence)]  # type: ignore[arg-type]


def read(text: str, confidence: float = 0.97) -> list[Span]:
    return spans(text, "ocr", confidence)


def test_a_page_without_text_of_its_own_is_read_by_ocr() -> None:
    assert choose([], read(SENTENCE)).source == "ocr"
    assert choose(spans("  "), read(SENTENCE)).source == "ocr"


def test_honest_text_is_preferred_though_ocr_misreads_a_few_words() -> None:
    choice = choose(spans(SENTENCE), read(SENTENCE.replace("twelfth", "twe1fth").replace("to ninety", "toninety")))
    assert (choice.source, choice.reason) == ("embedded", "texts_agree")
    assert choice.agreement is not None
    assert choice.agreement > 0.8


def test_fonts_that_map_letters_to_others_are_found_out() -> None:
    garbled = "".join(chr(ord(letter) + 1) if letter.isalpha() else letter for letter in SENTENCE)
    assert choose(spans(garbled), read(SENTENCE)).source == "ocr"


def test_a_script_that_ocr_cannot_read_does_not_speak_against_the_text() -> None:
    choice = choose(
        spans("Счёт на оплату номер сорок семь от двенадцатого марта"), read("C4eT Ha onnaTy HoMep copoK", 0.55)
    )
    assert choice.source == "embedded"


def test_without_ocr_the_text_is_taken_as_it_is() -> None:
    assert choose(spans(SENTENCE), []).reason == "no_ocr_text"
