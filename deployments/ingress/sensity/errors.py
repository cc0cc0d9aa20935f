"""How the Sensity-compatible API says what went wrong (contracts 1.5)."""

from typing import Any

from deployments.ingress.errors import ApiError, Facade


def _body(error: ApiError, request_id: str, _host: str, _path: str) -> dict[str, Any]:
    return {"success": False, "error": error.message, "code": error.code, "request_id": request_id}


SENSITY = Facade("sensity", frozenset({"auth", "tasks", "webhooks", "sensity"}), _body)
