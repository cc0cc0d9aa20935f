"""Bodies of the facade's replies, for the documentation; replies are rendered without passing through them."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


class Created(BaseModel):
    """A task was accepted."""

    report_id: str
    task_id: str
    success: Literal[True]


class Envelope(BaseModel):
    """A task's result. Keys without a value are absent."""

    model_config = ConfigDict(extra="allow")

    id: str
    status: Literal["in_progress", "completed", "failed"]
    event_type: str
    additional_info: str | None = None
    error: str | None = None
    no_faces: bool | None = None
    result: dict[str, Any] | None = None


class Claims(BaseModel):
    """What a token says."""

    iss: str
    aud: str
    sub: str
    jti: str
    iat: int
    exp: int
    scope: str


class IssuedToken(BaseModel):
    """A fresh token. It is shown once."""

    claims: Claims
    id: str
    success: Literal[True]
    token: str


class TokenList(BaseModel):
    """The account's valid tokens by id."""

    claims: dict[str, Claims]
    success: Literal[True]


class TokenClaims(BaseModel):
    """One token's claims."""

    claims: Claims
    success: Literal[True]


class DeletedTokens(BaseModel):
    """Ids of the tokens that are refused from now on."""

    deleted_tokens: list[str]
    success: Literal[True]


class RegisteredUrl(BaseModel):
    """A webhook URL was registered. `secret` verifies the signatures; it is shown once."""

    id: str
    success: Literal[True]
    secret: str


class WebhookUrl(BaseModel):
    """A registered URL."""

    id: str
    url: str


class WebhookUrls(BaseModel):
    """URLs registered for an event."""

    success: Literal[True]
    urls: list[WebhookUrl]


class Done(BaseModel):
    """It was done."""

    success: Literal[True]
