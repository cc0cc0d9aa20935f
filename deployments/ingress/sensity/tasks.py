"""Creating tasks and polling their results (contracts 2.2)."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from deployments.ingress.errors import ApiError
from deployments.ingress.forms import Form
from deployments.ingress.intake import intake_of, json_reply, respond
from deployments.ingress.openapi import EXAMPLE_ID, creating, errors, form_body, reply
from deployments.ingress.sensity.errors import SENSITY
from deployments.ingress.sensity.render import envelope, pictures_of
from deployments.ingress.sensity.schemas import Created, Envelope
from deployments.ingress.sensity.services import SERVICES, Service
from deployments.tasks.idempotency import StoredReply
from deployments.tasks.task import Task, TaskSpec

router = APIRouter(tags=["Sensity: tasks"])

_CREATED = {"report_id": EXAMPLE_ID, "task_id": EXAMPLE_ID, "success": True}
_REFUSED = errors(
    SENSITY,
    *("missing_file", "empty_file", "invalid_parameter", "invalid_session_info", "malformed_body", "unauthorized"),
    *("forbidden", "payload_too_large", "unsupported_media_type", "idempotency_key_reused", "rate_limited"),
    "overloaded",
)
_LIVE = {
    "id": EXAMPLE_ID,
    "status": "completed",
    "event_type": "liveness_detection_analysis_complete",
    "no_faces": False,
    "result": {"live": "Live", "image_quality_checks": {"face_size": {"passed": True, "value": 212}, "score": 0.91}},
}


@router.post(
    "/tasks/liveness_detection",
    response_model=Created,
    responses=reply("Accepted", _CREATED) | _REFUSED,
    openapi_extra=creating(
        form_body(SERVICES["liveness_detection"].form, {"file": "selfie.jpg", "additional_info": "order 4711"})
    ),
)
async def create_liveness_detection(request: Request) -> Response:
    """Is this a living person before the camera, or a print, a screen or a mask?"""
    return await _create(request, SERVICES["liveness_detection"])


@router.post(
    "/tasks/face_matching",
    response_model=Created,
    responses=reply("Accepted", _CREATED) | _REFUSED,
    openapi_extra=creating(
        form_body(SERVICES["face_matching"].form, {"file": "selfie.jpg", "extra_file": "portrait.jpg"})
    ),
)
async def create_face_matching(request: Request) -> Response:
    """Do both files show the same person?"""
    return await _create(request, SERVICES["face_matching"])


@router.post(
    "/tasks/id_document_authentication",
    response_model=Created,
    responses=reply("Accepted", _CREATED) | _REFUSED,
    openapi_extra=creating(
        form_body(SERVICES["id_document_authentication"].form, {"front": "front.jpg", "back": "back.jpg"})
    ),
)
async def create_id_document_authentication(request: Request) -> Response:
    """Reads an identity document, compares what it says in several places, and looks for forgery."""
    return await _create(request, SERVICES["id_document_authentication"])


@router.post(
    "/tasks/data_extraction",
    response_model=Created,
    responses=reply("Accepted", _CREATED) | _REFUSED,
    openapi_extra=creating(
        form_body(
            SERVICES["data_extraction"].form,
            {"file": "invoice.jpg", "date_order": "DMY", "document_type": "Invoice", "keywords": '["total","IBAN"]'},
        )
    ),
)
async def create_data_extraction(request: Request) -> Response:
    """Tells what kind of financial document this is, and reads it; at most 50 pages."""
    return await _create(request, SERVICES["data_extraction"])


@router.post(
    "/tasks/forensic_analysis",
    response_model=Created,
    responses=reply("Accepted", _CREATED) | _REFUSED | errors(SENSITY, "file_and_url"),
    openapi_extra=creating(form_body(SERVICES["forensic_analysis"].form, {"file": "scan.jpg"})),
)
async def create_forensic_analysis(request: Request) -> Response:
    """Looks for traces of editing in an image, a video, a sound or a PDF."""
    return await _create(request, SERVICES["forensic_analysis"])


@router.post(
    "/tasks/face_manipulation",
    response_model=Created,
    responses=reply("Accepted", _CREATED) | _REFUSED | errors(SENSITY, "file_and_url"),
    openapi_extra=creating(form_body(SERVICES["face_manipulation"].form, {"file": "interview.mp4"})),
)
async def create_face_manipulation(request: Request) -> Response:
    """Was a face swapped, re-enacted or made to speak?"""
    return await _create(request, SERVICES["face_manipulation"])


@router.post(
    "/tasks/ai_generated_image_detection",
    response_model=Created,
    responses=reply("Accepted", _CREATED) | _REFUSED | errors(SENSITY, "file_and_url"),
    openapi_extra=creating(form_body(SERVICES["ai_generated_image_detection"].form, {"file": "picture.png"})),
)
async def create_ai_generated_image_detection(request: Request) -> Response:
    """Was this image or video made by a generator?"""
    return await _create(request, SERVICES["ai_generated_image_detection"])


@router.post(
    "/tasks/voice_analysis",
    response_model=Created,
    responses=reply("Accepted", _CREATED) | _REFUSED | errors(SENSITY, "file_and_url"),
    openapi_extra=creating(form_body(SERVICES["voice_analysis"].form, {"file": "call.wav"})),
)
async def create_voice_analysis(request: Request) -> Response:
    """Was this voice made by a machine, and what does it say?"""
    return await _create(request, SERVICES["voice_analysis"])


@router.post("/tasks/{task}", include_in_schema=False)
async def create_other(request: Request, task: str) -> Response:
    """Task types that there are not, after the caller was let in."""
    await intake_of(request).authorise(request, "tasks:write")
    raise ApiError("not_found")


@router.get(
    "/tasks/{task}/{id}",
    response_model=Envelope,
    response_model_exclude_unset=True,
    responses=reply("The task so far", _LIVE) | errors(SENSITY, "unauthorized", "forbidden", "not_found"),
)
async def get_task(request: Request, task: str, id: str) -> Response:
    """The result of a task, or `in_progress`."""
    intake = intake_of(request)
    found = await intake.ask(request, "tasks:read", intake.backend.tasks.get, id)
    if found is None or found.spec.service != task or task not in SERVICES:
        raise ApiError("not_found")
    return respond(json_reply(envelope(found, await pictures_of(found, intake.backend.blobs.get))))


async def _create(request: Request, service: Service) -> Response:
    intake = intake_of(request)
    principal = await intake.authorise(request, "tasks:write")

    async def describe(form: Form) -> TaskSpec:
        options = service.options(form)
        if "gallery_id" in options:
            await intake.need_gallery(principal.tenant, options["gallery_id"])
        challenge, ticket = intake.challenges.of(form, principal.tenant)
        return TaskSpec(
            tenant=principal.tenant,
            facade="sensity",
            service=service.name,
            media=form.media(),
            options=options | challenge,
            additional_info=form.text("additional_info"),
            event=service.event,
            ticket=ticket,
        )

    return await intake.submit(request, principal, service.form, describe, _created)


def _created(task: Task) -> StoredReply:
    return json_reply({"report_id": task.id, "task_id": task.id, "success": True})
