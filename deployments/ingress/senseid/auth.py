"""Who asks: nobody in particular, an API key with a signature, or a token (contracts 3.2)."""

import hashlib
import hmac
import re
import time
from collections.abc import Mapping

from starlette.requests import Request

from deployments.ingress.auth import SCOPES, Principal
from deployments.ingress.errors import ApiError
from deployments.ingress.intake import Intake
from deployments.tasks.store import TicketUsed
from deployments.tasks.task import Ticket

WINDOW_S = 300.0
"""How far the timestamp of a signature may be from now; as long, its nonce is remembered."""
_PARTS = frozenset(("key", "timestamp", "nonce", "signature"))
_TIMESTAMP = re.compile(r"[0-9]{13}")
_LONGEST = 1024


def signature(key: str, secret: str, timestamp: str, nonce: str) -> str:
    """Hex HMAC-SHA256 over key, timestamp (Unix milliseconds) and nonce, sorted as ASCII and joined."""
    return hmac.new(secret.encode(), "".join(sorted((timestamp, nonce, key))).encode(), hashlib.sha256).hexdigest()


async def authorise(intake: Intake, request: Request) -> Principal:
    """The account that the request acts for. Raises ApiError: 401, 403 or 429."""
    settings = intake.backend.settings
    if settings.senseid_auth == "bearer":
        return await intake.authorise(request, "tasks:write")
    tenant = settings.first_account
    if settings.senseid_auth == "hmac":
        tenant, nonce = signed_by(request, settings.senseid.api_keys, time.time())
        try:
            await intake.threads.call(intake.backend.tasks.use, nonce)
        except TicketUsed:
            raise ApiError("unauthorized") from None
    intake.count(request, tenant)
    return Principal(tenant, "", frozenset(SCOPES))


def signed_by(request: Request, keys: Mapping[str, tuple[str, str]], now: float) -> tuple[str, Ticket]:
    """The tenant of the key that signed the request, and its nonce, to be used once. Raises ApiError `unauthorized`."""
    sent = request.headers.getlist("authorization")
    header = sent[0] if len(sent) == 1 and len(sent[0]) <= _LONGEST else ""
    pairs = [part.strip().partition("=") for part in header.split(",")]
    values = {name.lower(): value.strip() for name, _, value in pairs}
    if set(values) != _PARTS or len(pairs) != len(_PARTS) or not all(values.values()):
        raise ApiError("unauthorized")
    key, timestamp, nonce = values["key"], values["timestamp"], values["nonce"]
    secret, tenant = keys.get(key, ("", ""))
    expected = signature(key, secret or "nobody's", timestamp, nonce)
    right = hmac.compare_digest(expected.encode(), values["signature"].lower().encode())
    fresh = _TIMESTAMP.fullmatch(timestamp) is not None and abs(int(timestamp) / 1000 - now) <= WINDOW_S
    if not (right and fresh and tenant):
        raise ApiError("unauthorized")
    name = hashlib.sha256(f"senseid\0{key}\0{nonce}".encode()).hexdigest()
    return tenant, Ticket(name, int(timestamp) / 1000 + WINDOW_S)
