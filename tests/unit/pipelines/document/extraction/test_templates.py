import pytest

from pipelines.document.extraction.layout import Sheet
from pipelines.document.extraction.templates import template_fields
from tests.unit.pipelines.document.extraction.pages import page
from tests.unit.pipelines.document.extraction.test_invoice import INVOICE

COOLBLUE = """
Uw factuur                              Coolblue B.V.
Klantnummer: 6669263
Factuurnummer: 993548900                BTW NL810433941B01
Factuurdatum: 19 april 2014             IBAN NL50INGB0683251309
Exclusief BTW   \u20ac 593,36
Totaal                                  \u20ac 717,97
"""


def test_the_templates_of_invoice2data_find_the_fields_of_their_issuers_only() -> None:
    pytest.importorskip("invoice2data", reason="needs the package invoice2data (extra `invoice2data`)")
    assert template_fields(Sheet(page(COOLBLUE)))["invoice_number"] == "993548900"
    assert template_fields(Sheet(page(INVOICE))) == {}
