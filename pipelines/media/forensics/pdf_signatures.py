"""Digital signatures of a PDF: whether they hold, and what was changed after signing. Nothing is ever fetched."""

import io
import logging
from collections.abc import Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from pipelines.media.forensics.findings import Findings, clean, rfc3339

if TYPE_CHECKING:
    from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

_MAX_SIGNATURES = 10
_MAX_REVISIONS = 30
_ALLOWED = frozenset(("NONE", "LTA_UPDATES", "FORM_FILLING"))
"""Changes that a signature leaves room for: further signatures, their proofs, and fields to fill in."""


def judge_signatures(found: Findings, data: bytes, changes: Sequence[dict[str, Any]]) -> None:
    """Flags `invalid_signature` and `signature_partial_coverage`.

    A signer whom nobody here knows is no fault of the signature: `trusted` says so and raises no flag.

    Args:
        changes: what each revision of the file changed, from `compare_revisions`.
    """
    found.details["signed"] = False
    if b"/ByteRange" not in data:
        return
    try:
        signatures = _signatures(data)
    except MemoryError:
        raise
    except Exception:  # hostile files raise anything
        found.signals.setdefault("pdf", {}).setdefault("unread", []).append("signatures")
        return
    found.details["signed"] = bool(signatures)
    found.signals.setdefault("pdf", {})["signatures"] = signatures
    broken = [signature for signature in signatures if not (signature["intact"] and signature["valid"])]
    if broken:
        found.flag("invalid_signature", broken, "A signature does not fit the bytes that it signs.")
    partial = [entry for entry in signatures if entry["intact"] and entry["changes"] not in _ALLOWED]
    if partial:
        after = [change for change in changes if change["revision"] > min(entry["revision"] for entry in partial)]
        value = {"signatures": partial, "changed": after[:5]}
        found.flag("signature_partial_coverage", value, "The file was changed after it was signed.")


def _signatures(data: bytes) -> list[dict[str, Any]]:
    import pyhanko.sign.validation  # noqa: F401 - what cannot be imported must not look like a broken signature
    from pyhanko.pdf_utils.reader import PdfFileReader

    for name in ("pyhanko", "pyhanko_certvalidator"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)  # they quote what stands in the file
    reader = PdfFileReader(io.BytesIO(data), strict=False)
    if reader.encrypted:
        reader.decrypt("")
    revisions = int(reader.xrefs.total_revisions)
    return [_signature(signature, revisions) for signature in reader.embedded_regular_signatures[:_MAX_SIGNATURES]]


def _signature(signature: "EmbeddedPdfSignature", revisions: int) -> dict[str, Any]:
    from pyhanko.sign.validation import async_validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    known: dict[str, Any] = {"field": clean(signature.field_name), "revision": int(signature.signed_revision) + 1}
    unknown = {"intact": False, "valid": False, "trusted": False, "coverage": "UNCLEAR", "changes": "OTHER"}
    try:
        context = ValidationContext(trust_roots=[], allow_fetching=False)
        check = async_validate_pdf_signature(signature, context, skip_diff=revisions > _MAX_REVISIONS)
        status = _finish(check)
        coverage = status.coverage.name if status.coverage else "UNCLEAR"
        level = getattr(status.modification_level, "name", None)
        changes = level or ("NONE" if coverage == "ENTIRE_FILE" else "OTHER")
        signer = status.signing_cert.subject.human_friendly
        at = status.signer_reported_dt
    except MemoryError:
        raise
    except Exception:
        return known | unknown
    return known | {
        "signer": clean(signer),
        "signed_at": rfc3339(at) if at else None,
        "intact": bool(status.intact),
        "valid": bool(status.valid),
        "trusted": bool(status.trusted),
        "coverage": coverage,
        "changes": changes if coverage not in ("UNCLEAR", "CONTIGUOUS_BLOCK_FROM_START") else "OTHER",
    }


def _finish(check: Coroutine[Any, Any, Any]) -> Any:
    """Runs a coroutine that waits for nothing. An event loop would need sockets, which this process may not have.

    Raises:
        RuntimeError: it waits for something after all, as it would to fetch a certificate.
    """
    try:
        check.send(None)
    except StopIteration as done:
        return done.value
    check.close()
    raise RuntimeError("a signature check wants to wait")
