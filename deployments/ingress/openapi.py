"""Documentation of what the routes parse by hand: forms, JSON bodies, examples and errors, for /openapi.json."""

from collections.abc import Mapping
from typing import Any

from deployments.ingress.errors import TAXONOMY, ApiError, Facade
from deployments.ingress.forms import FileRule, FormRule

Json = dict[str, Any]
EXAMPLE_ID = "019aa5c0-7d3e-7cc2-9a51-3f0d2c8be6a4"
IDEMPOTENCY_HEADER: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key and request within 24 hours is run once and answered twice.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "example": "order-4711",
}


def form_body(rule: FormRule, example: Mapping[str, Any]) -> Json:
    """The `requestBody` of a form. In examples, a file's value says what kind of file it is."""
    properties = {name: {"type": "string", "description": about} for name, about in rule.fields.items()}
    properties |= {file.role: _file_schema(file) for file in rule.files}
    schema: Json = {"type": "object", "properties": properties}
    if required := [file.role for file in rule.files if file.required]:
        schema["required"] = required
    kinds = ["application/x-www-form-urlencoded"] if rule.urlencoded else []
    if rule.json and all(file.text for file in rule.files):
        kinds.append("application/json")
    if rule.multipart:
        kinds.append("multipart/form-data")
    content = {"schema": schema, "example": dict(example)}
    return {"required": bool(rule.files), "content": dict.fromkeys(kinds, content)}


def json_body(schema: Json, example: Json) -> Json:
    """The `requestBody` of a JSON object."""
    return {"required": True, "content": {"application/json": {"schema": schema, "example": example}}}


def creating(request_body: Json) -> Json:
    """`openapi_extra` of an operation that creates something."""
    return {"requestBody": request_body, "parameters": [IDEMPOTENCY_HEADER]}


def reply(about: str, example: Any, status: int = 200) -> dict[int | str, Json]:
    """`responses` entry of a reply, with an example; its schema comes from the route's response model."""
    return {status: {"description": about, "content": {"application/json": {"example": example}}}}


def errors(facade: Facade, *codes: str) -> dict[int | str, Json]:
    """`responses` entries of error codes in the facade's shape."""
    found: dict[int | str, Json] = {}
    for code in codes:
        status, title = TAXONOMY[code]
        example = facade.shape(ApiError(code), "3f0d2c8be6a44e0f9a517d3e7cc2019a", "localhost", "/")
        entry = found.setdefault(status, {"description": title, "content": {facade.error_type: {"examples": {}}}})
        entry["content"][facade.error_type]["examples"][code] = {"value": example}
    return found


def _file_schema(file: FileRule) -> Json:
    limits = sorted(set(file.limits.values()))
    sizes = " or ".join(f"{limit >> 20} MiB" for limit in limits)
    names = f" Also sent as {', '.join(file.aliases)}." if file.aliases else ""
    about = f"{file.about} {', '.join(file.limits)}; at most {sizes}.{names}"
    return {"type": "string", "format": "byte" if file.text else "binary", "description": about.strip()}
