"""Documents and files: each service by itself."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from deployments.ingress.auth import Principal
from deployments.ingress.errors import ApiError
from deployments.ingress.forms import Form, FormRule
from deployments.ingress.native.errors import NATIVE
from deployments.ingress.native.schemas import Accepted
from deployments.ingress.native.submit import ACCEPTED, INFO, Options, submit
from deployments.ingress.openapi import creating, errors, form_body
from deployments.ingress.sensity import document_forms as forms

router = APIRouter(tags=["Native: documents"])

_SIDES = FormRule(files=tuple(replace(file, required=False) for file in forms.ID_DOCUMENT.files), fields=INFO)


def _described(rule: FormRule, *codes: str, **example: str) -> dict[str, Any]:
    return {
        "status_code": 202,
        "response_model": Accepted,
        "responses": ACCEPTED | errors(NATIVE, *codes) if codes else ACCEPTED,
        "openapi_extra": creating(form_body(rule, example)),
    }


def _reading(options: Callable[[Form], dict[str, Any]]) -> Options:
    async def read(form: Form, _principal: Principal) -> dict[str, Any]:
        return options(form)

    return read


@router.post("/v1/id-documents", **_described(forms.ID_DOCUMENT, front="front.jpg", back="back.jpg"))
async def create_id_document(request: Request) -> Response:
    """Reads an identity document, compares what it says in several places, and looks for forgery."""
    return await submit(
        request, "tasks:write", "id_document_authentication", forms.ID_DOCUMENT, _reading(forms.id_document_options)
    )


@router.post("/v1/document-liveness", **_described(_SIDES, front="front.jpg"))
async def create_document_liveness(request: Request) -> Response:
    """Is the document itself before the camera, or a screen or a print of it? One side or both."""

    async def some_side(form: Form, _principal: Principal) -> dict[str, Any]:
        if not form.files:
            raise ApiError("missing_file", "front is required", pointer="#/front")
        return {}

    return await submit(request, "tasks:write", "document_liveness", _SIDES, some_side)


@router.post("/v1/data-extraction", **_described(forms.EXTRACTION, file="invoice.jpg", keywords="total,IBAN"))
async def create_data_extraction(request: Request) -> Response:
    """Tells what kind of financial document this is, and reads it; at most 50 pages."""
    return await submit(request, "tasks:write", "data_extraction", forms.EXTRACTION, _reading(forms.extraction_options))


@router.post("/v1/forensics", **_described(forms.FORENSIC, "file_and_url", file="scan.jpg"))
async def create_forensics(request: Request) -> Response:
    """Looks for traces of editing in an image, a video, a sound or a PDF."""
    return await submit(request, "tasks:write", "forensic_analysis", forms.FORENSIC, _reading(forms.forensic_options))
