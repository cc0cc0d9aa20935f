"""The six endpoints: each answers when its task has ended (contracts 3.1)."""

from typing import Any

from fastapi import APIRouter
from python_multipart.multipart import parse_options_header
from starlette.requests import Request
from starlette.responses import Response

from deployments.ingress.errors import ApiError
from deployments.ingress.forms import Form, FormRule
from deployments.ingress.intake import exchange_of, intake_of, json_reply
from deployments.ingress.senseid import documented, forms
from deployments.ingress.senseid.auth import authorise
from deployments.ingress.senseid.errors import SENSEID, body_id
from deployments.ingress.senseid.forms import Endpoint, form_of, media_of, options_of
from deployments.ingress.senseid.render import SUCCESS, result
from deployments.ingress.senseid.schemas import Faces, Matrix, Silent, SilentVerification, Verification
from deployments.settings import SenseIdSettings
from deployments.tasks.idempotency import StoredReply
from deployments.tasks.task import Task, TaskSpec

router = APIRouter(tags=["SenseID"])

_TYPES = (b"multipart/form-data", b"application/x-www-form-urlencoded", b"application/json")


def _described(endpoint: Endpoint, schema: type) -> dict[str, Any]:
    return {
        "response_model": schema,
        "response_model_exclude_unset": True,
        "responses": documented.responses(endpoint),
        "openapi_extra": documented.request(endpoint),
    }


@router.post(forms.IMAGES.path, **_described(forms.IMAGES, Verification))
async def verify_images(request: Request) -> Response:
    """Do both photos show the same person? Of several faces in a photo the largest counts."""
    return await _answer(request, forms.IMAGES)


@router.post(forms.MATRIX.path, **_described(forms.MATRIX, Matrix))
async def verify_everyone(request: Request) -> Response:
    """Compares every face of one photo with every face of the other, at most 20 of each."""
    return await _answer(request, forms.MATRIX)


@router.post(forms.LIVENESS_IMAGE.path, **_described(forms.LIVENESS_IMAGE, Verification))
async def verify_liveness_data(request: Request) -> Response:
    """Do the liveness data and the photo show the same person? The vendor's sealed protobuf cannot be read."""
    return await _answer(request, forms.LIVENESS_IMAGE)


@router.post(forms.SILENT_IMAGE.path, **_described(forms.SILENT_IMAGE, SilentVerification))
async def verify_silently(request: Request) -> Response:
    """Does the video show a living person, and if so, the one in the photo?"""
    return await _answer(request, forms.SILENT_IMAGE)


@router.post(forms.QUALITY.path, **_described(forms.QUALITY, Faces))
async def measure_quality(request: Request) -> Response:
    """How every face in the photo is held, covered, lit and placed."""
    return await _answer(request, forms.QUALITY)


@router.post(forms.SILENT.path, **_described(forms.SILENT, Silent))
async def detect_silently(request: Request) -> Response:
    """Does the video show a living person?"""
    return await _answer(request, forms.SILENT)


async def _answer(request: Request, endpoint: Endpoint) -> Response:
    intake = intake_of(request)
    settings = intake.backend.settings.senseid
    _check_length(request, settings)
    principal = await authorise(intake, request)
    if parse_options_header(request.headers.get("content-type"))[0] not in _TYPES:
        raise ApiError("malformed_body", "the request must be a form or JSON")

    async def describe(form: Form) -> TaskSpec:
        return TaskSpec(
            tenant=principal.tenant,
            facade=SENSEID.name,
            service=endpoint.service,
            media=media_of(endpoint, form),
            options=options_of(endpoint, form, settings),
        )

    async def render(task: Task) -> StoredReply:
        exchange = exchange_of(request)
        if not task.state.terminal:
            # A reply rather than an error: the task goes on, and stays tied to the request's idempotency key.
            exchange.headers.append((b"retry-after", b"2"))
            body = SENSEID.shape(ApiError("overloaded"), exchange.request_id, "", exchange.path)
            return json_reply(body, 503)
        members = await result(endpoint, task, intake.backend.blobs.get)
        return json_reply({"code": SUCCESS, **members, "request_id": body_id(exchange.request_id)})

    rule: FormRule = form_of(endpoint, settings)
    return await intake.judge(request, principal, rule, describe, render, settings.wait_s)


def _check_length(request: Request, settings: SenseIdSettings) -> None:
    """Raises ApiError `length_required` for a body that does not say how long it is, or `payload_too_large`."""
    announced = request.headers.get("content-length", "")
    if not announced.isdigit() or "transfer-encoding" in request.headers:
        raise ApiError("length_required")
    if int(announced[:18]) > settings.request_bytes:
        raise ApiError("payload_too_large")
