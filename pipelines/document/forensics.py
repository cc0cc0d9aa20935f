"""Is this file what it claims to be? Forensics of images, videos, sound files and PDFs (contracts 2.6)."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from models.cards import card
from models.document.quantisation import nearest_quality
from pipelines.context import Context
from pipelines.document.file_names import judge_name
from pipelines.document.file_tags import judge_tags
from pipelines.document.pdf_arithmetic import judge_arithmetic
from pipelines.document.pixel_checks import PIXEL_MODELS, PixelCheck, check_pixels
from pipelines.errors import MediaError
from pipelines.media import exiftool
from pipelines.media.forensics.findings import Findings
from pipelines.media.frames import Decoded, DecodeRequest
from pipelines.policy import verdict
from pipelines.provenance import used
from pipelines.report import Artifact, Check, Report, Status
from pipelines.workers import Models

MODELS = PIXEL_MODELS
MAX_SIDE = 4096
"""Larger pictures are reduced, which erases what the checks of pixels look for: they are not performed then."""
_KINDS = frozenset(("image", "video", "audio", "pdf"))
FAMILIES: Mapping[str, tuple[frozenset[str], tuple[str, ...]]] = {
    "integrity": (_KINDS, ("corrupted_file",)),
    "container": (_KINDS, ("extension_mismatch", "trailing_data")),
    "signature": (_KINDS, ("invalid_signature",)),
    "signature_coverage": (frozenset(("pdf",)), ("signature_partial_coverage",)),
    "ai_generation": (_KINDS, ("ai_generator_metadata",)),
    "editing": (_KINDS, ("suspicious_software",)),
    "screenshot": (frozenset(("image", "video")), ("screenshot_software",)),
    "dates": (_KINDS, ("dates_mismatch",)),
    "metadata": (frozenset(("image", "video", "pdf")), ("metadata_stripped",)),
    "thumbnail": (frozenset(("image",)), ("thumbnail_mismatch",)),
    "double_compression": (frozenset(("image",)), ("double_compression",)),
    "jpeg_ghosts": (frozenset(("image",)), ("ela_anomaly",)),
    "copy_move": (frozenset(("image",)), ("copy_move",)),
    "stream": (frozenset(("video", "audio")), ("reencoded_stream",)),
    "audio_splice": (frozenset(("video", "audio")), ("audio_splice",)),
    "revisions": (frozenset(("pdf",)), ("multiple_versions", "mixed_sources")),
    "arithmetic": (frozenset(("pdf",)), ("arithmetic_inconsistency",)),
    "hidden_content": (frozenset(("pdf",)), ("hidden_text", "invisible_overlay", "redacted_content")),
    "fonts": (frozenset(("pdf",)), ("font_inconsistency",)),
    "annotations": (frozenset(("pdf",)), ("annotations_present",)),
    "active_content": (frozenset(("pdf",)), ("javascript_present", "embedded_files_present")),
}
"""Check -> kinds of files it applies to, and the red flags that fail it."""
FLAGS = frozenset(flag for _, flags in FAMILIES.values() for flag in flags)
_THEIR_FAULT = frozenset(("corrupt_media", "decoder_crashed"))
_PART = "not_read_in_full"
_NO_FAULT = frozenset(("no_video_stream", "no_audio_stream", "too_many_pages"))
_MESSAGES = {"image_too_large": "image too large", "video_too_long": "video too long",
             "video_resolution": "video resolution too high"}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFindings:
    """What was found in one file.

    Attributes:
        kind: `image`, `video`, `audio` or `pdf`.
        flags: red flag -> `value` and `message`.
        pixels: the checks of pixels by their names; None where one could not judge.
        images: images that stand in a PDF, where they were asked for.
        pictures: pages of a PDF with what its flags are about framed in red.
        absent: checks that had nothing to look at, with the reason.
    """

    kind: str
    details: Mapping[str, Any]
    flags: Mapping[str, Mapping[str, Any]]
    pixels: Mapping[str, PixelCheck | None] = field(default_factory=dict)
    images: tuple[Artifact, ...] = ()
    pictures: tuple[Artifact, ...] = ()
    absent: Mapping[str, str] = field(default_factory=dict)
    ms: float = 0.0


async def find_in_file(decoded: Decoded, models: Models, options: Mapping[str, Any]) -> FileFindings:
    """The stage: what the reader found in the file, and what the models find in its pixels.

    Raises:
        MediaError: the file is beyond the limits.
    """
    began = time.perf_counter()
    facts = decoded.facts["forensics"]
    found = Findings(dict(facts["details"]), dict(facts["flags"]), facts["signals"])
    judge_tags(found, decoded.facts.get(exiftool.FACTS, {}))
    flags = {name: flag for name, flag in found.flags.items() if name in FLAGS}
    details, signals = found.details, found.signals
    if decoded.fault is not None and decoded.fault not in _NO_FAULT:
        if decoded.fault not in _THEIR_FAULT:
            raise MediaError(decoded.fault, _MESSAGES.get(decoded.fault, decoded.fault.replace("_", " ")))
        flags.setdefault("corrupted_file", {"value": "undecodable", "message": "The file cannot be decoded in full."})
    steps = signals.get("quantisation")
    quality = nearest_quality(steps) if isinstance(steps, list) and len(steps) == 64 else None
    if quality is not None:
        details["jpeg_quality"] = quality
    if figures := judge_arithmetic(signals.get("pdf", {}).get("text", ())):
        flags["arithmetic_inconsistency"] = {"value": figures, "message": "Sums in the document do not come out."}
    pixels = await check_pixels(decoded, models, signals, quality) if decoded.kind == "image" else {}
    for check in pixels.values():
        if check is not None:
            flags |= {name: dict(flag) for name, flag in check.flags.items()}
    return FileFindings(
        kind=decoded.kind,
        details=details,
        flags=flags,
        pixels=pixels,
        images=tuple(a for a in decoded.attachments if not a.name.startswith("heatmap-")),
        pictures=tuple(a for a in decoded.attachments if a.name.startswith("heatmap-")),
        absent=_absent(details, signals),
        ms=(time.perf_counter() - began) * 1000,
    )


def _absent(details: Mapping[str, Any], signals: Mapping[str, Any]) -> dict[str, str]:
    absent = {}
    if not details.get("c2pa") and not details.get("signed"):
        absent["signature"] = "unsigned"
    if not signals.get("thumbnail"):
        absent["thumbnail"] = "no_thumbnail"
    pdf = signals.get("pdf") or {}
    if pdf.get("unread") or details.get("pages_examined", 0) < details.get("pages", 0):
        absent |= dict.fromkeys(("integrity", "hidden_content", "fonts", "annotations", "active_content"), _PART)
    if not pdf.get("text"):
        absent["arithmetic"] = "no_text"
    if not signals.get("sound_seconds"):
        absent["audio_splice"] = "no_sound"
    return absent


async def analyse_file(context: Context) -> Report:
    """The Sensity-compatible service: details of a file and everything that speaks against it.

    Options: `file_name`: as the client named the file. `extract_images`: artifacts of the images in a PDF.
    """
    facts = {"forensics", exiftool.FACTS} | ({"pdf_images"} if context.options.get("extract_images") else set())
    request = DecodeRequest(frames=1, max_side=MAX_SIDE, kinds=_KINDS, exif_rotation=False, facts=frozenset(facts))
    seen: FileFindings = await context.look("file", "forensics", request, {})
    flags = dict(seen.flags)
    details = dict(seen.details)
    name = context.options.get("file_name")
    if name:
        details["file_name"] = str(name)
        flags |= judge_name(str(name), str(details.get("mime_type", "")))
    checks = tuple(_checks(seen, flags))
    heat = tuple(a for check in seen.pixels.values() if check is not None for a in check.artifacts)
    return Report(
        service="forensic_analysis",
        verdict=verdict("forensic_analysis", checks),
        checks=checks,
        data={
            "document_details": details,
            "red_flags": {flag: found["message"] for flag, found in flags.items()},
            "trigger_values": {flag: found["value"] for flag, found in flags.items()},
        },
        artifacts=(*heat, *seen.pictures, *(seen.images if context.options.get("extract_images") else ())),
    )


def _checks(seen: FileFindings, flags: Mapping[str, Mapping[str, Any]]) -> Iterator[Check]:
    """One check for each family that applies to the file's kind."""
    for name, (kinds, members) in FAMILIES.items():
        if seen.kind not in kinds or (name == "audio_splice" and seen.kind == "video" and name in seen.absent):
            continue
        raised = tuple(flag for flag in members if flag in flags)
        if name in PIXEL_CHECKS:
            yield _pixel_check(name, seen, raised)
        elif name in seen.absent and not raised:
            yield Check(name=name, status=Status.NOT_PERFORMED, reasons=(seen.absent[name],))
        else:
            # What cannot be read in full cannot be judged in full, which is no sign of a forgery.
            failed = Status.INCONCLUSIVE if name == "integrity" else Status.FAILED
            yield Check(
                name=name,
                status=failed if raised else Status.PASSED,
                reasons=raised,
                evidence={"value": {flag: flags[flag]["value"] for flag in raised}} if raised else {},
            )


PIXEL_CHECKS = {
    "jpeg_ghosts": "document/ghosts",
    "copy_move": "document/copy-move",
    "double_compression": "document/ghosts",
}


def _pixel_check(name: str, seen: FileFindings, raised: tuple[str, ...]) -> Check:
    model = PIXEL_CHECKS[name]
    found = seen.pixels.get(name)
    if found is None:
        return Check(name=name, status=Status.NOT_PERFORMED, reasons=("too_little_to_see",), models=used(model))
    return Check(
        name=name,
        status=Status.FAILED if raised else Status.PASSED,
        score=found.score,
        threshold=None if found.score is None else float(card(model).parameters["threshold"]),
        reasons=raised,
        evidence=found.evidence,
        models=used(model),
        ms=seen.ms,
    )
