"""Pages that did not come from the same file: documents made in one go embed each font once."""

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from pipelines.media.forensics.findings import Findings

if TYPE_CHECKING:
    import pymupdf

_SUBSET = re.compile(r"^[A-Z]{6}\+")
_NO_DIALECT = frozenset(
    ("Type", "Parent", "Annots", "Rotate", "StructParents", "Tabs", "Contents", "Resources", "Group")
)


def judge_sources(found: Findings, document: "pymupdf.Document", pages: int) -> None:
    """Flags `mixed_sources`: groups of pages that share no font object although they use the same fonts, or that are
    written in another dialect (entries of the page, names of its fonts)."""
    groups = _groups(document, pages)
    if not 2 <= len(groups) < max(3, sum(map(len, groups))):
        return  # one source, or a program that embeds fonts page by page
    families = [set().union(*(_families(document, page) for page in group)) for group in groups]
    dialects = [{_dialect(document, page) for page in group} for group in groups]
    main = max(range(len(groups)), key=lambda index: len(groups[index]))
    strange = []
    for index, group in enumerate(groups):
        again = bool(families[index] & families[main])
        foreign = not dialects[index] & dialects[main]
        if index != main and (foreign or again):
            strange += [page + 1 for page in group]
    if strange:
        found.flag("mixed_sources", {"pages": strange}, "Some pages were made apart from the others and put in later.")


def _groups(document: "pymupdf.Document", pages: int) -> list[list[int]]:
    """Pages with text, joined where they share a font object."""
    by_font: dict[int, list[int]] = defaultdict(list)
    for page in range(pages):
        for font in document.get_page_fonts(page):
            by_font[font[0]].append(page)
    group = {page: page for shared in by_font.values() for page in shared}
    for shared in by_font.values():
        names = {group[page] for page in shared}
        for page, name in group.items():
            if name in names:
                group[page] = min(names)
    joined: dict[int, list[int]] = defaultdict(list)
    for page, name in sorted(group.items()):
        joined[name].append(page)
    return list(joined.values())


def _families(document: "pymupdf.Document", page: int) -> set[str]:
    return {_SUBSET.sub("", str(font[3])) for font in document.get_page_fonts(page)}


def _dialect(document: "pymupdf.Document", page: int) -> tuple[Any, ...]:
    number = document.page_xref(page)
    entries = frozenset(document.xref_get_keys(number)) - _NO_DIALECT
    names = frozenset(re.sub(r"\d+", "0", str(font[4])) for font in document.get_page_fonts(page))
    return entries, names
