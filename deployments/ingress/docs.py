"""The API's description: /openapi.json, and a page to read it on that loads nothing from elsewhere."""

import json
from functools import lru_cache
from html import escape
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

router = APIRouter(include_in_schema=False)

_ABOUT = (
    "Judges whether people, media and documents are genuine. Its own API, and views compatible with other products."
)
_SCHEMES = {
    "Bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "Basic": {"type": "http", "scheme": "basic"},
    "OzSession": {"type": "apiKey", "in": "header", "name": "X-Forensic-Access-Token"},
}
_OPEN_TAG = "Service"
_METHODS = ("get", "post", "put", "patch", "delete")
_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:56rem;padding:1rem;color:#1b1f24;background:#fff}
h2{margin-top:2.5rem;border-bottom:1px solid #d0d7de}
details{border:1px solid #d0d7de;border-radius:6px;margin:.5rem 0;padding:.4rem .8rem}
summary{cursor:pointer}code,pre{font:14px/1.4 ui-monospace,monospace}
pre{background:#f6f8fa;padding:.6rem;overflow:auto;border-radius:6px}b.method{display:inline-block;min-width:4.5rem}
@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}pre{background:#161b22}
h2,details{border-color:#30363d}a{color:#6cb6ff}}
"""


@router.get("/openapi.json")
async def openapi_json(request: Request) -> Response:
    """The OpenAPI 3.1 document."""
    return Response(json.dumps(describe(request.app), separators=(",", ":")), media_type="application/json")


@router.get("/docs")
async def docs_page(request: Request) -> Response:
    """The document as a page."""
    policy = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
    return HTMLResponse(_page(request.app), headers=policy)


@lru_cache(maxsize=4)
def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of the app's routes, with who may call what."""
    document = get_openapi(title=app.title, version="1", description=_ABOUT, routes=app.routes)
    document.setdefault("components", {})["securitySchemes"] = _SCHEMES
    document["security"] = [{"Bearer": []}]
    for operation in _operations(document):
        if _OPEN_TAG in operation[2]["tags"]:
            operation[2]["security"] = []
    return document


def _operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, item[method])
        for path, item in document["paths"].items()
        for method in _METHODS
        if method in item
    ]


@lru_cache(maxsize=4)
def _page(app: FastAPI) -> str:
    document = describe(app)
    tags: dict[str, list[str]] = {}
    for method, path, operation in _operations(document):
        tags.setdefault(operation["tags"][0], []).append(_operation(method, path, operation))
    sections = "".join(f"<h2>{escape(tag)}</h2>{''.join(entries)}" for tag, entries in tags.items())
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(document['info']['title'])} API</title><style>{_STYLE}</style>"
        f"<h1>{escape(document['info']['title'])} API</h1><p>{escape(_ABOUT)}</p>"
        f'<p><a href="openapi.json">openapi.json</a> describes the same for machines.</p>{sections}</html>'
    )


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    parts = [f"<p>{escape(operation.get('description', ''))}</p>"]
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        fields = content["schema"].get("properties", {})
        lines = [
            f"<code>{escape(name)}</code> {escape(field.get('description', ''))}" for name, field in fields.items()
        ]
        items = "".join(f"<li>{line}</li>" for line in lines)
        parts.append(f"<p>Request, <code>{escape(media)}</code></p><ul>{items}</ul>{_example(content.get('example'))}")
    for status, response in operation["responses"].items():
        parts.append(f"<p>{escape(status)} {escape(response['description'])}</p>")
        parts.extend(_example(content.get("example")) for content in response.get("content", {}).values())
    summary = f'<b class="method">{method.upper()}</b> <code>{escape(path)}</code>'
    return f"<details><summary>{summary}</summary>{''.join(parts)}</details>"


def _example(example: Any) -> str:
    if example is None:
        return ""
    text = example if isinstance(example, str) else json.dumps(example, indent=2)
    return f"<pre>{escape(text)}</pre>"
