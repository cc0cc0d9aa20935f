"""Challenges of active liveness as signed tokens: set once, for one account, answered once, within minutes.

The token is all there is: nothing is stored when a challenge is set. The recording that answers it uses it up, in the
transaction that queues its task, so a token counts once however many gateways there are and whenever one dies.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import jwt

from deployments.ingress.errors import ApiError
from deployments.ingress.forms import Form
from deployments.tasks.task import Ticket
from pipelines.identity.active_liveness.challenge import Challenge, draw

LIFE_S = 180
"""Seconds from the challenge until its recording must have arrived."""

SESSION_INFO = "Token of a challenge (POST /v1/liveness/challenges) that the video answers; used up by this request."

_ALGORITHM = "HS256"
_MAX_TOKEN = 4_096


@dataclass(frozen=True, slots=True)
class Issued:
    """A challenge that was set: `token` is what the client sends as `session_info`; `expires_at` in Unix seconds."""

    challenge: Challenge
    token: str
    expires_at: int


class Challenges:
    """Sets challenges and reads them back."""

    def __init__(self, signing_key: str, host: str, clock: Callable[[], float] = time.time) -> None:
        self._key, self._issuer, self._clock = signing_key, f"https://{host}", clock
        # Not the audience of access tokens, which the same key signs: neither ever passes for the other.
        self._audience = f"https://{host}/liveness/challenges"

    def issue(self, tenant: str) -> Issued:
        """Sets a new challenge for the account."""
        challenge, now = Challenge(uuid4().hex, draw()), int(self._clock())
        claims: dict[str, Any] = {"iss": self._issuer, "aud": self._audience, "sub": tenant, "jti": challenge.id}
        claims |= {"iat": now, "exp": now + LIFE_S, "steps": challenge.to_json()["steps"]}
        return Issued(challenge, jwt.encode(claims, self._key, _ALGORITHM), now + LIFE_S)

    def of(self, form: Form, tenant: str) -> tuple[dict[str, Any], Ticket | None]:
        """What the form's `session_info` adds to a task's options, and the ticket that the task uses up, if any.

        Raises:
            ApiError: `invalid_session_info` for a token that was not set for this account here, or has expired.
        """
        token = form.text("session_info")
        if token is None:
            return {}, None
        try:
            claims = jwt.decode(
                token if len(token) <= _MAX_TOKEN else "",
                self._key,
                algorithms=[_ALGORITHM],
                audience=self._audience,
                issuer=self._issuer,
                options={"require": ["exp", "sub", "jti", "steps"], "verify_exp": False, "verify_iat": False},
            )
        except (jwt.InvalidTokenError, UnicodeError):
            raise refused("session_info is not a challenge that was set here") from None
        if claims["sub"] != tenant:
            raise refused("session_info is not a challenge that was set here")
        if claims["exp"] <= self._clock():
            raise refused("session_info has expired: ask for a new challenge")
        challenge = Challenge.from_json({"id": claims["jti"], "steps": claims["steps"]})
        return {"challenge": challenge.to_json()}, Ticket(challenge.id, float(claims["exp"]))


def refused(message: str) -> ApiError:
    """400 `invalid_session_info`."""
    return ApiError("invalid_session_info", message, pointer="#/session_info")
