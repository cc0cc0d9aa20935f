"""Forensic facts of a PDF: versions, hidden and covered text, fonts, annotations, scripts, attachments, signatures."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pipelines.media.forensics.findings import Findings
from pipelines.media.forensics.pdf_contents import read_contents
from pipelines.media.forensics.pdf_details import read_details
from pipelines.media.forensics.pdf_fonts import judge_fonts
from pipelines.media.forensics.pdf_marks import Mark, draw_marks
from pipelines.media.forensics.pdf_overlays import judge_overlays
from pipelines.media.forensics.pdf_revisions import compare_revisions
from pipelines.media.forensics.pdf_signatures import judge_signatures
from pipelines.media.forensics.pdf_sources import judge_sources
from pipelines.media.forensics.pdf_structure import Structure, read_structure
from pipelines.media.frames import Limits
from pipelines.media.pdf import open_lenient
from pipelines.media.pdf_page import PageView, translucent, view_page
from pipelines.media.pdf_text import page_facts
from pipelines.media.pdf_visibility import judge_visibility
from pipelines.media.sniff import MediaType
from pipelines.report import Artifact

if TYPE_CHECKING:
    import pymupdf

_SECONDS = 10.0
"""For looking at pages; a file with more to look at is examined in part, and `pages_examined` says so."""
_SUMMED_PAGES = 10
_SHOWN = {"content": "pages", "annotations": "annotations", "form": "form fields", "metadata": "metadata"}


def read_pdf(found: Findings, data: bytes, media: MediaType, limits: Limits) -> tuple[Artifact, ...]:
    """Reads a PDF's details and flags into `found`, whose `signals["pdf"]` gets `revisions`, `signatures`, `fonts`,
    `text` (the first pages as in the facts `pdf_text`) and, of a damaged file, what was left `unread`.

    Returns:
        A picture (`heatmap-<flag>.png`) for each flag that is about places on pages.

    Raises:
        MediaError: `encrypted_pdf`, or `corrupt_media` where nothing can be read.
    """
    document = open_lenient(data)
    structure = read_structure(data)
    pages = min(document.page_count, limits.pages)
    read_details(found, document, structure)
    _judge_structure(found, document, structure)
    changes = compare_revisions(data, structure.revisions)
    marks: list[Mark] = _judge_revisions(found, structure, changes)
    judge_signatures(found, data, changes)
    views = _views(found, document, pages)
    found.details["pages_examined"] = len(views)
    found.signals["pdf"]["text"] = [page_facts(view) for view in views[:_SUMMED_PAGES]]
    judges: Mapping[str, Callable[[], Sequence[Mark] | None]] = {
        "overlays": lambda: judge_overlays(found, views),
        "fonts": lambda: judge_fonts(found, views),
        "contents": lambda: read_contents(found, document, pages),
        "sources": lambda: judge_sources(found, document, pages),
    }
    for part, judge in judges.items():
        marks += _guarded(found, part, judge)
    return tuple(_guarded(found, "pictures", lambda: draw_marks(document, marks)))


def _judge_structure(found: Findings, document: "pymupdf.Document", structure: Structure) -> None:
    if structure.trailing or structure.offset:
        value = {"after": structure.trailing, "before": structure.offset}
        found.flag("trailing_data", value, "Bytes that belong to no part of the document stand before or behind it.")
    if document.is_repaired or not structure.revisions:
        what = "cross-references" if structure.revisions else "end of file"
        found.flag("corrupted_file", what, "The file is damaged; it could only be read after a repair.")


def _judge_revisions(found: Findings, structure: Structure, changes: list[dict[str, Any]]) -> list[Mark]:
    """Flags every version that is more than a signature; says what was changed."""
    found.signals.setdefault("pdf", {})["revisions"] = changes
    if len(structure.revisions) < 2 or all(change["kind"] == "signature" for change in changes):
        return []
    shown = [_SHOWN[change["kind"]] for change in changes if change["kind"] in _SHOWN]
    what = f" Changed: {', '.join(dict.fromkeys(shown))}." if shown else ""
    found.flag("multiple_versions", len(structure.revisions), f"The file was changed after it was first saved.{what}")
    return [
        Mark("multiple_versions", page["page"], tuple(line["box"]))
        for change in changes
        for page in change.get("pages", ())
        for line in page.get("text_added", ())
    ]


def _views(found: Findings, document: "pymupdf.Document", pages: int) -> list[PageView]:
    views: list[PageView] = []
    blends = translucent(document)
    until = time.monotonic() + _SECONDS
    for number in range(pages):
        if time.monotonic() > until:
            break
        views += _guarded(found, f"page {number + 1}", lambda number=number: [_view(document, number, blends)])  # type: ignore[misc]
    return views


def _view(document: "pymupdf.Document", number: int, blends: bool) -> PageView:
    view = view_page(document[number], blends)
    judge_visibility(view)
    return view


def _guarded(found: Findings, part: str, judge: Callable[[], Sequence[Any] | None]) -> Sequence[Any]:
    """What a part finds. A part that fails over a damaged file is noted as `unread` and leaves the others alone."""
    try:
        return judge() or ()
    except MemoryError:
        raise
    except Exception:  # MuPDF's own classes, RuntimeError, ValueError, ...
        found.signals["pdf"].setdefault("unread", []).append(part)
        return ()
