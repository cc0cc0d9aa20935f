"""How the native API says what went wrong: RFC 9457."""

from typing import Any

from deployments.ingress.errors import ApiError, Facade


def _problem(error: ApiError, request_id: str, host: str, path: str) -> dict[str, Any]:
    body: dict[str, Any] = {
        "type": f"https://{host}/problems/{error.code.replace('_', '-')}",
        "title": error.title,
        "status": error.status,
        "detail": error.message,
        "instance": path,
        "request_id": request_id,
    }
    if error.pointer:
        body["errors"] = [{"pointer": error.pointer, "detail": error.message}]
    return body


NATIVE = Facade("native", frozenset({"v1", "liveness/challenges"}), _problem, "application/problem+json")
