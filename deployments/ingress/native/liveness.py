"""Active liveness: a challenge to set before a camera, and the recording that answers it."""

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from deployments.ingress.challenges import SESSION_INFO, Issued
from deployments.ingress.forms import FileRule, FormRule
from deployments.ingress.intake import intake_of, json_reply, respond
from deployments.ingress.native.errors import NATIVE
from deployments.ingress.native.render import timestamp
from deployments.ingress.native.schemas import Accepted, LivenessChallenge
from deployments.ingress.native.submit import ACCEPTED, INFO, no_options, submit
from deployments.ingress.openapi import EXAMPLE_ID, creating, errors, form_body, reply
from deployments.ingress.sensity.services import FACE_MEDIA
from pipelines.identity.active_liveness.challenge import INSTRUCTIONS, LONGEST_S, START

router = APIRouter(tags=["Native: liveness"])

_LIVENESS = FormRule(
    files=(FileRule("file", FACE_MEDIA, about="The person; a video where session_info is sent."),),
    fields={**INFO, "session_info": SESSION_INFO},
)
_CHALLENGE = {
    "id": EXAMPLE_ID.replace("-", ""),
    "token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.c2lnbmF0dXJl",
    "expires_at": "2026-05-28T20:29:40.000Z",
    "steps": [
        {"action": action.value, "at_least_s": 0.3, "instruction": INSTRUCTIONS[action]}
        for action in list(INSTRUCTIONS)[-1:] + list(INSTRUCTIONS)[:3]
    ],
    "instructions": START,
    "longest_s": LONGEST_S,
}
_SET: dict[str, Any] = {
    "status_code": 201,
    "response_model": LivenessChallenge,
    "responses": reply("The challenge", _CHALLENGE, 201)
    | errors(NATIVE, "unauthorized", "forbidden", "rate_limited", "overloaded"),
}


@router.post("/v1/liveness/challenges", **_SET)
async def create_challenge(request: Request) -> Response:
    """Sets a random sequence of movements. Its token is good once, for this account, until `expires_at`."""
    intake = intake_of(request)
    principal = await intake.authorise(request, "tasks:write")
    intake.count_draw(request, principal.tenant)
    return respond(json_reply(_render(intake.challenges.issue(principal.tenant)), 201))


@router.post("/liveness/challenges", **_SET)
async def create_challenge_beside_the_facades(request: Request) -> Response:
    """The same as `/v1/liveness/challenges`."""
    return await create_challenge(request)


@router.post(
    "/v1/liveness",
    status_code=202,
    response_model=Accepted,
    responses=ACCEPTED
    | errors(NATIVE, "missing_file", "empty_file", "invalid_parameter", "invalid_session_info", "malformed_body"),
    openapi_extra=creating(form_body(_LIVENESS, {"file": "selfie.jpg", "additional_info": "order 4711"})),
)
async def create_liveness(request: Request) -> Response:
    """Is this a living person before the camera, and does the recording answer the challenge in `session_info`?"""
    return await submit(request, "tasks:write", "liveness_detection", _LIVENESS, no_options)


def _render(issued: Issued) -> dict[str, Any]:
    steps = [
        {"action": step.action.value, "at_least_s": step.at_least_s, "instruction": INSTRUCTIONS[step.action]}
        for step in issued.challenge.steps
    ]
    return {
        "id": issued.challenge.id,
        "token": issued.token,
        "expires_at": timestamp(issued.expires_at),
        "steps": steps,
        "instructions": START,
        "longest_s": LONGEST_S,
    }
