"""Document liveness, answered when its task has ended (contracts 5.1)."""

import base64
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from deployments.ingress.auth import SCOPES, Principal
from deployments.ingress.errors import ApiError
from deployments.ingress.forms import Form
from deployments.ingress.intake import exchange_of, intake_of, json_reply
from deployments.ingress.openapi import creating, errors, form_body, reply
from deployments.ingress.trustmatic.errors import TRUSTMATIC
from deployments.ingress.trustmatic.forms import form_of, media_of
from deployments.ingress.trustmatic.render import result
from deployments.ingress.trustmatic.schemas import DocumentLiveness
from deployments.settings import TrustmaticSettings
from deployments.tasks.idempotency import StoredReply
from deployments.tasks.task import Task, TaskSpec

router = APIRouter(tags=["Trustmatic"])

SERVICE = "document_liveness"
PATHS = tuple(f"/api/v1/{of}document/liveness" for of in ("", "basic/", "id-verifications/"))
"""The vendor's, and those of products that carry the same API under other names."""

SESSION = "bbbf9002-c3a2-4308-b103-d80b9f5a2b84"
# A BMP of one white pixel: the smallest picture whose type can be told.
DOT = base64.b64encode(
    bytes.fromhex("424d3a0000000000000036000000280000000100000001000000010018000000000004000000")
    + bytes(16)
    + b"\xff" * 4
).decode()
BASIC: dict[str, Any] = {"security": [{"Basic": []}]}
_DESCRIBED: dict[str, Any] = {
    "response_model": DocumentLiveness,
    "response_model_exclude_unset": True,
    "responses": reply("Judged", {"sessionId": SESSION, "score": 0.9997, "hasError": False})
    | errors(
        TRUSTMATIC,
        *("invalid_parameter", "missing_file", "malformed_body", "image_type", "unauthorized", "payload_too_large"),
        *("unsupported_media_type", "idempotency_key_reused", "rate_limited", "internal", "overloaded"),
    ),
    "openapi_extra": BASIC
    | creating(
        form_body(form_of(TrustmaticSettings.model_construct()), {"sessionId": SESSION, "frontSideImageBase": DOT})
    ),
}


@router.post(PATHS[0], **_DESCRIBED)
async def check_document(request: Request) -> Response:
    """Is the document itself before the camera, or a screen, a print, or a card with another portrait?

    Of both sides and all detectors the lowest score counts. The header `X-Debug-Details: 1` adds each of them.
    """
    intake = intake_of(request)
    settings = intake.backend.settings.trustmatic
    account = await intake.authenticate(request)

    async def describe(form: Form) -> TaskSpec:
        return TaskSpec(
            tenant=account,
            facade=TRUSTMATIC.name,
            service=SERVICE,
            media=media_of(form),
            options={"session_id": form.text("sessionId")},
        )

    async def render(task: Task) -> StoredReply:
        if not task.state.terminal:
            # A reply rather than an error: the task goes on, and stays tied to the request's idempotency key.
            exchange = exchange_of(request)
            exchange.headers.append((b"retry-after", b"2"))
            error = ApiError("overloaded")
            error.members["sessionId"] = task.spec.options["session_id"]
            return json_reply(TRUSTMATIC.shape(error, "", "", ""), 503)
        return json_reply(result(task, settings, details=request.headers.get("x-debug-details") == "1"))

    principal = Principal(account, "", frozenset(SCOPES))
    return await intake.judge(request, principal, form_of(settings), describe, render, settings.wait_s)


@router.post(PATHS[1], **_DESCRIBED)
async def check_document_of_basic(request: Request) -> Response:
    """The same as `/api/v1/document/liveness`."""
    return await check_document(request)


@router.post(PATHS[2], **_DESCRIBED)
async def check_document_of_verifications(request: Request) -> Response:
    """The same as `/api/v1/document/liveness`."""
    return await check_document(request)
