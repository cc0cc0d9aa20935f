"""What a PDF holds beside its pages' content: annotations, scripts and actions, attached files."""

import re
from typing import TYPE_CHECKING, Any

from pipelines.media.forensics.findings import Findings, clean
from pipelines.media.forensics.pdf_marks import Mark
from pipelines.media.pdf_page import MAX_OBJECTS, source

if TYPE_CHECKING:
    import pymupdf

_NO_MARKUP = frozenset(("Link", "Widget", "Popup", "PrinterMark", "TrapNet", "Watermark"))
_MAX_ANNOTATIONS = 200
_SCRIPT = re.compile(r"/S/JavaScript\b|/JS[ (<]")
_LAUNCH = re.compile(r"/S/Launch\b")
_ATTACHED = re.compile(r"/EF<<")


def read_contents(found: Findings, document: "pymupdf.Document", pages: int) -> list[Mark]:
    """Notes and flags annotations, scripts and attached files. Returns where the annotations are."""
    marks = _annotations(found, document, pages)
    scripts, launches, attached = _actions(document)
    names = [clean(name) for name in document.embfile_names()[:50]] or ["unnamed"] * attached
    found.details["has_javascript"] = bool(scripts)
    found.detail("embedded_files", names)
    if scripts:
        found.flag("javascript_present", scripts, "The file holds scripts that some viewers run.")
    if launches:
        found.flag("javascript_present", scripts + launches, "The file holds actions that start other programs.")
    if names:
        found.flag("embedded_files_present", names, "Other files are attached inside the file.")
    return marks


def _annotations(found: Findings, document: "pymupdf.Document", pages: int) -> list[Mark]:
    listed: list[dict[str, Any]] = []
    for number in range(pages):
        for annotation in document[number].annots() or ():
            kind = str(annotation.type[1])
            if kind in _NO_MARKUP or len(listed) >= _MAX_ANNOTATIONS:
                continue
            box = tuple(round(float(side), 1) for side in annotation.rect)
            text = clean((annotation.info or {}).get("content", ""))
            listed.append({"page": number + 1, "type": kind, "box": list(box), "text": text})
    if listed:
        found.flag("annotations_present", listed, "Annotations lie over the pages.")
    return [Mark("annotations_present", entry["page"], tuple(entry["box"])) for entry in listed]


def _actions(document: "pymupdf.Document") -> tuple[list[str], list[str], bool]:
    """Scripts and launching actions, by object number, and whether a file is attached anywhere."""
    scripts: list[str] = []
    launches: list[str] = []
    attached = False
    for number in range(1, min(document.xref_length(), MAX_OBJECTS)):
        text = source(document, number)
        if _SCRIPT.search(text):
            scripts.append(f"object {number}")
        elif _LAUNCH.search(text):
            launches.append(f"launch action in object {number}")
        attached = attached or _ATTACHED.search(text) is not None
    return scripts[:50], launches[:50], attached
