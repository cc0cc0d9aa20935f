"""How the Trustmatic- and IDLive-Doc-compatible APIs say what went wrong (contracts 1.5 and 5)."""

from collections.abc import Mapping
from typing import Any

from deployments.ingress.errors import ApiError, Facade

STATUS_WORDS: Mapping[int, str] = {
    400: "INVALID_REQUEST",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    406: "WRONG_FORMAT",
    408: "REQUEST_TIMEOUT",
    409: "CONFLICT",
    413: "PAYLOAD_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    422: "UNPROCESSABLE_ENTITY",
    429: "TOO_MANY_REQUESTS",
    501: "NOT_IMPLEMENTED",
    503: "SERVICE_UNAVAILABLE",
}
_WORDS: Mapping[str, str] = {"image_type": "INVALID_IMAGE", "timeout": "ENGINE_OVERLOADED"}
"""Error code -> word, where the status does not say enough."""


def _word(error: ApiError) -> str:
    return _WORDS.get(error.code) or STATUS_WORDS.get(error.status, "INTERNAL_ERROR")


def _trustmatic(error: ApiError, _request_id: str, _host: str, _path: str) -> dict[str, Any]:
    return {"sessionId": error.members.get("sessionId", ""), "hasError": True, "error": _word(error)}


def _idlive(error: ApiError, _request_id: str, _host: str, _path: str) -> dict[str, Any]:
    return {"error_code": _word(error), "error": error.message}


TRUSTMATIC = Facade("trustmatic", frozenset({"trustmatic", "api/v1"}), _trustmatic)
IDLIVE = Facade("idlive", frozenset({"idlive", "check_liveness", "v3", "swagger-ui"}), _idlive)
