from dataclasses import replace

from pipelines.document.extraction.checks import arithmetic_check, checksums_check, overlaps_check
from pipelines.document.extraction.engine import extract
from pipelines.document.extraction.fonts import font_analysis
from pipelines.document.extraction.keywords import find_keywords
from pipelines.document.extraction.layout import Sheet
from pipelines.document.extraction.overlaps import find_overlaps
from pipelines.document.text import Span
from pipelines.report import Status
from tests.unit.pipelines.document.extraction.pages import page
from tests.unit.pipelines.document.extraction.test_invoice import INVOICE


def over(span: Span, text: str, *, source: str = "embedded") -> Span:
    return replace(span, text=text, source=source, font=None if source == "ocr" else span.font)


def pairs(spans: list[Span]) -> list[tuple[int, int]]:
    return [(one.first, one.second) for one in find_overlaps(spans)]


def test_text_over_text_is_a_pair_on_its_own_page_only() -> None:
    (first,) = page("100,00")
    assert pairs([first, over(first, "900,00")]) == [(0, 1)]
    assert pairs([first, replace(over(first, "900,00"), page=2)]) == []


def test_ocr_of_ordinary_text_is_no_overlap_and_of_other_text_is() -> None:
    (first,) = page("Total 100,00")
    assert pairs([first, over(first, "Tota1 100,00", source="ocr")]) == []
    assert pairs([first, over(first, "Something else", source="ocr")]) == [(0, 1)]


def test_an_ocr_line_over_several_spans_says_what_they_say_together() -> None:
    first, second = page("Total  100,00")
    whole = replace(over(first, "Total 100,00", source="ocr"), box=(*first.box[:2], *second.box[2:]))
    assert pairs([first, second, whole]) == []


def test_two_ocr_readings_are_never_a_pair() -> None:
    (first,) = page("100,00", source="ocr")
    assert pairs([first, over(first, "900,00", source="ocr")]) == []


def test_neighbouring_lines_do_not_overlap() -> None:
    assert pairs(page("one line\nanother line\n\nand more")) == []


def test_text_printed_twice_for_weight_is_told_and_fails_nothing() -> None:
    (first,) = page("Total")
    spans = [first, over(first, "Total")]
    overlaps = find_overlaps(spans)
    assert len(overlaps) == 1
    assert overlaps_check(overlaps, spans, "file").status is Status.PASSED
    other = find_overlaps([first, over(first, "Sum")])
    assert overlaps_check(other, spans, "file").status is Status.FAILED


def test_without_embedded_text_nothing_is_said_of_fonts_or_layers() -> None:
    spans = page("Total 5.00", source="ocr")
    assert font_analysis(spans) is None
    assert overlaps_check([], spans, "file").status is Status.NOT_PERFORMED


def test_fonts_are_told_by_their_share_of_the_characters() -> None:
    first, second = page("abc  d")
    told = font_analysis([first, replace(second, font="Times")])
    assert told == {"fonts": ["Helvetica", "Times"], "frequencies": [0.75, 0.25]}


def test_keywords_are_found_in_request_order_as_whole_words() -> None:
    spans = page("Invoice total\nSUBTOTAL  5\nTotal: 7")
    absent, total = find_keywords(Sheet(spans), ["contract", "total"])
    assert (absent["found"], absent["count"], absent["matches"]) == (False, 0, [])
    assert total["count"] == 2
    assert [match["ocr_index"] for match in total["matches"]] == [0, 3]
    assert total["matches"][1] == {"ocr_index": 3, "page": 1, "text": "Total: 7", "score": 1.0}


def test_a_keyword_may_run_over_spans_and_ocr_may_misread_a_letter_of_it() -> None:
    assert find_keywords(Sheet(page("Grand   Total")), ["grand total"])[0]["count"] == 1
    (found,) = find_keywords(Sheet(page("Rechnunq", source="ocr")), ["rechnung"])
    assert found["matches"][0]["score"] < 1
    assert find_keywords(Sheet(page("Rechnunq")), ["rechnung"])[0]["count"] == 0


def test_figures_that_contradict_one_another_fail_unless_ocr_was_unsure_of_them() -> None:
    edited = INVOICE.replace("188,02", "988,02")
    for source, confidence, status in (
        ("embedded", 1.0, Status.FAILED),
        ("ocr", 0.99, Status.FAILED),
        ("ocr", 0.9, Status.INCONCLUSIVE),
    ):
        spans = page(edited, source=source, confidence=confidence)
        assert arithmetic_check(extract(spans).findings.relations, spans, "file").status is status


def test_figures_that_agree_pass_and_none_are_not_judged() -> None:
    spans = page(INVOICE)
    assert arithmetic_check(extract(spans).findings.relations, spans, "file").status is Status.PASSED
    assert arithmetic_check((), spans, "file").status is Status.NOT_PERFORMED


def test_a_wrong_check_digit_fails_in_embedded_text_and_stays_open_in_ocr() -> None:
    edited = INVOICE.replace("0485 67", "0485 68")
    for source, status in (("embedded", Status.FAILED), ("ocr", Status.INCONCLUSIVE)):
        spans = page(edited, source=source)
        assert checksums_check(extract(spans).findings.checksums, "file").status is status
    spans = page(INVOICE)
    assert checksums_check(extract(spans).findings.checksums, "file").status is Status.PASSED
