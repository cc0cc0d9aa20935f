"""From a native form to a queued task."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from deployments.ingress.auth import Principal
from deployments.ingress.forms import Form, FormRule
from deployments.ingress.intake import intake_of
from deployments.ingress.native.errors import NATIVE
from deployments.ingress.native.render import accepted
from deployments.ingress.native.schemas import Accepted
from deployments.ingress.openapi import EXAMPLE_ID, creating, errors, form_body, reply
from deployments.tasks.task import TaskSpec

INFO = {"additional_info": "Any text; returned with the report."}
ACCEPTED = reply("Accepted", {"id": EXAMPLE_ID, "status": "queued", "url": f"/v1/reports/{EXAMPLE_ID}"}, 202) | errors(
    NATIVE,
    *("missing_file", "empty_file", "invalid_parameter", "malformed_body", "unauthorized", "forbidden", "not_found"),
    *("payload_too_large", "unsupported_media_type", "idempotency_key_reused", "rate_limited", "overloaded"),
)

Options = Callable[[Form, Principal], Awaitable[dict[str, Any]]]


async def submit(request: Request, scope: str, service: str, rule: FormRule, options: Options) -> Response:
    """Queues a task of the service; `options` reads and checks what stands in the form beside its files."""
    intake = intake_of(request)
    principal = await intake.authorise(request, scope)

    async def describe(form: Form) -> TaskSpec:
        challenge, ticket = intake.challenges.of(form, principal.tenant)
        return TaskSpec(
            tenant=principal.tenant,
            facade="native",
            service=service,
            media=form.media(),
            options=await options(form, principal) | challenge,
            additional_info=form.text("additional_info"),
            ticket=ticket,
        )

    response = await intake.submit(request, principal, rule, describe, accepted)
    if response.status_code == 202:
        response.headers["Location"] = json.loads(bytes(response.body))["url"]
    return response


async def no_options(_form: Form, _principal: Principal) -> dict[str, Any]:
    """Of a service that is told nothing beside its files."""
    return {}


def described(rule: FormRule, *codes: str, **example: str) -> dict[str, Any]:
    """How the route of a form is documented; `codes`: errors beyond those of every form."""
    return {
        "status_code": 202,
        "response_model": Accepted,
        "responses": ACCEPTED | errors(NATIVE, *codes) if codes else ACCEPTED,
        "openapi_extra": creating(form_body(rule, example)),
    }


def reading(options: Callable[[Form], dict[str, Any]]) -> Options:
    """Options that stand in the form alone."""

    async def read(form: Form, _principal: Principal) -> dict[str, Any]:
        return options(form)

    return read
