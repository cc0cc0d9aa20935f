"""Who is asking: Basic on the token endpoints, signed and revocable tokens everywhere else (contracts 2.1)."""

import asyncio
import base64
import binascii
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jwt
from starlette.requests import Request

from deployments.ingress.errors import ApiError, rate_limited
from deployments.tasks.accounts import Accounts

SCOPES = ("tasks:read", "tasks:write", "webhooks", "galleries", "erase")
"""What a token may be limited to. A token issued without a wish has all of them."""

TOKEN_LIFE_S = 365 * 86_400
_ALGORITHM = "HS256"
_MAX_TOKEN = 4_096
_PASSWORD_THREADS = 2
_PASSWORD_QUEUE = 64


@dataclass(frozen=True, slots=True)
class Principal:
    """The account a request acts for, and the token it came with."""

    tenant: str
    jti: str
    scopes: frozenset[str]


class Authenticator:
    """Reads `Authorization`. Signatures are checked here; the store is asked each time whether a token was revoked."""

    def __init__(self, accounts: Accounts, signing_key: str, host: str, clock: Callable[[], float] = time.time) -> None:
        self._accounts = accounts
        self._key = signing_key
        self._host = f"https://{host}"
        self._clock = clock
        # Verifying a signature costs as much as a database read, and clients send the same token again and again.
        self._claims = lru_cache(maxsize=2_048)(self._verify)
        # Password hashing is slow on purpose: it must neither starve the other threads nor queue without bound.
        self._hashing = ThreadPoolExecutor(_PASSWORD_THREADS, "passwords")
        self._waiting = 0

    def bearer(self, request: Request, scope: str) -> Principal:
        """The principal of a signed, unexpired token, sent raw or as `Bearer`.

        The caller still has to ask `active`, which is a database read.
        Raises: ApiError: `unauthorized`, or `forbidden` where the token lacks the scope.
        """
        scheme, _, rest = _authorization(request).partition(" ")
        token = rest.strip() if rest and scheme.lower() == "bearer" else scheme
        if not token or len(token) > _MAX_TOKEN or (rest and scheme.lower() != "bearer"):
            raise unauthorized("Bearer")
        try:
            claims = self._claims(token)
        except jwt.InvalidTokenError:
            raise unauthorized("Bearer") from None
        if claims["exp"] <= self._clock():
            raise unauthorized("Bearer")
        principal = Principal(claims["sub"], claims["jti"], frozenset(claims.get("scope", "").split()))
        if scope not in principal.scopes:
            raise ApiError("forbidden", f"the token lacks the scope {scope}")
        return principal

    def active(self, principal: Principal) -> None:
        """Blocking: raises `unauthorized` when the token was revoked."""
        if not self._accounts.token_valid(principal.jti):
            raise unauthorized("Bearer")

    async def basic(self, request: Request) -> str:
        """The account of a correct user name and password. Raises `unauthorized`, or `rate_limited` under attack."""
        scheme, _, encoded = _authorization(request).partition(" ")
        try:
            name, colon, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            raise unauthorized("Basic") from None
        if scheme.lower() != "basic" or not colon or "\0" in name:
            raise unauthorized("Basic")
        account = await self.verified(name, password)
        if account is None:
            raise unauthorized("Basic")
        return account

    async def verified(self, name: str, password: str) -> str | None:
        """The account, when the password is right. Raises ApiError `rate_limited` under attack."""
        if self._waiting >= _PASSWORD_QUEUE:
            raise rate_limited(1)
        self._waiting += 1
        try:
            verify = asyncio.get_running_loop().run_in_executor(self._hashing, self._accounts.verify, name, password)
            account = await verify
        finally:
            self._waiting -= 1
        return None if account is None else account.name

    def new_claims(self, account: str, scopes: frozenset[str], life_s: int = TOKEN_LIFE_S) -> dict[str, Any]:
        """Claims of a fresh token for the account."""
        now = int(self._clock())
        return {
            "iss": self._host,
            "aud": self._host,
            "sub": account,
            "jti": uuid.uuid4().hex,
            "iat": now,
            "exp": now + life_s,
            "scope": " ".join(s for s in SCOPES if s in scopes),
        }

    def sign(self, claims: dict[str, Any]) -> str:
        """The token of these claims. The same claims give the same token."""
        return jwt.encode(claims, self._key, _ALGORITHM)

    def _verify(self, token: str) -> dict[str, Any]:
        return jwt.decode(
            token,
            self._key,
            algorithms=[_ALGORITHM],
            audience=self._host,
            issuer=self._host,
            options={"require": ["exp", "sub", "jti"], "verify_exp": False, "verify_iat": False},
        )


def unauthorized(scheme: str) -> ApiError:
    """401 that names the scheme to use."""
    return ApiError("unauthorized", headers={"WWW-Authenticate": f'{scheme} realm="veriscope"'})


def _authorization(request: Request) -> str:
    sent = request.headers.getlist("authorization")
    return sent[0].strip() if len(sent) == 1 else ""
