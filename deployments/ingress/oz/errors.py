"""How the Oz-compatible API says what went wrong: its table of twelve numbers (contracts 4.5)."""

from collections.abc import Mapping
from typing import Any

from deployments.ingress.errors import ApiError, Facade

UNKNOWN, NOT_ALLOWED, NOT_REALIZED, INVALID_STRUCTURE, INVALID_VALUE, INVALID_TYPE = range(6)
AUTH_NOT_PROVIDED, AUTH_INVALID, AUTH_EXPIRED, AUTH_FORBIDDEN, NOT_EXIST, EXTERNAL_SERVICE = range(6, 12)

NUMBERS: Mapping[str, int] = {
    "missing_file": INVALID_VALUE,
    "empty_file": INVALID_VALUE,
    "invalid_parameter": INVALID_VALUE,
    "invalid_idempotency_key": INVALID_VALUE,
    "bad_archive": INVALID_VALUE,
    "no_suitable_media": INVALID_VALUE,
    "payload_too_large": INVALID_VALUE,
    "conflict": INVALID_VALUE,
    "request_in_progress": INVALID_VALUE,
    "idempotency_key_reused": INVALID_VALUE,
    "malformed_body": INVALID_STRUCTURE,
    "invalid_type": INVALID_TYPE,
    "unsupported_media_type": INVALID_TYPE,
    "not_authenticated": AUTH_NOT_PROVIDED,
    "unauthorized": AUTH_INVALID,
    "session_expired": AUTH_EXPIRED,
    "forbidden": AUTH_FORBIDDEN,
    "not_found": NOT_EXIST,
    "method_not_allowed": NOT_ALLOWED,
    "not_implemented": NOT_REALIZED,
    "analysis_timeout": EXTERNAL_SERVICE,
    "overloaded": EXTERNAL_SERVICE,
}
"""Error code -> `error_code`; whatever stands not here is 0, unknown."""


def _body(error: ApiError, _request_id: str, _host: str, _path: str) -> dict[str, Any]:
    return {"error_code": NUMBERS.get(error.code, UNKNOWN), "error_message": error.message, "details": None}


OZ = Facade(
    "oz",
    frozenset({"oz", "api/authorize", "api/folders", "api/analyses", "api/media", "api/collections"}),
    _body,
    either_slash=True,
)
