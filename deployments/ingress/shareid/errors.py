"""How the ShareID-compatible API says what went wrong (contracts 6.2). A document is never at fault here."""

from collections.abc import Mapping
from typing import Any

from deployments.ingress.errors import ApiError, Facade

WORDS: Mapping[int, str] = {
    400: "invalid_data",
    401: "invalid_credentials",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "timeout",
    409: "request_in_progress",
    413: "payload_too_large",
    415: "unsupported_file",
    422: "idempotency_key_reused",
    429: "rate_limited",
    501: "not_implemented",
    503: "unavailable",
}
"""HTTP status -> word."""


def _body(error: ApiError, _request_id: str, _host: str, _path: str) -> dict[str, Any]:
    word = WORDS.get(error.status, "internal")
    return {"error": word, "message": error.message, "flow_id": error.members.get("flow_id", "")}


SHAREID = Facade("shareid", frozenset({"shareid", "flow"}), _body)
