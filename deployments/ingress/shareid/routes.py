"""Photos of a document, judged while the client waits; flows, looked up later (contracts 6.1)."""

import json
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from deployments.ingress.errors import ApiError
from deployments.ingress.forms import Form
from deployments.ingress.intake import intake_of, json_reply, respond
from deployments.ingress.openapi import EXAMPLE_ID, creating, errors, form_body, reply
from deployments.ingress.shareid.errors import SHAREID
from deployments.ingress.shareid.forms import form_of, media_of
from deployments.ingress.shareid.render import result, with_flow
from deployments.ingress.shareid.request import claim_of, tenant_of
from deployments.ingress.shareid.schemas import Authenticity
from deployments.settings import ShareIdSettings
from deployments.tasks.idempotency import StoredReply
from deployments.tasks.task import Task, TaskSpec

router = APIRouter(tags=["ShareID"])

SERVICE = "id_document_authentication"
EXAMPLE_KEY, EXAMPLE_HASH = "example-key", "example-hash"
_DATA = {"api_key": EXAMPLE_KEY, "business_hash": EXAMPLE_HASH, "doc_type": "id_card", "country_code": "fr"}
_EXAMPLE: dict[str, Any] = {
    "doc_type": "id_card",
    "country_code": "fr",
    "doc_model": "2021",
    "ocr": {"first_name": "ROBERT", "last_name": "MARTIN", "birth_date": "1990-07-13"},
    "security": {"mrz_presence": True, "mrz_checksum": True, "doc_screen": True, "sides_match": None},
    "reason": "",
    "verdict": True,
    "flow_id": EXAMPLE_ID,
    "reasons": [],
}


@router.post(
    "/flow/authenticity/photo",
    response_model=Authenticity,
    response_model_exclude_unset=True,
    responses=reply("Judged", _EXAMPLE)
    | errors(
        SHAREID,
        *("invalid_parameter", "malformed_body", "missing_file", "unauthorized", "timeout", "payload_too_large"),
        *("unsupported_media_type", "idempotency_key_reused", "rate_limited", "internal", "overloaded"),
    ),
    openapi_extra={"security": []}
    | creating(
        form_body(
            form_of(ShareIdSettings.model_construct()),
            {"data": json.dumps(_DATA), "photos": "front.jpg"},
        )
    ),
)
async def check_authenticity(request: Request) -> Response:
    """Is this document authentic, valid, and of the person it is said to be of? Credentials stand in `data`."""
    intake = intake_of(request)
    settings = intake.backend.settings.shareid

    def whose(form: Form) -> str:
        return tenant_of(form.text("data"), settings.credentials)

    async def describe(form: Form) -> TaskSpec:
        data = form.text("data")
        return TaskSpec(
            tenant=tenant_of(data, settings.credentials),
            facade=SHAREID.name,
            service=SERVICE,
            media=media_of(form),
            options={"skip_forgery": False, "claim": claim_of(data).to_json()},
        )

    async def render(task: Task) -> StoredReply:
        if not task.state.terminal:
            # A reply rather than an error: the task goes on, and stays tied to the request's idempotency key.
            return json_reply(SHAREID.shape(with_flow(ApiError("timeout"), task.id), "", "", ""), 408)
        return json_reply(result(task, settings))

    act = intake.judging(describe, render, settings.wait_s)
    return await intake.receive_signed(request, form_of(settings), whose, act)


@router.get(
    "/flow/{flow_id}",
    response_model=Authenticity,
    response_model_exclude_unset=True,
    responses=reply("The flow", _EXAMPLE)
    | errors(SHAREID, "unauthorized", "forbidden", "not_found", "timeout", "rate_limited"),
)
async def get_flow(request: Request, flow_id: str) -> Response:
    """A flow of the account whose token is sent: what its request was answered, or 408 while it is judged."""
    intake = intake_of(request)
    task = await intake.ask(request, "tasks:read", intake.backend.tasks.get, flow_id)
    if task is None or task.spec.facade != SHAREID.name:
        raise ApiError("not_found")
    if not task.state.terminal:
        raise with_flow(ApiError("timeout", "the analysis is still running"), task.id)
    return respond(json_reply(result(task, intake.backend.settings.shareid)))
