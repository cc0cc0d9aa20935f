"""Who a document is from and for: names with the lines of address under them."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.document.extraction.amounts import find_amounts
from pipelines.document.extraction.candidates import Candidate
from pipelines.document.extraction.dates import find_dates
from pipelines.document.extraction.layout import Cell, Sheet
from pipelines.document.extraction.leaf import leaf, of_candidate, of_cells
from pipelines.document.extraction.lexicon import Lexicon
from pipelines.document.extraction.spelling import squeeze

_LEGAL_FORM = re.compile(
    r"(?<!\w)(?:inc|llc|llp|ltd|limited|plc|corp|corporation|co|company|gmbh|ag|kg|ohg|gbr|ug|e\.?k|se|sa|sas|sarl|eurl|"
    r"s\.?a\.?r\.?l|s\.?l\.?u?|s\.?p\.?a|s\.?r\.?l\.?s?|b\.?v|n\.?v|vof|lda|sdn\.? ?bhd|bhd|s/b|enterprise|trading|pte|"
    r"pty|sp\. ?z ?o\.? ?o|s\.?a|s\.?r\.?o|a\.?s|oy|oyj|ab|aps|a/s|kft|zrt|d\.?o\.?o|as|hf|restaurant|restoran|kedai|"
    r"store|shop|hotel|cafe|mart)\.?(?!\w)",
    re.IGNORECASE,
)
_ADDRESS_LINES = 5
_CONTACT = re.compile(r"www\.|https?:|@|tel|fax|phone|mobile", re.IGNORECASE)
_STREET = re.compile(
    r"\d.*[^\W\d]{3}|[^\W\d]{3}.*\d|street|road|avenue|lane|stra(ss|ß)e|rue|calle|via |jalan|taman|lorong|ulica",
    re.IGNORECASE,
)


def find_parties(
    sheet: Sheet, candidates: Mapping[str, list[Candidate]], lexicon: Lexicon
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Leaves `name` and `address` of supplier and customer; empty where none was found."""
    customer = _labelled(sheet, candidates.get("customer", ()), lexicon)
    supplier = _labelled(sheet, candidates.get("supplier", ()), lexicon)
    if not supplier:
        taken = customer.get("name", {}).get("value")
        supplier = _from_letterhead(sheet, lexicon, taken)
    return supplier, customer


def name_at_top(sheet: Sheet, lexicon: Lexicon, taken: str | None = None) -> tuple[Cell, str, float] | None:
    """What on the first page most looks like the issuer's name: its cell, the name, and how much, 0..1.

    Names stand at the top or in large print, have a legal form, and come back in web addresses and footers.
    """
    cells = [cell for cell in sheet.cells() if cell.page == 1]
    if not cells:
        return None
    sizes = sorted(cell.size for cell in cells)
    usual, height = sizes[len(sizes) // 2], sheet.height(1)

    spellings = [squeeze(cell.text)[0] for cell in cells]

    def worth(place: int, cell: Cell, text: str) -> float:
        words = re.findall(r"[^\W\d_]{2,}", text)
        if (
            not words
            or text == taken
            or _CONTACT.search(text)
            or any(hit.start == 0 for hit in lexicon.hits(text))
            or find_dates(text)
        ):
            return 0.0
        if len(words) > 8 or sum(c.isdigit() for c in text) > 5 or any(a.quality >= 0.9 for a in find_amounts(text)):
            return 0.0
        top = max(0.0, 1 - cell.box[1] / (height * 1.2))
        score = 0.3 * top + 0.12 * min(max(cell.size / usual - 1, 0), 1.5) + max(0.0, 0.25 - 0.05 * place)
        spelling = squeeze(text)[0]
        elsewhere = sum(spelling in other for other in spellings) - 1 if len(spelling) >= 5 else 0
        return score + 0.2 * min(elsewhere, 2) + (0.4 if _LEGAL_FORM.search(text) else 0.0)

    judged = [(worth(place, cell, part), cell, part) for place, cell in enumerate(cells) for part in _names(cell.text)]
    score, chosen, name = max(judged, key=lambda one: one[0])
    return (chosen, name, min(score, 1.0)) if score > 0 else None


def _names(text: str) -> list[str]:
    """The text, or the parts of a line that holds name and address in one."""
    parts = [part.strip() for part in re.split(r"\s[-\u2013|·•*]\s", text)]
    return [part for part in parts if part] or [text]


def _from_letterhead(sheet: Sheet, lexicon: Lexicon, taken: str | None) -> dict[str, Any]:
    found = name_at_top(sheet, lexicon, taken)
    if found is None:
        return {}
    cell, name, score = found
    party = {"name": leaf(name, name, cell.index_at(cell.text.index(name)), score * cell.confidence)}
    address = _address(sheet, cell, lexicon)
    return party | ({"address": of_cells(address, 0.8 * score)} if address else {})


def _labelled(sheet: Sheet, candidates: Sequence[Candidate], lexicon: Lexicon) -> dict[str, Any]:
    chosen = next((one for one in candidates if one.score >= 0.4), None)
    if chosen is None:
        return {}
    party = {"name": of_candidate(chosen)}
    address = _address(sheet, chosen.cell, lexicon)
    return party | ({"address": of_cells(address, 0.8 * chosen.score)} if address else {})


def _address(sheet: Sheet, name: Cell, lexicon: Lexicon) -> list[Cell]:
    """Lines right under the name that are neither labelled nor a way to call."""
    lines: list[Cell] = []
    above = name
    while len(lines) < _ADDRESS_LINES:
        under = sheet.below(above, (name.box[0], name.box[2]), lines=1.3)
        if not under or _CONTACT.search(under[0].text) or find_dates(under[0].text):
            break
        if any(hit.label.weight > 0.5 for hit in lexicon.hits(under[0].text)):
            break
        above = under[0]
        lines.append(above)
    return lines if any(_STREET.search(line.text) for line in lines) else []
