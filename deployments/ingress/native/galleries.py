"""Galleries of known faces: enrolling and searching are tasks, since both look at media."""

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from deployments.ingress.auth import Principal
from deployments.ingress.bodies import read_json
from deployments.ingress.errors import ApiError
from deployments.ingress.forms import FileRule, Form, FormRule, fingerprint_of, invalid
from deployments.ingress.intake import intake_of, json_reply, respond
from deployments.ingress.names import IDENTIFIER, known
from deployments.ingress.native.errors import NATIVE
from deployments.ingress.native.schemas import Accepted, Gallery, GalleryList, GallerySubjects
from deployments.ingress.native.submit import ACCEPTED, INFO, submit
from deployments.ingress.openapi import creating, errors, form_body, json_body, reply
from deployments.ingress.sensity.services import FACE_IMAGES, FACE_MEDIA
from deployments.tasks.galleries import GalleryExists, GalleryUnknown
from deployments.tasks.idempotency import StoredReply

router = APIRouter(tags=["Native: galleries"])

_SCOPE = "galleries"
_NAME = {"type": "string", "pattern": f"^{IDENTIFIER.pattern}$"}
_ENROL = FormRule(
    files=(FileRule("file", FACE_IMAGES, about="Photo of the subject."),),
    fields={"subject_id": "Whom the photo shows; a subject may have several photos.", **INFO},
)
_SEARCH = FormRule(files=(FileRule("file", FACE_MEDIA, about="Whom to look for, image or video."),), fields=INFO)
_ERRORS = errors(NATIVE, "unauthorized", "forbidden", "not_found")


@router.post(
    "/v1/galleries",
    status_code=201,
    response_model=Gallery,
    responses=reply("Created", {"id": "staff"}, 201)
    | errors(NATIVE, "invalid_parameter", "malformed_body", "unauthorized", "forbidden", "conflict"),
    openapi_extra=creating(
        json_body({"type": "object", "properties": {"id": _NAME}, "required": ["id"]}, {"id": "staff"})
    ),
)
async def create_gallery(request: Request) -> Response:
    """Creates an empty gallery under a name of the caller's choice."""
    intake = intake_of(request)
    principal = await intake.authorise(request, _SCOPE)
    name = (await read_json(request)).get("id")
    if not isinstance(name, str) or not IDENTIFIER.fullmatch(name):
        raise invalid("id", "must be letters, digits and . _ : @ -, at most 128")

    def create() -> StoredReply:
        try:
            intake.backend.galleries.create(principal.tenant, name)
        except GalleryExists:
            raise ApiError("conflict", "there is a gallery of that name") from None
        return json_reply({"id": name}, 201)

    return await intake.once(request, principal.tenant, fingerprint_of(name), create)


@router.get(
    "/v1/galleries",
    response_model=GalleryList,
    responses=reply("Galleries", {"galleries": [{"id": "staff"}]}) | _ERRORS,
)
async def list_galleries(request: Request) -> Response:
    """The galleries of the account."""
    intake = intake_of(request)
    names = await intake.ask(request, _SCOPE, intake.backend.galleries.list)
    return respond(json_reply({"galleries": [{"id": name} for name in names]}))


@router.get(
    "/v1/galleries/{id}",
    response_model=GallerySubjects,
    responses=reply("Subjects", {"id": "staff", "subjects": ["employee-17"]}) | _ERRORS,
)
async def get_gallery(request: Request, id: str) -> Response:
    """The subjects enrolled in a gallery."""
    intake = intake_of(request)
    try:
        subjects = await intake.ask(request, _SCOPE, intake.backend.galleries.subjects, known(id))
    except GalleryUnknown:
        raise ApiError("not_found") from None
    return respond(json_reply({"id": id, "subjects": subjects}))


@router.delete("/v1/galleries/{id}", status_code=204, response_class=Response, responses=_ERRORS)
async def delete_gallery(request: Request, id: str) -> Response:
    """Deletes a gallery with every face in it."""
    intake = intake_of(request)
    try:
        await intake.ask(request, _SCOPE, intake.backend.galleries.drop, known(id))
    except GalleryUnknown:
        raise ApiError("not_found") from None
    return Response(status_code=204)


@router.post(
    "/v1/galleries/{id}/subjects",
    status_code=202,
    response_model=Accepted,
    responses=ACCEPTED,
    openapi_extra=creating(form_body(_ENROL, {"file": "portrait.jpg", "subject_id": "employee-17"})),
)
async def enrol_subject(request: Request, id: str) -> Response:
    """Enrols a face: a task, whose report says whether a face was found and stored."""

    async def options(form: Form, principal: Principal) -> dict[str, Any]:
        subject = form.text("subject_id") or ""
        if not IDENTIFIER.fullmatch(subject):
            raise invalid("subject_id", "must be letters, digits and . _ : @ -, at most 128")
        await intake_of(request).need_gallery(principal.tenant, known(id))
        return {"gallery_id": id, "subject_id": subject}

    return await submit(request, _SCOPE, "gallery_enrol", _ENROL, options)


@router.delete("/v1/galleries/{id}/subjects/{subject}", status_code=204, response_class=Response, responses=_ERRORS)
async def remove_subject(request: Request, id: str, subject: str) -> Response:
    """Deletes every face of a subject."""
    intake = intake_of(request)
    try:
        removed = await intake.ask(request, _SCOPE, intake.backend.galleries.remove, known(id), known(subject))
    except GalleryUnknown:
        removed = 0
    if not removed:
        raise ApiError("not_found")
    return Response(status_code=204)


@router.post(
    "/v1/galleries/{id}/search",
    status_code=202,
    response_model=Accepted,
    responses=ACCEPTED,
    openapi_extra=creating(form_body(_SEARCH, {"file": "selfie.jpg"})),
)
async def search_gallery(request: Request, id: str) -> Response:
    """Looks for the face in a gallery: a face matching task, whose report names the best candidates."""

    async def options(_form: Form, principal: Principal) -> dict[str, Any]:
        await intake_of(request).need_gallery(principal.tenant, known(id))
        return {"gallery_id": id}

    return await submit(request, _SCOPE, "face_matching", _SEARCH, options)
