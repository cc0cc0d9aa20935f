"""Typed values out of a query."""

from starlette.requests import Request

from deployments.ingress.errors import ApiError
from deployments.ingress.forms import Form, FormRule


def flag(request: Request, name: str) -> bool:
    """A boolean as forms write them; false where absent. Raises ApiError `invalid_parameter`."""
    return Form(FormRule(), texts={name: request.query_params.get(name, "")}).boolean(name, False)


def number(request: Request, name: str, default: int, least: int, most: int) -> int:
    """A whole number. Raises ApiError `invalid_parameter`."""
    text = request.query_params.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 12 and least <= int(text) <= most):
        raise ApiError(
            "invalid_parameter", f"{name} must be a whole number from {least} to {most}", pointer=f"#/{name}"
        )
    return int(text)
