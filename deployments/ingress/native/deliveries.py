"""Webhook deliveries: what was sent, what is still to be sent, and sending it again."""

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from deployments.ingress.errors import ApiError
from deployments.ingress.forms import invalid
from deployments.ingress.intake import intake_of, json_reply, respond
from deployments.ingress.names import IDENTIFIER
from deployments.ingress.native.errors import NATIVE
from deployments.ingress.native.render import delivery
from deployments.ingress.native.schemas import DeliveryPage, Replayed
from deployments.ingress.openapi import EXAMPLE_ID, errors, reply

router = APIRouter(tags=["Native: deliveries"])

_DEFAULT_PAGE, _LARGEST_PAGE = 50, 200
_ID = "msg_019aa5c07d3e7cc29a513f0d2c8be6a4"
_ENTRY = {
    "id": _ID,
    "task_id": EXAMPLE_ID,
    "event": "liveness_detection_analysis_complete",
    "url": "https://hooks.example.com/veriscope",
    "state": "delivered",
    "attempts": 1,
    "status": 204,
    "error": None,
    "created_at": "2026-05-28T20:26:40.260Z",
    "finished_at": "2026-05-28T20:26:40.310Z",
    "next_at": None,
}


def _query(name: str, about: str, schema: dict[str, Any], example: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": about, "schema": schema, "example": example}


_PARAMETERS = [
    _query("limit", "Entries at most.", {"type": "integer", "minimum": 1, "maximum": _LARGEST_PAGE, "default": 50}, 20),
    _query("before", "Only older ones than this id.", {"type": "string"}, _ID),
    _query("task_id", "Only those of this task.", {"type": "string"}, EXAMPLE_ID),
]


@router.get(
    "/v1/deliveries",
    response_model=DeliveryPage,
    responses=reply("Deliveries", {"deliveries": [_ENTRY], "next": None})
    | errors(NATIVE, "invalid_parameter", "unauthorized", "forbidden"),
    openapi_extra={"parameters": _PARAMETERS},
)
async def list_deliveries(request: Request) -> Response:
    """Webhook deliveries, newest first."""
    intake, query = intake_of(request), request.query_params
    limit = query.get("limit", str(_DEFAULT_PAGE))
    if not (limit.isascii() and limit.isdigit() and 1 <= int(limit[:9]) <= _LARGEST_PAGE):
        raise invalid("limit", f"must be a number from 1 to {_LARGEST_PAGE}")
    page = await intake.ask(
        request,
        "webhooks",
        intake.backend.outbox.list,
        int(limit),
        before=_identifier(query.get("before"), "before"),
        task_id=_identifier(query.get("task_id"), "task_id"),
    )
    following = page[-1].id if len(page) == int(limit) else None
    return respond(json_reply({"deliveries": [delivery(entry) for entry in page], "next": following}))


def _identifier(value: str | None, name: str) -> str | None:
    if value and not IDENTIFIER.fullmatch(value):
        raise invalid(name, "is not an id")
    return value or None


@router.post(
    "/v1/deliveries/{id}/replay",
    status_code=202,
    response_model=Replayed,
    responses=reply("Is being sent again", {"id": _ID, "state": "pending"}, 202)
    | errors(NATIVE, "unauthorized", "forbidden", "not_found"),
)
async def replay_delivery(request: Request, id: str) -> Response:
    """Sends a delivery again, under the same `webhook-id`."""
    intake = intake_of(request)
    if not await intake.ask(request, "webhooks", intake.backend.outbox.replay, id):
        raise ApiError("not_found", "there is no such delivery, or it cannot be sent again now")
    intake.backend.wake_deliverer()
    return respond(json_reply({"id": id, "state": "pending"}, 202))
