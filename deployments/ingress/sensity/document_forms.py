"""What is sent to have documents and files examined, and what the service is told (contracts 2.2 and 2.3)."""

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from deployments.ingress.errors import ApiError
from deployments.ingress.forms import FileRule, Form, FormRule, invalid

MEDIA_BYTES = 32 << 20
PDF_BYTES = 20 << 20
INFO = {"additional_info": "Any text; returned with the result."}
_CARDS: Mapping[str, int] = dict.fromkeys(("jpg", "png", "tiff", "webp"), MEDIA_BYTES)
_IMAGES = ("jpg", "png", "tiff", "gif", "webp", "bmp")
_VIDEOS = ("mkv", "flv", "mov", "mp4", "avi", "webm", "3gp")
_AUDIO = ("wav", "mp3", "m4a", "ogg", "aac", "flac")
_ANYTHING: Mapping[str, int] = dict.fromkeys((*_IMAGES, *_VIDEOS, *_AUDIO), MEDIA_BYTES) | {"pdf": PDF_BYTES}
_PAPERS: Mapping[str, int] = dict.fromkeys(("jpg", "png", "tiff"), MEDIA_BYTES) | {"pdf": PDF_BYTES}

DOCUMENT_TYPES = ("Bank Statement", "Company Formation Document", "Invoice", "Payslip", "VAT", "Unknown")
DATE_ORDERS = ("DMY", "MDY", "YMD", "YDM")
MAX_KEYWORDS, MAX_KEYWORD = 100, 100

ID_DOCUMENT = FormRule(
    files=(
        FileRule("front", _CARDS, ("file",), about="Front of the document."),
        FileRule("back", _CARDS, ("extra_file",), False, about="Its back."),
    ),
    fields={**INFO, "skip_forgery": "true: only read the document. Default false."},
)
FORENSIC = FormRule(
    files=(FileRule("file", _ANYTHING, about="Image, video, sound or PDF.", url="url"),),
    fields={
        **INFO,
        "url": "Where the file lies, instead of `file`.",
        "is_extract_images": "true: return the images inside a PDF. Default false.",
    },
    urlencoded=True,
)
EXTRACTION = FormRule(
    files=(FileRule("file", _PAPERS, about="The document."),),
    fields={
        **INFO,
        "document_type": f"What it is, if that is known: {', '.join(DOCUMENT_TYPES)}.",
        "date_order": f"How its dates are written: {', '.join(DATE_ORDERS)}. Default DMY.",
        "is_extract_images": "true: return the images inside a PDF. Default false.",
        "keywords": "Words to look for: a JSON list, a list with commas, or the field several times.",
    },
    lists=frozenset({"keywords"}),
)


def id_document_options(form: Form) -> dict[str, Any]:
    """Options of an ID document's task."""
    return {"skip_forgery": form.boolean("skip_forgery", False)}


def forensic_options(form: Form) -> dict[str, Any]:
    """Options of a file's examination. The name matters: its extension may be a lie."""
    options: dict[str, Any] = {"extract_images": form.boolean("is_extract_images", False)}
    sent = form.files.get("file")
    named = form.names.get("file") or (_last_segment(sent.url) if sent is not None and sent.url else "")
    return options | ({"file_name": named} if named else {})


def extraction_options(form: Form) -> dict[str, Any]:
    """Options of data extraction. Raises ApiError `invalid_parameter`."""
    order = (form.text("date_order") or "DMY").upper()
    if order not in DATE_ORDERS:
        raise invalid("date_order", f"must be one of {', '.join(DATE_ORDERS)}")
    options = {
        "date_order": order,
        "extract_images": form.boolean("is_extract_images", False),
        "keywords": keywords_of(form.lists.get("keywords", ())),
    }
    wish = form.text("document_type")
    if wish is None:
        return options
    known = next((name for name in DOCUMENT_TYPES if name.lower() == wish.lower()), None)
    if known is None:
        raise invalid("document_type", f"must be one of {', '.join(DOCUMENT_TYPES)}")
    return options | {"document_type": known}


def keywords_of(fields: Iterable[str]) -> list[str]:
    """Keywords in the order they were asked for: each field is a JSON list, a list with commas, or one keyword.

    Raises: ApiError: `invalid_parameter` for too many or too long ones, or a JSON list of anything but texts.
    """
    found: list[str] = []
    for text in fields:
        found += _json_list(text) if text.lstrip().startswith("[") else text.split(",")
    words = list(dict.fromkeys(word.strip() for word in found if word.strip()))
    if len(words) > MAX_KEYWORDS or any(len(word) > MAX_KEYWORD for word in words):
        raise invalid("keywords", f"may hold at most {MAX_KEYWORDS} words of at most {MAX_KEYWORD} characters")
    return words


def _json_list(text: str) -> list[str]:
    wrong: ApiError = invalid("keywords", "must be a JSON list of texts, or words with commas between them")
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        raise wrong from None
    if not isinstance(values, list) or not all(isinstance(value, str) and "\0" not in value for value in values):
        raise wrong
    return values


def _last_segment(url: str) -> str:
    try:
        return unquote(urlsplit(url).path).rpartition("/")[2][:200].replace("\0", "")
    except ValueError:
        return ""
