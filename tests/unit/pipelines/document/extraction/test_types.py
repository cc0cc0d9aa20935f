from typing import Any

import pytest

from pipelines.document.extraction.engine import Extraction, extract
from tests.unit.pipelines.document.extraction.pages import page

STATEMENT = """
Releve de compte
Titulaire: Jeanne Martin
IBAN FR14 2004 1010 0505 0001 3M02 606
Periode du 01/02/2024 au 29/02/2024

Date         Libelle                  Debit      Credit      Solde
             Ancien solde                                   1 200,00
02/02/2024   Loyer                   700,00                   500,00
15/02/2024   Virement salaire                  2 100,00     2 600,00
20/02/2024   Courses                  84,30                 2 515,70
             Nouveau solde                                  2 515,70
"""
PAYSLIP = """
Acme Tools Ltd
Payslip
Employee: Maria Jones          Employee number: 4711
Pay period: March 2024

Basic salary        3,000.00
Gross pay           3,000.00
Income tax            420.00
Total deductions      600.00
Net pay             2,400.00
"""
COMPANY = """
Certificate of Incorporation
Companies Act 2006
Company name: Blue Kettle Limited
Company number: 09876543
Date of incorporation: 4 May 2021
Registered office: 5 Mill Lane, Leeds, LS1 4AB
Directors: Ann Field
           Tom Rivers
"""
RETURN = """
Umsatzsteuer-Voranmeldung
Unternehmen: Nordwind Papier GmbH
USt-IdNr. DE232446240
Voranmeldungszeitraum: 1. Quartal 2024
Finanzamt Hamburg
Umsatzsteuer                      1.900,00
Abziehbare Vorsteuerbetr\u00e4ge         760,00
Zahllast                          1.140,00
"""


def value(found: Extraction, name: str) -> Any:
    return found.findings.fields[name]["value"]


@pytest.mark.parametrize(
    ("drawn", "name"),
    [
        (STATEMENT, "Bank Statement"),
        (PAYSLIP, "Payslip"),
        (COMPANY, "Company Formation Document"),
        (RETURN, "VAT"),
    ],
)
def test_each_type_is_told_with_what_spoke_for_it(drawn: str, name: str) -> None:
    found = extract(page(drawn)).classification
    assert found.document_type == name
    assert found.confidence > 0.8
    assert found.evidence


def test_a_bank_statement_is_read_with_every_movement() -> None:
    found = extract(page(STATEMENT))
    assert value(found, "account_holder") == "Jeanne Martin"
    assert value(found, "iban") == "FR1420041010050500013M02606"
    assert value(found, "period") == {"start": "2024-02-01", "end": "2024-02-29"}
    assert (value(found, "opening_balance"), value(found, "closing_balance")) == (1200, 2515.7)
    moved = [(m["date"]["value"], m["amount"]["value"]) for m in found.findings.fields["transactions"]]
    assert moved == [("2024-02-02", -700), ("2024-02-15", 2100), ("2024-02-20", -84.3)]
    assert {one.name for one in found.findings.relations if one.holds} == {"running_balance", "closing_balance"}


def test_an_edited_balance_breaks_the_running_sum() -> None:
    longer = STATEMENT.replace(
        "             Nouveau solde",
        "21/02/2024   Pain                      5,70                 2 510,00\n"
        "22/02/2024   Cafe                     10,00                 2 500,00\n             Nouveau solde",
    ).replace(
        "Nouveau solde                                  2 515,70",
        "Nouveau solde                                  2 500,00",
    )
    assert all(one.holds for one in extract(page(longer)).findings.relations)
    edited = extract(page(longer.replace("  84,30", "  24,30")))
    assert "running_balance" in {one.name for one in edited.findings.relations if not one.holds}


def test_a_payslip_is_read_and_its_net_pay_checked() -> None:
    found = extract(page(PAYSLIP))
    assert value(found, "employer") == "Acme Tools Ltd"
    assert value(found, "employee") == "Maria Jones"
    assert value(found, "period") == {"start": "2024-03-01", "end": "2024-03-31"}
    assert [value(found, name) for name in ("gross", "deductions", "net")] == [3000, 600, 2400]
    assert [one.holds for one in found.findings.relations] == [True]
    edited = extract(page(PAYSLIP.replace("2,400.00", "7,400.00")))
    assert [one.holds for one in edited.findings.relations] == [False]


def test_a_company_is_read_with_all_its_directors() -> None:
    found = extract(page(COMPANY))
    assert value(found, "company_name") == "Blue Kettle Limited"
    assert value(found, "company_number") == "09876543"
    assert value(found, "formation_date") == "2021-05-04"
    assert value(found, "registered_office") == "5 Mill Lane, Leeds, LS1 4AB"
    assert [leaf["value"] for leaf in found.findings.fields["directors"]] == ["Ann Field", "Tom Rivers"]


def test_a_vat_return_is_read_and_what_is_owed_checked() -> None:
    found = extract(page(RETURN))
    assert value(found, "vat_id") == "DE232446240"
    assert value(found, "period") == {"start": "2024-01-01", "end": "2024-03-31"}
    assert [value(found, name) for name in ("output_vat", "input_vat", "payable")] == [1900, 760, 1140]
    assert [one.holds for one in found.findings.relations] == [True]
