"""API tokens, issued for a user name and password (contracts 2.1)."""

import json
from typing import Any

from fastapi import APIRouter
from python_multipart.multipart import parse_options_header
from starlette.requests import Request
from starlette.responses import Response

from deployments.ingress.auth import SCOPES
from deployments.ingress.errors import ApiError
from deployments.ingress.forms import Form, FormRule
from deployments.ingress.intake import Intake, intake_of, json_reply, respond
from deployments.ingress.openapi import creating, errors, form_body, reply
from deployments.ingress.sensity.errors import SENSITY
from deployments.ingress.sensity.schemas import DeletedTokens, IssuedToken, TokenClaims, TokenList
from deployments.ingress.uploads import FormReader
from deployments.tasks.idempotency import StoredReply

router = APIRouter(tags=["Sensity: tokens"])

_FORM = FormRule(fields={"scope": f"Limits the token: words of {', '.join(SCOPES)}."}, urlencoded=True)
_FORM_TYPES = (b"application/x-www-form-urlencoded", b"multipart/form-data")
_ID = "3f0d2c8be6a44e0f9a517d3e7cc2019a"
_CLAIMS = {
    "iss": "https://localhost",
    "aud": "https://localhost",
    "sub": "demo",
    "jti": _ID,
    "iat": 1780000000,
    "exp": 1811536000,
    "scope": " ".join(SCOPES),
}
_TOKEN = "eyJhbGciOiJIUzI1NiJ9.e30.ZRrHA1JJJW8opsbCGfG_HACGpVUMN_a9IV7pAx_Zmeo"  # noqa: S105 - no one's
_BASIC = errors(SENSITY, "unauthorized")
_SECURITY: dict[str, Any] = {"security": [{"Basic": []}]}


@router.post(
    "/auth/tokens",
    response_model=IssuedToken,
    responses=reply("Issued", {"claims": _CLAIMS, "id": _ID, "success": True, "token": _TOKEN})
    | errors(SENSITY, "invalid_parameter", "unauthorized", "idempotency_key_reused"),
    openapi_extra=_SECURITY | creating(form_body(_FORM, {"scope": "tasks:read tasks:write"})),
)
async def create_token(request: Request) -> Response:
    """Issues a token for a year. Without `scope` it may do everything the account may."""
    intake = intake_of(request)
    account = await intake.authenticate(request)
    form = await _read(intake, request, account)
    scopes = form.words("scope", SCOPES) or frozenset(SCOPES)

    def issue() -> StoredReply:
        claims = intake.auth.new_claims(account, scopes)
        intake.backend.accounts.issue(account, claims)
        return json_reply({"claims": claims, "id": claims["jti"], "success": True})

    # What is kept for replays holds no token: the same claims sign to the same one again.
    response = await intake.once(request, account, form.fingerprint, issue)
    if response.status_code != 200:
        return response
    body = json.loads(bytes(response.body))
    body["token"] = intake.auth.sign(body["claims"])
    replayed = "Idempotency-Replayed" in response.headers
    return respond(json_reply(body), replayed=replayed)


@router.get(
    "/auth/tokens",
    response_model=TokenList,
    responses=reply("Valid tokens", {"claims": {_ID: _CLAIMS}, "success": True}) | _BASIC,
    openapi_extra=_SECURITY,
)
async def list_tokens(request: Request) -> Response:
    """The claims of every valid token of the account."""
    return respond(json_reply({"claims": await _claims(request), "success": True}))


@router.get(
    "/auth/tokens/{id}",
    response_model=TokenClaims,
    responses=reply("The token's claims", {"claims": _CLAIMS, "success": True})
    | errors(SENSITY, "unauthorized", "not_found"),
    openapi_extra=_SECURITY,
)
async def get_token(request: Request, id: str) -> Response:
    """The claims of one valid token."""
    claims = (await _claims(request)).get(id)
    if claims is None:
        raise ApiError("not_found")
    return respond(json_reply({"claims": claims, "success": True}))


@router.delete(
    "/auth/tokens",
    response_model=DeletedTokens,
    responses=reply("Revoked", {"deleted_tokens": [_ID], "success": True}) | _BASIC,
    openapi_extra=_SECURITY,
)
async def delete_tokens(request: Request) -> Response:
    """Revokes all tokens of the account; a second call finds none and succeeds as well."""
    return respond(json_reply({"deleted_tokens": await _revoke(request, None), "success": True}))


@router.delete(
    "/auth/tokens/{id}",
    response_model=DeletedTokens,
    responses=reply("Revoked", {"deleted_tokens": [_ID], "success": True})
    | errors(SENSITY, "unauthorized", "not_found"),
    openapi_extra=_SECURITY,
)
async def delete_token(request: Request, id: str) -> Response:
    """Revokes one token; it is refused at once."""
    revoked = await _revoke(request, id)
    if not revoked:
        raise ApiError("not_found")
    return respond(json_reply({"deleted_tokens": revoked, "success": True}))


async def _claims(request: Request) -> dict[str, dict[str, Any]]:
    intake = intake_of(request)
    account = await intake.authenticate(request)
    return {claims["jti"]: claims for claims in await intake.threads.call(intake.backend.accounts.tokens, account)}


async def _revoke(request: Request, jti: str | None) -> list[str]:
    intake = intake_of(request)
    account = await intake.authenticate(request)
    return await intake.threads.call(intake.backend.accounts.revoke, account, jti)


async def _read(intake: Intake, request: Request, account: str) -> Form:
    """The form, where one was sent: vendors' clients send anything or nothing here."""
    kind, _ = parse_options_header(request.headers.get("content-type"))
    if kind not in _FORM_TYPES or request.headers.get("content-length") == "0":
        return Form(_FORM)
    return await FormReader(_FORM, intake.backend.blobs, account).read(request)
