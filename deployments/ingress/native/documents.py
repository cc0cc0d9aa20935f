"""Documents and files: each service by itself."""

from dataclasses import replace
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from deployments.ingress.auth import Principal
from deployments.ingress.errors import ApiError
from deployments.ingress.forms import Form, FormRule
from deployments.ingress.native.submit import INFO, described, reading, submit
from deployments.ingress.sensity import document_forms as forms

router = APIRouter(tags=["Native: documents"])

_SIDES = FormRule(files=tuple(replace(file, required=False) for file in forms.ID_DOCUMENT.files), fields=INFO)


@router.post("/v1/id-documents", **described(forms.ID_DOCUMENT, front="front.jpg", back="back.jpg"))
async def create_id_document(request: Request) -> Response:
    """Reads an identity document, compares what it says in several places, and looks for forgery."""
    return await submit(
        request, "tasks:write", "id_document_authentication", forms.ID_DOCUMENT, reading(forms.id_document_options)
    )


@router.post("/v1/document-liveness", **described(_SIDES, front="front.jpg"))
async def create_document_liveness(request: Request) -> Response:
    """Is the document itself before the camera, or a screen or a print of it? One side or both."""

    async def some_side(form: Form, _principal: Principal) -> dict[str, Any]:
        if not form.files:
            raise ApiError("missing_file", "front is required", pointer="#/front")
        return {}

    return await submit(request, "tasks:write", "document_liveness", _SIDES, some_side)


@router.post("/v1/data-extraction", **described(forms.EXTRACTION, file="invoice.jpg", keywords="total,IBAN"))
async def create_data_extraction(request: Request) -> Response:
    """Tells what kind of financial document this is, and reads it; at most 50 pages."""
    return await submit(request, "tasks:write", "data_extraction", forms.EXTRACTION, reading(forms.extraction_options))


@router.post("/v1/forensics", **described(forms.FORENSIC, "file_and_url", file="scan.jpg"))
async def create_forensics(request: Request) -> Response:
    """Looks for traces of editing in an image, a video, a sound or a PDF."""
    return await submit(request, "tasks:write", "forensic_analysis", forms.FORENSIC, reading(forms.forensic_options))
