from dataclasses import replace
from typing import Any

import pytest

from pipelines.document.extraction.candidates import Readers, find_candidates
from pipelines.document.extraction.engine import extract, relations_of
from pipelines.document.extraction.layout import Sheet
from pipelines.document.extraction.lexicon import lexicon
from tests.unit.pipelines.document.extraction.pages import page
from tests.unit.pipelines.document.extraction.pages import sheet as drawn_sheet

INVOICE = """
Nordwind Papier GmbH                                  RECHNUNG
Hafenstr. 12
20457 Hamburg

Rechnung an:                        Rechnungsnr.     2024-0815
Muster & Sohn KG                    Rechnungsdatum   05.03.2024
Am Markt 3                          F\u00e4llig am        19.03.2024
50667 K\u00f6ln

Bezeichnung           Menge   Einzelpreis   MwSt.     Betrag
Briefpapier A4           10         12,50     19%     125,00
Umschl\u00e4ge C5             4          8,25     19%      33,00

                              Nettobetrag              158,00
                              MwSt. 19%                 30,02
                              Gesamtbetrag           188,02 \u20ac

IBAN DE30 5075 0094 0000 0485 67    USt-IdNr. DE232446240
"""
RECEIPT = """
          CORNER SHOP SDN BHD
        12 JALAN MERAH, 47400 PJ
          Date: 25/12/2018  14:30
        1 x Coffee              8.50
        2 x Cake               12.40
        Sub Total              20.90
        GST 6%                  1.25
        Rounding                0.00
        TOTAL                  22.15
        CASH                   50.00
        CHANGE                 27.85
        Total Qty                  3
"""


def values(drawn: str, **asked: Any) -> dict[str, Any]:
    fields = extract(page(drawn), **asked).findings.fields
    return {name: found["value"] for name, found in fields.items() if isinstance(found, dict) and "value" in found}


def test_an_invoice_is_read_by_its_labels_alone() -> None:
    assert values(INVOICE) == {
        "invoice_number": "2024-0815",
        "issue_date": "2024-03-05",
        "due_date": "2024-03-19",
        "currency": "EUR",
        "total": 188.02,
        "tax": 30.02,
        "subtotal": 158.0,
        "iban": "DE30507500940000048567",
    }


def test_an_invoice_tells_who_it_is_from_and_for() -> None:
    fields = extract(page(INVOICE)).findings.fields
    assert fields["supplier"]["name"]["value"] == "Nordwind Papier GmbH"
    assert fields["supplier"]["vat_id"]["value"] == "DE232446240"
    assert fields["customer"]["name"]["value"] == "Muster & Sohn KG"


def test_line_items_are_read_under_their_heads() -> None:
    lines = extract(page(INVOICE)).findings.fields["line_items"]
    told = [[line[name]["value"] for name in ("description", "quantity", "unit_price", "amount")] for line in lines]
    assert told == [["Briefpapier A4", 10, 12.5, 125], ["Umschl\u00e4ge C5", 4, 8.25, 33]]


def test_every_value_says_where_it_stands_and_how_it_is_written() -> None:
    spans = page(INVOICE)
    total = extract(spans).findings.fields["total"]
    assert total["raw"] == "188,02 \u20ac"
    assert total["raw"] in spans[total["ocr_index"]].text
    assert 0.5 < total["confidence"] <= 1


def test_a_receipt_is_read_as_an_invoice_and_the_cash_is_not_its_total() -> None:
    found = values(RECEIPT)
    assert (found["total"], found["issue_date"], found["subtotal"], found["tax"]) == (22.15, "2018-12-25", 20.9, 1.25)


def test_of_several_totals_the_one_that_the_other_figures_lead_to_counts() -> None:
    drawn = RECEIPT.replace("TOTAL                  22.15", "TOTAL                  22.17").replace(
        "Rounding                0.00\n", ""
    )
    rounded = drawn.replace(
        "        CASH", "        Rounding Adj          -0.02\n        TOTAL ROUNDED          22.15\n        CASH"
    ).replace("GST 6%                  1.25", "GST 6%                  1.27")
    assert values(rounded)["total"] == 22.15


def test_a_total_to_which_charges_are_added_below_is_a_sum_on_the_way() -> None:
    receipt = """
        CORNER SHOP
        Sub Total              41.00
        Discount              -11.00
        Total                  30.00
        Service Charge          3.00
        Svc Tax illegible
        Rounding                0.02
        TOTAL                  35.02
        VISA CARD TOTAL        35.02
"""
    assert values(receipt, document_type="Invoice")["total"] == 35.02


def test_no_total_is_so_small_that_the_tax_in_it_could_not_be() -> None:
    receipt = """
        CORNER SHOP
        Coffee and cake         9.00
        Tax                     8.49
        8.49 8.49
        Paid in full          150.00
"""
    assert values(receipt, document_type="Invoice")["total"] == 150.00


def test_figures_that_agree_are_told_with_the_spans_that_hold_them() -> None:
    names = {relation.name for relation in relations_of(page(INVOICE)) if relation.holds}
    assert names == {"net_plus_tax", "line_total", "lines_sum"}


def test_one_edited_figure_breaks_what_it_stood_in() -> None:
    edited = relations_of(page(INVOICE.replace("125,00", "425,00")))
    assert {relation.name for relation in edited if not relation.holds} >= {"line_total"}
    edited = relations_of(page(INVOICE.replace("188,02", "988,02")))
    assert [relation.name for relation in edited if not relation.holds] == ["net_plus_tax"]


def test_a_date_order_that_fits_is_kept_and_another_one_is_noticed() -> None:
    english = INVOICE.replace("05.03.2024", "03/05/2024").replace("19.03.2024", "03/19/2024")
    found = extract(page(english), date_order="DMY")
    assert found.date_order == "MDY"
    assert found.findings.fields["issue_date"]["value"] == "2024-03-05"


def test_the_type_that_the_caller_names_drives_the_fields() -> None:
    found = extract(page(INVOICE), document_type="VAT")
    assert found.document_type == "VAT"
    assert found.classification.document_type == "Invoice"
    assert "invoice_number" not in found.findings.fields


def test_nothing_is_made_of_a_letter() -> None:
    found = extract(page("Dear Anna,\n\nthank you for the book.\nSee you on Sunday.\n\nYours, Ben"))
    assert found.document_type == "Unknown"
    assert found.findings.fields == {}


@pytest.mark.parametrize(
    ("label", "field"),
    [
        ("Total (incl. 6% GST)", "total"),
        ("Total Sales (Excluding GST)", "subtotal"),
        ("Total 6% GST", "tax"),
        ("Total RM Incl. of GST", "total"),
        ("TOTALRM", "total"),
        ("Net amount", "subtotal"),
    ],
)
def test_a_phrase_of_sum_and_tax_names_what_it_means(label: str, field: str) -> None:
    sheet, readers = drawn_sheet(f"{label}     12.50")
    found = find_candidates(sheet, lexicon("invoice"), readers)
    best = max((one for ones in found.values() for one in ones), key=lambda one: one.score)
    assert (best.field, str(best.value)) == (field, "12.50")


def test_an_amount_beside_its_label_on_crumpled_paper_is_found() -> None:
    spans = page("TOTAL\n               12.50", source="ocr", confidence=0.9)
    low = [replace(spans[0], box=(0.0, 3.0, 30.0, 13.0)), replace(spans[1], box=(90.0, 9.0, 120.0, 19.0))]
    (found,) = find_candidates(Sheet(low), lexicon("invoice"), Readers(Sheet(low)))["total"]
    assert str(found.value) == "12.50"
