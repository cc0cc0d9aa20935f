"""Documents that others made: photographed receipts, and invoices with the peer that has templates for them."""

import json
import re
import subprocess
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from pipelines.document.extraction.dates import find_dates

INVOICE_FIELDS = {
    "amount": "total",
    "amount_untaxed": "subtotal",
    "amount_tax": "tax",
    "date": "issue_date",
    "date_due": "due_date",
    "invoice_number": "invoice_number",
    "currency": "currency",
    "iban": "iban",
    "vat": "supplier.vat_id",
    "partner_coc": "supplier.company_number",
    "partner_name": "supplier.name",
    "lines": "line_items",
}
"""The peer's names of fields that both have -> ours. `lines` compares the sum of the lines' amounts."""
_PEER = """
import json, sys
from invoice2data import extract_data
from invoice2data.extract.loader import read_templates
templates = read_templates()
for path in sys.argv[1:]:
    try:
        found = extract_data(path, templates=templates)
    except Exception as error:
        found = {}
    print(json.dumps(found or {}, default=str))
"""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A photographed receipt with the total and the date that its annotators wrote down."""

    path: Path
    total: Decimal
    date: date | None


def receipts(data: Path) -> list[Receipt]:
    """Those of `documents/receipts`: evaluation only."""
    found = []
    for path in sorted((data / "documents" / "receipts").glob("*.json")):
        truth = json.loads(path.read_text())
        dates = find_dates(truth["date"], "DMY")
        total = Decimal(re.sub(r"[^\d.]", "", truth["total"]))
        found.append(Receipt(path.with_suffix(".jpg"), total, dates[0].value if dates else None))
    return found


def invoices(data: Path) -> list[tuple[Path, dict[str, Any]]]:
    """PDFs of `documents/invoices` with what the peer's own tests expect of them."""
    return [
        (path.with_suffix(".pdf"), json.loads(path.read_text())[0])
        for path in sorted((data / "documents" / "invoices").glob("*.json"))
    ]


def peer(python: Path, paths: list[Path]) -> list[dict[str, Any]]:
    """What invoice2data finds with its templates, run by the Python of its own environment."""
    command = [str(python), "-c", _PEER, *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def same(expected: Any, found: Any) -> bool:
    """Whether both mean the same amount, date or number; names are compared without case and spaces."""
    if found is None:
        return False
    if isinstance(expected, list):
        return abs(_sum(expected) - _sum(found)) < 0.005
    if isinstance(expected, int | float):
        return isinstance(found, int | float) and abs(expected - found) < 0.005
    return _plain(expected) == _plain(found)


def _sum(lines: Any) -> float:
    """Over a list of lines, ours or the peer's; a sum that no line has is no match for anything."""
    values: list[float] = []
    for line in lines if isinstance(lines, list) else []:
        value = line.get("price_subtotal", line.get("price", line.get("price_unit", line.get("amount"))))
        value = value["value"] if isinstance(value, dict) else value
        if value is not None:
            values.append(float(value) * float(line.get("qty", 1) if "price" in line else 1))
    return sum(values) if values else float("nan")


def _plain(text: Any) -> str:
    return re.sub(r"[\s.,]", "", str(text).split(" 00:00")[0]).casefold()
