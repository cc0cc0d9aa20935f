"""invoice2data's templates as a plug-in: fields of issuers that somebody wrote a template for. Off unless asked for."""

import logging
from statistics import median
from typing import Any

from pipelines.document.extraction.layout import Sheet
from pipelines.errors import MediaError


def template_fields(sheet: Sheet) -> dict[str, Any]:
    """What the first template that matches finds, under the template's names; empty where none matches.

    The templates see text that was read in isolation, never the file.

    Raises:
        MediaError: `invalid_option` where the extra `invoice2data` is not installed.
    """
    try:
        from invoice2data.exceptions import InvoiceProcessingError
        from invoice2data.extract.loader import read_templates
    except ImportError:
        raise MediaError("invalid_option", "templates need the package invoice2data") from None
    logging.getLogger("invoice2data").setLevel(logging.CRITICAL)  # it logs what it reads
    text = _drawn(sheet)
    for template in read_templates():
        prepared = template.prepare_input(text)
        if not template.matches_input(prepared):
            continue
        try:
            found = template.extract(prepared, "", None) or {}
        except InvoiceProcessingError:  # a field that the template demands is missing
            continue
        return {name: _plain(value) for name, value in found.items()}
    return {}


def _drawn(sheet: Sheet) -> str:
    """The text with each phrase about where it stands in its row, as the templates expect it."""
    widths = [(cell.box[2] - cell.box[0]) / len(cell.text) for cell in sheet.cells()]
    unit = max(median(widths), 1e-6) if widths else 1.0
    lines = []
    for row in sheet.rows:
        line = ""
        for cell in row:
            line = line.ljust(max(round(cell.box[0] / unit), len(line) + 2 if line else 0)) + cell.text
        lines.append(line)
    return "\n".join(lines) + "\n"


def _plain(value: Any) -> Any:
    """As JSON values."""
    if isinstance(value, dict):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)[:10]
