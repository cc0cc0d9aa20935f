"""What each version of a PDF changed: text and images of its pages, annotations, form fields, metadata."""

import hashlib
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipelines.errors import MediaError
from pipelines.media.forensics.findings import clean
from pipelines.media.forensics.pdf_structure import Revision
from pipelines.media.pdf import open_lenient

if TYPE_CHECKING:
    import pymupdf

_MAX_COMPARED = 6
"""Versions that are compared: the newest ones."""
_MAX_PAGES = 50
_MAX_LISTED = 20
_SECONDS = 8.0


@dataclass(slots=True)
class _Page:
    """What a reader of the page sees or a tool could have put there, each with how often."""

    lines: Counter[str] = field(default_factory=Counter)
    places: dict[str, list[float]] = field(default_factory=dict)
    images: Counter[str] = field(default_factory=Counter)
    annotations: Counter[str] = field(default_factory=Counter)
    fields: dict[str, str] = field(default_factory=dict)
    contents: str = ""


@dataclass(slots=True)
class _Version:
    pages: list[_Page]
    metadata: dict[str, str]
    signatures: int


def compare_revisions(data: bytes, revisions: Sequence[Revision]) -> list[dict[str, Any]]:
    """Describes what every version but the first changed against the one before.

    Returns:
        `{"revision" (from 2), "objects", "kind", "pages", "metadata", "page_count"}` each. `kind` is the weightiest
        change: `content` (text, images or pages), `annotations`, `form`, `signature`, `metadata`, `other` (nothing
        that shows), or `unread` (damaged, or out of time). A page is `{"page", "text_removed", "text_added" (each
        `{"text", "box"}`), "images_removed", "images_added", "annotations_removed", "annotations_added", "fields"}`.
    """
    if len(revisions) < 2:
        return []
    until = time.monotonic() + _SECONDS
    first = max(0, len(revisions) - _MAX_COMPARED)
    before = _read(data[: revisions[first].end], until)
    changes = []
    for number in range(first + 1, len(revisions)):
        after = _read(data[: revisions[number].end], until)
        change: dict[str, Any] = {"revision": number + 1, "objects": len(revisions[number].objects)}
        changes.append(change | (_difference(before, after) if before and after else {"kind": "unread", "pages": []}))
        before = after
    return changes


def _read(data: bytes, until: float) -> _Version | None:
    if time.monotonic() > until:
        return None
    try:
        document = open_lenient(data)
        pages = [_page(document, number, until) for number in range(min(document.page_count, _MAX_PAGES))]
        metadata = {name: clean(value) for name, value in (document.metadata or {}).items() if value}
        signatures = data.count(b"/ByteRange")
    except MemoryError:
        raise
    except (MediaError, TimeoutError):
        return None
    except Exception:  # MuPDF's own classes, RuntimeError, ValueError, ...
        return None
    return _Version(pages, metadata, signatures)


def _page(document: "pymupdf.Document", number: int, until: float) -> _Page:
    if time.monotonic() > until:
        raise TimeoutError
    page, seen = document[number], _Page()
    seen.contents = hashlib.sha256(page.read_contents()).hexdigest()
    for block in page.get_text("dict", flags=0)["blocks"]:
        for line in block.get("lines", ()):
            text = " ".join("".join(span["text"] for span in line["spans"]).split())
            if text:
                seen.lines[text] += 1
                seen.places.setdefault(text, [round(float(side), 1) for side in line["bbox"]])
    for image in document.get_page_images(number):
        seen.images[hashlib.sha256(document.xref_stream_raw(image[0]) or b"").hexdigest()] += 1
    for annotation in page.annots() or ():
        info, kind = annotation.info, annotation.type[1]
        seen.annotations[f"{kind}: {clean(info.get('content', ''))}"] += 1
    for widget in page.widgets() or ():
        if widget.field_type_string != "Signature":
            seen.fields[clean(widget.field_name)] = clean(widget.field_value)
    return seen


def _difference(before: _Version, after: _Version) -> dict[str, Any]:
    pages, kinds = [], set()
    for number, (old, new) in enumerate(zip(before.pages, after.pages, strict=False), 1):
        change = _page_difference(old, new)
        kinds |= _page_kinds(old, new, change)
        if change:
            pages.append({"page": number} | change)
    metadata = _changed(before.metadata, after.metadata)
    found: dict[str, Any] = {"pages": pages[:_MAX_LISTED], "metadata": metadata}
    if len(before.pages) != len(after.pages):
        found["page_count"] = [len(before.pages), len(after.pages)]
        kinds.add("content")
    if after.signatures > before.signatures:
        kinds.add("signature")
    if metadata:
        kinds.add("metadata")
    order = ("content", "annotations", "form", "signature", "metadata")
    return {"kind": next((kind for kind in order if kind in kinds), "other")} | found


def _page_difference(old: _Page, new: _Page) -> dict[str, Any]:
    removed, added = old.lines - new.lines, new.lines - old.lines
    change: dict[str, Any] = {
        "text_removed": [{"text": clean(text), "box": old.places[text]} for text in removed][:_MAX_LISTED],
        "text_added": [{"text": clean(text), "box": new.places[text]} for text in added][:_MAX_LISTED],
        "images_removed": (old.images - new.images).total(),
        "images_added": (new.images - old.images).total(),
        "annotations_removed": list(old.annotations - new.annotations)[:_MAX_LISTED],
        "annotations_added": list(new.annotations - old.annotations)[:_MAX_LISTED],
        "fields": _changed(old.fields, new.fields),
    }
    return {name: value for name, value in change.items() if value}


def _page_kinds(old: _Page, new: _Page, change: Mapping[str, Any]) -> set[str]:
    """Text that only an annotation or a form field shows is no change of the page's content."""
    kinds = set()
    if old.contents != new.contents and any(name.startswith(("text", "images")) for name in change):
        kinds.add("content")
    if any(name.startswith("annotations") for name in change):
        kinds.add("annotations")
    if "fields" in change:
        kinds.add("form")
    if not kinds and any(name.startswith(("text", "images")) for name in change):
        kinds.add("content")  # through a form or a font that the page uses
    return kinds


def _changed(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, list[str | None]]:
    names = sorted(old.keys() | new.keys())
    return {name: [old.get(name), new.get(name)] for name in names if old.get(name) != new.get(name)}
