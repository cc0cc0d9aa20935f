"""What can go wrong with a request, in one table, and how each facade says it (contracts 1.5)."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

TAXONOMY: Mapping[str, tuple[int, str]] = {
    "missing_file": (400, "A required file is missing"),
    "empty_file": (400, "A file is empty"),
    "file_and_url": (400, "Either a file or a url, not both"),
    "invalid_parameter": (400, "A parameter is not valid"),
    "invalid_session_info": (400, "session_info is not valid"),
    "invalid_idempotency_key": (400, "The idempotency key is not valid"),
    "malformed_body": (400, "The request body cannot be read"),
    "invalid_type": (400, "A value or file is of the wrong type"),
    "bad_archive": (400, "The archive is not a set of pictures"),
    "no_suitable_media": (400, "There are no suitable media"),
    "image_size": (400, "The picture has too few or too many pixels"),
    "content_length": (400, "A file has too few or too many bytes"),
    "image_type": (400, "The picture is of another type, or damaged"),
    "corrupted_image": (400, "The picture is damaged"),
    "corrupted_liveness_data": (400, "The liveness data cannot be read"),
    "invalid_video": (400, "The video is too short, or cannot be read"),
    "no_face": (400, "There is no face in the picture"),
    "face_occlusion": (400, "The face is partly hidden"),
    "liveness_failed": (400, "The video shows no face that can be judged"),
    "not_authenticated": (401, "No token was sent"),
    "session_expired": (401, "The session has expired"),
    "unauthorized": (401, "Authentication is required"),
    "forbidden": (403, "The token does not allow this"),
    "not_found": (404, "Not found"),
    "method_not_allowed": (405, "This method is not allowed here"),
    "wrong_format": (406, "The picture is of a type that is not accepted, or damaged"),
    "request_timeout": (408, "The request took too long to arrive"),
    "timeout": (408, "The analysis takes longer than a request may wait"),
    "conflict": (409, "It exists already"),
    "request_in_progress": (409, "A request with this idempotency key is still running"),
    "length_required": (411, "The request must say how long it is"),
    "payload_too_large": (413, "The request is too large"),
    "unsupported_media_type": (415, "This type is not accepted here"),
    "idempotency_key_reused": (422, "The idempotency key was used for another request"),
    "rate_limited": (429, "Too many requests"),
    "internal": (500, "Internal error"),
    "not_implemented": (501, "Not offered by this installation yet"),
    "overloaded": (503, "Temporarily unavailable"),
    "analysis_timeout": (504, "The analysis took too long"),
}
"""Code -> HTTP status and title."""

_BY_STATUS = {404: "not_found", 405: "method_not_allowed", 413: "payload_too_large", 415: "unsupported_media_type"}


class ApiError(Exception):
    """A request that is answered with an error.

    Attributes:
        code: a word of `TAXONOMY`; decides the HTTP status.
        message: a sentence for the client; never holds media, names, tokens or anything else that was sent.
        pointer: the parameter it is about, as a JSON pointer (`#/file`), where there is one.
        headers: extra response headers.
        members: what the client named its request by, for shapes that repeat it (`sessionId`, `flow_id`).
    """

    def __init__(
        self,
        code: str,
        message: str | None = None,
        *,
        pointer: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status, self.title = TAXONOMY[code]
        self.code = code
        self.message = message or self.title
        self.pointer = pointer
        self.headers = dict(headers or {})
        self.members: dict[str, str] = {}
        super().__init__(self.message)


def from_status(status: int, headers: Mapping[str, str] | None = None) -> ApiError:
    """The error behind an HTTP status that the router raised."""
    return ApiError(_BY_STATUS.get(status, "internal" if status >= 500 else "invalid_parameter"), headers=headers)


def rate_limited(retry_after_s: float, message: str | None = None) -> ApiError:
    """429 with the whole seconds after which to try again."""
    return ApiError("rate_limited", message, headers={"Retry-After": str(max(1, round(retry_after_s)))})


def overloaded() -> ApiError:
    """503: a component is unavailable (contracts 1.4)."""
    return ApiError("overloaded", headers={"Retry-After": "2"})


@dataclass(frozen=True, slots=True)
class Facade:
    """One API and the part of the path space it owns.

    Attributes:
        segments: the first path segment, or the first two, of every path it owns (`tasks`, `api/folders`); its own name
            for the prefixed mount included.
        either_slash: whether a slash at the end of a path changes nothing.
        shape: renders an error body: (error, request id, host, path) -> JSON values.
    """

    name: str
    segments: frozenset[str]
    shape: Callable[[ApiError, str, str, str], dict[str, Any]]
    error_type: str = "application/json"
    either_slash: bool = False

    def error_body(self, error: ApiError, request_id: str, host: str, path: str) -> bytes:
        """The body of an error reply in this facade's shape."""
        return json.dumps(self.shape(error, request_id, host, path), separators=(",", ":")).encode()
