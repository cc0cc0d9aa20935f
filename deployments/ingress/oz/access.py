"""Who is asking: a session's token in a header of its own (contracts 4.1)."""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request

from deployments.ingress.auth import SCOPES, Principal
from deployments.ingress.errors import ApiError
from deployments.ingress.intake import intake_of
from deployments.tasks.sessions import SessionExpired, SessionUnknown

HEADER = "X-Forensic-Access-Token"
SECURITY: dict[str, Any] = {"security": [{"OzSession": []}]}


def token_of(request: Request) -> str:
    """The token that was sent. Raises ApiError `not_authenticated`."""
    token = request.headers.get(HEADER, "").strip()
    if not token:
        raise ApiError("not_authenticated", f"send the access token in {HEADER}")
    return token


async def signed_in(request: Request) -> Principal:
    """The account of the session, which this use extends. Raises ApiError: 401 or 429."""
    intake, token = intake_of(request), token_of(request)
    try:
        account = await intake.threads.call(intake.backend.sessions.use, token)
    except SessionExpired:
        raise ApiError("session_expired") from None
    except SessionUnknown:
        raise ApiError("unauthorized", "the access token is not valid") from None
    intake.count(request, account)
    return Principal(account, "", frozenset(SCOPES))


async def ask(request: Request, question: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """`question(tenant, *args)` in a thread, for the account of the session."""
    principal = await signed_in(request)
    return await intake_of(request).threads.call(question, principal.tenant, *args, **options)


async def need(request: Request, question: Callable[..., Any], *args: Any) -> Any:
    """Like `ask`, where None means that there is no such thing. Raises ApiError `not_found` then."""
    found = await ask(request, question, *args)
    if found is None:
        raise ApiError("not_found")
    return found
