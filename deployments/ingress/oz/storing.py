"""Files of a form as media of a folder: looked at by the media host before anything is written down."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from uuid_utils import uuid7

from deployments.ingress.errors import ApiError, overloaded
from deployments.ingress.forms import FileRule, Form, FormRule
from deployments.ingress.intake import Intake
from deployments.ingress.oz.payload import Payload
from deployments.ingress.uploads import FormReader
from deployments.settings import MiB, Settings
from deployments.tasks.case import Medium
from deployments.tasks.task import MediaRef
from pipelines.errors import MediaError
from pipelines.media.encode import jpeg
from pipelines.media.frames import Decoded

TYPES = ("jpg", "png", "mp4", "mov", "webm", "avi", "zip")


def form_rule(settings: Settings) -> FormRule:
    """The form of a folder or of further media: any names for files, and a `payload`."""
    limits = dict.fromkeys(TYPES, settings.oz_max_file_mb * MiB)
    return FormRule(
        urlencoded=True,
        fields={"payload": "JSON: folder:meta_data, media:meta_data, media:tags, analyses, resolution_endpoint."},
        free_files=FileRule("media", limits, about="Photo, video or ZIP of frames.", unsupported="invalid_type"),
        most_files=settings.oz_max_files,
    )


def described(settings: Settings) -> FormRule:
    """The same for the documentation, which cannot say "any name"."""
    rule = form_rule(settings)
    assert rule.free_files is not None
    return replace(rule, urlencoded=False, files=(replace(rule.free_files, role="selfie", required=False),))


async def media_of(
    form: Form, payload: Payload, case_id: str, intake: Intake, tenant: str, reader: FormReader
) -> dict[str, Medium]:
    """The media by form key. Raises ApiError `bad_archive`; what else cannot be decoded fails in its analysis."""
    if form.empty:
        raise ApiError("empty_file", "a file is empty")
    refs = form.files
    facts = dict(zip(refs, await _probe(intake, list(refs.values())), strict=True))
    found = {}
    for key, ref in refs.items():
        fact = facts[key]
        thumb = ""
        if fact is not None:
            stored = await intake.backend.blobs.put(jpeg(fact.frames[0].pixels, 85), tenant)
            reader.stored.append(stored.key)
            thumb = stored.key
        found[key] = Medium(
            id=str(uuid7()),
            case_id=case_id,
            kind=ref.kind,
            mime=ref.mime,
            blob=ref.blob,
            thumb=thumb,
            sha256=ref.sha256,
            size=ref.size,
            name=form.names.get(key, "")[:255],
            tags=payload.tags.get(key, ()),
            meta_data=payload.media_meta.get(key, {}),
            info=_info(fact),
        )
    return found


async def _probe(intake: Intake, refs: Sequence[MediaRef]) -> list[Decoded | None]:
    if not refs:
        return []
    looked: list[Decoded | None] = []
    for ref, fact in zip(refs, await intake.backend.probe([ref.blob for ref in refs]), strict=True):
        if isinstance(fact, Decoded):
            looked.append(fact)
        elif ref.kind != "zip":
            looked.append(None)
        elif isinstance(fact, MediaError):
            raise ApiError("bad_archive", fact.message)
        else:
            raise overloaded()
    return looked


def _info(fact: Decoded | None) -> Mapping[str, Any]:
    if fact is None:
        return {}
    size: dict[str, Any] = {"width": fact.width, "height": fact.height}
    return size if fact.kind != "video" else {"duration": fact.duration, "fps": fact.fps, **size}
