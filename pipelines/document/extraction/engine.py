"""From spans to fields: the type of a document, then the engine of that type."""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass

from pipelines.document.extraction.arithmetic import Relation
from pipelines.document.extraction.bank_statement import extract_bank_statement
from pipelines.document.extraction.candidates import Readers
from pipelines.document.extraction.classify import UNKNOWN, Classification, classify, named
from pipelines.document.extraction.company import extract_company
from pipelines.document.extraction.dates import DateOrder
from pipelines.document.extraction.findings import Findings
from pipelines.document.extraction.invoice import extract_invoice
from pipelines.document.extraction.layout import Sheet
from pipelines.document.extraction.payslip import extract_payslip
from pipelines.document.extraction.vat import extract_vat
from pipelines.document.text import Span

_ENGINES: Mapping[str, Callable[[Sheet, Readers], Findings]] = {
    "invoice": extract_invoice,
    "bank_statement": extract_bank_statement,
    "payslip": extract_payslip,
    "company_formation": extract_company,
    "vat": extract_vat,
}


@dataclass(frozen=True, slots=True)
class Extraction:
    """What was found in a document.

    Attributes:
        document_type: a name of contracts 2.6; what the caller said, else what was classified.
        classification: always of the text itself.
        date_order: the order that numeric dates were read in.
        sheet: the text as it was looked at.
    """

    document_type: str
    classification: Classification
    findings: Findings
    date_order: DateOrder
    sheet: Sheet


def extract(
    spans: Sequence[Span],
    *,
    used: Set[int] | None = None,
    document_type: str | None = None,
    date_order: DateOrder = "DMY",
) -> Extraction:
    """Type and fields of a document.

    Args:
        spans: indices in the result count in this list.
        used: indices of the spans to look at; None: all.
        document_type: overrides the classification and chooses the fields.
        date_order: of dates written in numbers, unless the document itself shows another one.
    """
    sheet = Sheet(spans, used)
    classification = classify(sheet)
    readers = Readers(sheet, date_order)
    key = classification.key if document_type is None else named(document_type)
    findings = _ENGINES[key](sheet, readers) if key is not None else Findings({})
    name = classification.document_type if document_type is None else document_type
    return Extraction(name or UNKNOWN, classification, findings, readers.order, sheet)


def relations_of(spans: Sequence[Span]) -> tuple[Relation, ...]:
    """What the figures of a document owe one another, whatever its type: empty where nothing could be related."""
    return extract(spans).findings.relations
