"""Signing in, and refreshing a session (contracts 4.1)."""

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from deployments.ingress.bodies import read_json
from deployments.ingress.errors import ApiError
from deployments.ingress.intake import intake_of, json_reply, respond
from deployments.ingress.openapi import EXAMPLE_ID, errors, json_body, reply
from deployments.ingress.oz.access import SECURITY, token_of
from deployments.ingress.oz.errors import OZ
from deployments.ingress.oz.links import company_of, derived_id
from deployments.ingress.oz.schemas import SignedIn
from deployments.tasks.sessions import Session, SessionForeign, SessionUnknown

router = APIRouter(tags=["Oz: sessions"])

_NO_EXPIRE_TOKEN = "Could not locate field for key_path expire_token from provided dict data"  # noqa: S105 - a message
_EXAMPLE = {
    "access_token": "5dWbq3bWJkTnX4vUzqDk2LZ0hQm7yQkE1cNf8rTtY0s",
    "expire_token": "p0Vq2sXj1gZbR7mK4uHnT9yLw3cEaF6dQ8oIvB5xSzM",
    "expire_date": 1780000900.0,
    "session_id": EXAMPLE_ID,
    "user": {"user_id": EXAMPLE_ID, "email": "bank", "company_id": EXAMPLE_ID, "is_service": False},
}
_CREDENTIALS = {
    "type": "object",
    "properties": {
        "credentials": {
            "type": "object",
            "properties": {"email": {"type": "string"}, "password": {"type": "string"}},
            "required": ["email", "password"],
        }
    },
    "required": ["credentials"],
}
_CREDENTIALS_EXAMPLE = {"credentials": {"email": "bank", "password": "correct horse battery staple"}}
_EXPIRE = {"type": "object", "properties": {"expire_token": {"type": "string"}}, "required": ["expire_token"]}


@router.post(
    "/api/authorize/auth",
    response_model=SignedIn,
    responses=reply("Signed in", _EXAMPLE) | errors(OZ, "malformed_body", "unauthorized", "rate_limited"),
    openapi_extra={
        "security": [],
        "requestBody": json_body(_CREDENTIALS, _CREDENTIALS_EXAMPLE),
    },
)
async def authorize(request: Request) -> Response:
    """Opens a session for an account's name, sent as `email`, and password."""
    intake = intake_of(request)
    credentials = (await read_json(request)).get("credentials")
    if not isinstance(credentials, dict):
        raise ApiError("malformed_body", "credentials must be an object")
    name, password = credentials.get("email"), credentials.get("password")
    if not isinstance(name, str) or not isinstance(password, str) or "\0" in name:
        raise ApiError("malformed_body", "credentials must hold email and password")
    account = await intake.auth.verified(name, password)
    if account is None:
        raise ApiError("unauthorized", "email or password is wrong")
    intake.count(request, account)
    return respond(json_reply(_shown(await intake.threads.call(intake.backend.sessions.open, account))))


@router.post(
    "/api/authorize/refresh",
    response_model=SignedIn,
    responses=reply("Refreshed", _EXAMPLE) | errors(OZ, "malformed_body", "unauthorized", "forbidden"),
    openapi_extra=SECURITY | {"requestBody": json_body(_EXPIRE, {"expire_token": _EXAMPLE["expire_token"]})},
)
async def refresh(request: Request) -> Response:
    """A new pair of tokens. The old one is refused from the first use of the new one on."""
    intake, access = intake_of(request), token_of(request)
    expire = (await read_json(request)).get("expire_token")
    if not isinstance(expire, str):
        raise ApiError("malformed_body", _NO_EXPIRE_TOKEN)
    try:
        session = await intake.threads.call(intake.backend.sessions.refresh, access, expire)
    except SessionUnknown:
        raise ApiError("unauthorized", "Session not found") from None
    except SessionForeign:
        raise ApiError("forbidden", "You have not access to refresh this session") from None
    intake.count(request, session.account)
    return respond(json_reply(_shown(session)))


def _shown(session: Session) -> dict[str, Any]:
    user = {"user_id": derived_id("user", session.account), "email": session.account}
    return {
        "access_token": session.access_token,
        "expire_token": session.expire_token,
        "expire_date": session.expires_at,
        "session_id": session.session_id,
        "user": user | {"company_id": company_of(session.account), "is_service": session.service},
    }
