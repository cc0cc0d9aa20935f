"""How the SenseID-compatible API says what went wrong: numbers and messages of its own (contracts 3.6)."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from deployments.ingress.errors import ApiError, Facade

INVALID_ARGUMENT = (1200, "invalid argument")
NUMBERS: Mapping[str, tuple[int, str]] = {
    "unauthorized": (1100, "unauthorized"),
    "not_authenticated": (1100, "unauthorized"),
    "image_size": (2003, "invalid image size"),
    "content_length": (2004, "invalid content length"),
    "empty_file": (2004, "invalid content length"),
    "image_type": (2005, "invalid image type or corrupted"),
    "corrupted_image": (2006, "corrupted image error"),
    "corrupted_liveness_data": (2007, "corrupted liveness data error"),
    "invalid_video": (2008, "invalid video error"),
    "no_face": (4000, "detection failed"),
    "face_occlusion": (4004, "face occlusion"),
    "liveness_failed": (4007, "liveness silent check failed"),
}
"""Error code -> number and message; every other error with HTTP status 400 is `INVALID_ARGUMENT`."""

STATUS_MESSAGES: Mapping[int, str] = {
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    408: "REQUEST_TIMEOUT",
    409: "CONFLICT",
    411: "LENGTH_REQUIRED",
    413: "PAYLOAD_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    422: "UNPROCESSABLE_ENTITY",
    429: "TOO_MANY_REQUESTS",
    500: "INTERNAL_ERROR",
    501: "NOT_IMPLEMENTED",
    503: "SERVICE_UNAVAILABLE",
    504: "GATEWAY_TIMEOUT",
}
"""HTTP status -> message, for what has no number of its own: there the code is the status."""

_OWN_ID = re.compile(r"[0-9a-f]{32}")


def body_id(request_id: str) -> str:
    """The `request_id` of a body: the request's own where it is 32 lower-case hex digits, else a digest of it."""
    return request_id if _OWN_ID.fullmatch(request_id) else hashlib.sha256(request_id.encode()).hexdigest()[:32]


def _body(error: ApiError, request_id: str, _host: str, _path: str) -> dict[str, Any]:
    by_status = (error.status, STATUS_MESSAGES.get(error.status, "INTERNAL_ERROR"))
    code, message = NUMBERS.get(error.code, INVALID_ARGUMENT if error.status == 400 else by_status)
    return {"code": code, "message": message, "request_id": body_id(request_id)}


SENSEID = Facade("senseid", frozenset({"senseid", "identity", "quality", "liveness"}), _body)
