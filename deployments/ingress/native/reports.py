"""Solutions, and the reports of all tasks of the account, whichever API they came through."""

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from deployments.ingress.auth import Principal
from deployments.ingress.errors import ApiError
from deployments.ingress.forms import FileRule, Form, FormRule
from deployments.ingress.intake import intake_of, json_reply, respond
from deployments.ingress.native.errors import NATIVE
from deployments.ingress.native.render import full_report
from deployments.ingress.native.schemas import Accepted, Report
from deployments.ingress.native.submit import ACCEPTED, INFO, submit
from deployments.ingress.openapi import EXAMPLE_ID, creating, errors, form_body, reply
from deployments.ingress.sensity import document_forms as forms
from deployments.ingress.sensity.services import FACE_IMAGES, FACE_MEDIA
from deployments.ingress.threads import to_the_end

router = APIRouter(tags=["Native: reports"])

_SIDES = {**FACE_IMAGES, "pdf": forms.PDF_BYTES}
_IDENTITY = FormRule(
    files=(
        FileRule("selfie", FACE_MEDIA, about="The person, image or video."),
        FileRule("reference", FACE_IMAGES, required=False, about="Photo to compare the person with."),
        FileRule("front", _SIDES, ("document_front",), False, "Front of the person's identity document."),
        FileRule("back", _SIDES, ("document_back",), False, "Its back."),
    ),
    fields={**INFO, "skip_forgery": "true: only read the document. Default false."},
)
_DOCUMENT = FormRule(
    files=(
        FileRule("file", _SIDES, about="The document, image or PDF."),
        FileRule("back", _SIDES, required=False, about="The other side of an identity document."),
    ),
    fields={**forms.EXTRACTION.fields, "skip_forgery": "true: only read identity documents. Default false."},
    lists=forms.EXTRACTION.lists,
)
_REPORT = {
    "id": EXAMPLE_ID,
    "service": "identity",
    "status": "completed",
    "attempts": 1,
    "progress": 1.0,
    "created_at": "2026-05-28T20:26:40.000Z",
    "started_at": "2026-05-28T20:26:40.004Z",
    "finished_at": "2026-05-28T20:26:40.260Z",
    "additional_info": None,
    "media": [{"role": "selfie", "kind": "image", "mime": "image/jpeg", "size": 183311, "sha256": "9f" * 32}],
    "error": None,
    "report": {
        "service": "identity",
        "verdict": "genuine",
        "checks": [],
        "data": {},
        "trace": [{"role": "selfie", "stage": "faces", "nodes": 1, "ms": 212.4, "outcome": "done"}],
    },
    "artifacts": [],
}
_BYTES: dict[int | str, dict[str, Any]] = {
    200: {"description": "The bytes", "content": {"application/octet-stream": {}}}
}
_ERRORS = errors(NATIVE, "unauthorized", "forbidden", "not_found")


@router.post(
    "/v1/solutions/identity",
    status_code=202,
    response_model=Accepted,
    responses=ACCEPTED,
    openapi_extra=creating(
        form_body(_IDENTITY, {"selfie": "selfie.jpg", "front": "card-front.jpg", "back": "card-back.jpg"})
    ),
)
async def create_identity(request: Request) -> Response:
    """Is the selfie of a living person, and of the person in the reference or in the identity document? Is that
    document authentic?"""

    async def options(form: Form, _principal: Principal) -> dict[str, Any]:
        return forms.id_document_options(form)

    return await submit(request, "tasks:write", "identity", _IDENTITY, options)


@router.post(
    "/v1/solutions/document",
    status_code=202,
    response_model=Accepted,
    responses=ACCEPTED,
    openapi_extra=creating(form_body(_DOCUMENT, {"file": "document.pdf"})),
)
async def create_document(request: Request) -> Response:
    """What does the document say, was its file worked on, and, where it is an identity document, is it authentic?"""

    async def options(form: Form, _principal: Principal) -> dict[str, Any]:
        return forms.forensic_options(form) | forms.extraction_options(form) | forms.id_document_options(form)

    return await submit(request, "tasks:write", "document", _DOCUMENT, options)


@router.get("/v1/reports/{id}", response_model=Report, responses=reply("The task and its report", _REPORT) | _ERRORS)
async def get_report(request: Request, id: str) -> Response:
    """A task of any API with every check, or how far it is."""
    intake = intake_of(request)
    task = await intake.ask(request, "tasks:read", intake.backend.tasks.get, id)
    if task is None:
        raise ApiError("not_found")
    return respond(json_reply(full_report(task)))


@router.get(
    "/v1/reports/{id}/artifacts/{name}",
    response_class=Response,
    responses=_BYTES | _ERRORS,
)
async def get_artifact(request: Request, id: str, name: str) -> Response:
    """Bytes that a report produced, such as the best frame of a video."""
    intake = intake_of(request)
    task = await intake.ask(request, "tasks:read", intake.backend.tasks.get, id)
    found = next((ref for ref in task.artifacts if ref.name == name), None) if task else None
    if found is None or not found.blob:
        raise ApiError("not_found")
    try:
        data = await intake.backend.blobs.get(found.blob)
    except FileNotFoundError:
        raise ApiError("not_found") from None
    # Never rendered in a browser that follows the link: what is inside came from somebody's upload.
    return Response(data, media_type=found.mime, headers={"Content-Disposition": "attachment"})


@router.delete("/v1/reports/{id}", status_code=204, response_class=Response, responses=_ERRORS)
async def erase_report(request: Request, id: str) -> Response:
    """Erases the task: media, artifacts and result. An audit entry without personal data stays."""
    intake = intake_of(request)
    keys = await intake.ask(request, "erase", intake.backend.tasks.erase, id)
    if keys is None:
        raise ApiError("not_found")
    await to_the_end(intake.backend.blobs.delete(keys))
    return Response(status_code=204)
