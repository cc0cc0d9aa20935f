"""One or two photos whose names, declared types and contents agree (contracts 6.1)."""

from collections.abc import Mapping
from dataclasses import replace

from deployments.ingress.errors import ApiError
from deployments.ingress.forms import FileRule, Form, FormRule
from deployments.ingress.shareid.request import claim_of, tenant_of
from deployments.settings import ShareIdSettings
from deployments.tasks.task import MediaRef

MOST_PHOTOS = 2
ROLES: Mapping[str, str] = {"photos": "front", "photos2": "back"}
"""Role in the form -> media role. Which photo shows which side is for the service to find out."""

TYPES: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "image/jpeg": (frozenset({"jpg", "jpeg"}), frozenset({"image/jpeg", "image/jpg", "image/pjpeg"})),
    "image/png": (frozenset({"png"}), frozenset({"image/png", "image/x-png"})),
    "image/webp": (frozenset({"webp"}), frozenset({"image/webp"})),
    "application/pdf": (frozenset({"pdf"}), frozenset({"application/pdf"})),
}
"""Type by content -> extensions of file names and declared types that agree with it."""

_DATA = "JSON object: api_key and business_hash; optionally doc_type, country_code, first_name, last_name and tags."


def form_of(settings: ShareIdSettings) -> FormRule:
    """The form of a request. Credentials are judged as soon as they were read."""

    async def judge(name: str, value: str) -> None:
        if name == "data":
            tenant_of(value, settings.credentials)

    limits = dict.fromkeys(("jpg", "png", "webp", "pdf"), settings.total_bytes)
    photos = FileRule(
        "photos", limits, most=MOST_PHOTOS, about="One or two photos of the document, in any order; both sides of it."
    )
    return FormRule(
        files=(photos,), fields={"data": _DATA}, total_bytes=settings.total_bytes, check=_check, on_text=judge
    )


def media_of(form: Form) -> tuple[MediaRef, ...]:
    """The photos in the roles that the service knows."""
    return tuple(replace(ref, role=ROLES[ref.role]) for ref in form.media())


def _check(form: Form) -> None:
    """400 before 413 before 415."""
    claim_of(form.text("data"))
    form.require("photos")
    for code in ("invalid_parameter", "payload_too_large"):
        for problem in form.problems:
            if problem.code == code:
                raise problem
    for role, ref in form.files.items():
        extensions, declared = TYPES.get(ref.mime, (frozenset(), frozenset()))
        name = form.names[role].rpartition(".")
        if not name[1] or name[2].lower() not in extensions or form.types[role] not in declared:
            raise ApiError("unsupported_media_type", "a photo's name, its declared type and its content disagree")
