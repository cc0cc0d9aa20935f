"""Which type of document this is, by weighted evidence in many languages."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

from pipelines.document.extraction.layout import Cell, Sheet
from pipelines.document.extraction.lexicon import Hit, types
from pipelines.document.extraction.spelling import squeeze

NAMES: Mapping[str, str] = {
    "invoice": "Invoice",
    "bank_statement": "Bank Statement",
    "payslip": "Payslip",
    "company_formation": "Company Formation Document",
    "vat": "VAT",
}
"""Keys of the engine -> names of contracts 2.6."""
UNKNOWN = "Unknown"
_TITLE, _TITLE_IN_TEXT, _WORD, _COMMON = 3.0, 0.7, 1.0, 0.3
_PROSE = 0.4
_WORDS_OF_PROSE = 7
_SHARPNESS, _NOTHING = 0.7, 2.5
"""How fast evidence turns into certainty, and the evidence at which a type is as likely as none."""
_LEAST = 0.5
_TOLD = 8


@dataclass(frozen=True, slots=True)
class Classification:
    """The type with its confidence, the share of each type, and the phrases that spoke for it (span indices)."""

    document_type: str
    key: str | None
    confidence: float
    shares: Mapping[str, float]
    evidence: tuple[int, ...]

    def to_json(self) -> dict[str, object]:
        """JSON values."""
        return {
            "document_type": self.document_type,
            "confidence": round(self.confidence, 3),
            "types": {NAMES.get(key, UNKNOWN): round(share, 3) for key, share in self.shares.items()},
            "ocr_indices": list(self.evidence),
        }


def classify(sheet: Sheet) -> Classification:
    """The type that most speaks for; `Unknown` where too little does, with the confidence of that."""
    usual = median([cell.size for cell in sheet.cells()] or [1.0])
    found: dict[str, dict[str, tuple[float, int]]] = {key: {} for key in NAMES}
    for cell in sheet.cells():
        for hit in types().hits(cell.text, ocr=cell.ocr):
            spelling = squeeze(cell.text[hit.start : hit.end])[0]
            worth = _worth(sheet, cell, hit, usual)
            known = found[hit.label.field].get(spelling, (0.0, 0))
            if worth > known[0]:
                found[hit.label.field][spelling] = worth, cell.index_at(hit.start)
    evidence = {key: sum(worth for worth, _ in phrases.values()) for key, phrases in found.items()}
    weights = {key: math.exp(_SHARPNESS * min(worth, 40.0)) for key, worth in evidence.items()}
    nothing = math.exp(_SHARPNESS * _NOTHING)
    whole = sum(weights.values()) + nothing
    shares = {key: weight / whole for key, weight in weights.items()} | {"": nothing / whole}
    best = max(NAMES, key=lambda key: shares[key])
    if shares[best] < _LEAST:
        return Classification(UNKNOWN, None, shares[""], shares, ())
    phrases = sorted(found[best].values(), reverse=True)[:_TOLD]
    return Classification(NAMES[best], best, shares[best], shares, tuple(index for _, index in phrases))


def named(document_type: str) -> str | None:
    """The engine's key of a type by its name, None for `Unknown` and names it does not know."""
    wanted = document_type.strip().casefold()
    return next((key for key, name in NAMES.items() if wanted in (key, name.casefold())), None)


def _worth(sheet: Sheet, cell: Cell, hit: Hit, usual: float) -> float:
    words = len(cell.text.split())
    trust = hit.weight * (_PROSE if words > _WORDS_OF_PROSE else 1.0)
    if hit.label.kind == "title":
        alone = hit.start == 0 and len(cell.text[hit.end :].split()) <= 3
        large = cell.size >= 1.15 * usual or cell.box[1] < 0.35 * sheet.height(cell.page)
        return trust * (_TITLE if alone and large else _TITLE_IN_TEXT)
    return trust * (_COMMON if hit.label.kind == "common" else _WORD)
