"""Where asked-for words stand in a document."""

import unicodedata
from collections.abc import Sequence
from typing import Any

from pipelines.document.extraction.layout import Cell, Sheet
from pipelines.document.extraction.spelling import one_edit_apart

_MOST = 100
"""Matches told of one keyword; all are counted."""
_FUZZY_LEAST = 6
_FUZZY = 0.8


def find_keywords(sheet: Sheet, keywords: Sequence[str]) -> list[dict[str, Any]]:
    """One element for each keyword, in order (contracts 2.6): whole words, whatever their case and accents.

    A keyword may run over several spans of a row. In text that OCR read, one misread letter of a long word is forgiven,
    at a score below 1.
    """
    rows = [(row, *_joined(row)) for row in sheet.rows] if keywords else []
    found = []
    for keyword in keywords:
        matches = [match for row, text, owners in rows for match in _in_row(sheet, row, text, owners, keyword)]
        element = {"keyword": keyword, "found": bool(matches), "count": len(matches), "matches": matches[:_MOST]}
        found.append(element)
    return found


def _in_row(sheet: Sheet, row: list[Cell], text: str, owners: list[int], keyword: str) -> list[dict[str, Any]]:
    wanted, _ = _plain(keyword)
    plain, offsets = _plain(text)
    ocr = any(cell.ocr for cell in row)
    matches = []
    at = 0
    while wanted and at < len(plain):
        if at and plain[at - 1].isalnum() and wanted[0].isalnum():
            at += 1
            continue
        score, length = _match(plain, at, wanted, ocr=ocr)
        if score == 0.0:
            at += 1
            continue
        index = owners[offsets[at]]
        span = sheet.spans[index]
        matches.append({"ocr_index": index, "page": span.page, "text": span.text, "score": score})
        at += max(length, 1)
    return matches


def _match(plain: str, at: int, wanted: str, *, ocr: bool) -> tuple[float, int]:
    """Score and length of a match that begins here; score 0.0: none."""
    if plain.startswith(wanted, at) and _ends(plain, at + len(wanted)):
        return 1.0, len(wanted)
    if ocr and len(wanted) >= _FUZZY_LEAST:
        for length in (len(wanted), len(wanted) + 1, len(wanted) - 1):
            if _ends(plain, at + length) and one_edit_apart(plain[at : at + length], wanted):
                return _FUZZY, length
    return 0.0, 0


def _ends(plain: str, end: int) -> bool:
    return end == len(plain) or (end < len(plain) and not (plain[end].isalnum() and plain[end - 1].isalnum()))


def _plain(text: str) -> tuple[str, list[int]]:
    """Case-folded without accents, single spaces; where each character stands in the text."""
    kept: list[str] = []
    offsets: list[int] = []
    for at, character in enumerate(text):
        if character.isspace():
            if kept and kept[-1] != " ":
                kept.append(" ")
                offsets.append(at)
            continue
        for one in unicodedata.normalize("NFKD", character).casefold():
            if not unicodedata.combining(one):
                kept.append(one)
                offsets.append(at)
    while kept and kept[-1] == " ":
        kept.pop()
        offsets.pop()
    return "".join(kept), offsets


def _joined(row: list[Cell]) -> tuple[str, list[int]]:
    """The row's text, and for each character the index of its span."""
    text, owners = "", []
    for cell in row:
        if text:
            text += " "
            owners.append(cell.index_at(0))
        text += cell.text
        owners += [cell.index_at(at) for at in range(len(cell.text))]
    return text, owners
