"""The IDLive Doc server's own endpoint (contracts 5.2), answered when its task has ended."""

import json
import math
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from deployments.ingress.auth import SCOPES, Principal
from deployments.ingress.base64_text import image_from_text
from deployments.ingress.docs import openapi_json
from deployments.ingress.errors import ApiError
from deployments.ingress.forms import Form, FormRule, invalid
from deployments.ingress.intake import intake_of, json_reply
from deployments.ingress.openapi import creating, errors, json_body, reply
from deployments.ingress.trustmatic.errors import IDLIVE
from deployments.ingress.trustmatic.forms import picture_rule
from deployments.ingress.trustmatic.render import OUR_FAULT
from deployments.ingress.trustmatic.routes import BASIC, DOT, SERVICE
from deployments.ingress.trustmatic.schemas import Liveness
from deployments.ingress.trustmatic.scores import PRINT, SCREEN, SUBSTITUTION, Side, sides_of
from deployments.settings import TrustmaticSettings
from deployments.tasks.idempotency import StoredReply
from deployments.tasks.task import State, Task, TaskSpec

router = APIRouter(tags=["IDLive Doc"])

Json = dict[str, Any]
DETECTORS: Mapping[str, str] = {"default-sr": SCREEN, "default-pc": PRINT, "default-ps": SUBSTITUTION}
CALIBRATIONS: Mapping[str, float] = {"REGULAR": 0.5, "SOFT": 0.65, "HARD": 0.35}
"""The probability of a document at the detector's own threshold; the vendor calls it live above 0.5."""

IGNORABLE = ("DOCUMENT_CROPPED", "DOCUMENT_IS_COLORLESS")
VALIDATION = ("DOCUMENT_NOT_FOUND", "DOCUMENT_CROPPED", "DOCUMENT_PHOTO_NOT_FOUND")
COLORLESS = "DOCUMENT_IS_COLORLESS"
WARNINGS: Mapping[str, str] = {
    "TOO_MANY_DOCUMENTS": "MULTIPLE_DOCUMENTS_IN_FRAME",
    "DOCUMENT_TOO_SMALL": "RELATIVE_DOCUMENT_SIZE_LOWER_THAN_10_PERCENT",
    "DOCUMENT_CROPPED": "DOCUMENT_BORDERS_OUTSIDE_OF_FRAME",
    "DOCUMENT_TOO_CLOSE_TO_BORDER": "DOCUMENT_TOO_CLOSE_TO_BORDER",
}
"""What the wrapper calls an error is a warning here."""
QUALITY = frozenset(WARNINGS.values()) | {
    "IMAGE_TOO_BLURRY",
    "IMAGE_IS_TOO_COMPRESSED",
    "POOR_IMAGE_EXPOSURE",
    "GLARE_ON_IMAGE",
}
_MOST = 10
_EXAMPLE = {
    "results": [
        {"pipeline_name": "default-sr", "status": "OK", "probability": 0.98, "score": 3.9, "calibration": "REGULAR"}
    ],
    "aggregate": {"probability": 0.98},
    "image_quality_warnings": [],
}
_SCHEMA = {
    "type": "object",
    "properties": {
        "image": {"type": "string", "format": "byte", "description": "The picture as base64."},
        "pipelines": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "pipeline_name": {"type": "string", "enum": list(DETECTORS)},
                    "calibration": {"type": "string", "enum": list(CALIBRATIONS), "default": "REGULAR"},
                },
                "required": ["pipeline_name"],
            },
        },
        "errors_to_ignore": {"type": "array", "items": {"type": "string", "enum": list(IGNORABLE)}},
    },
    "required": ["image", "pipelines"],
}


def _form(settings: TrustmaticSettings) -> FormRule:
    image = picture_rule(
        "image", settings.image_bytes, "The picture.", required=True, unsupported="wrong_format", decode=_decoded
    )
    fields = {"pipelines": "Detectors to ask.", "errors_to_ignore": "Errors that do not keep the picture unjudged."}
    return FormRule(
        files=(image,), fields=fields, structures=frozenset(fields), multipart=False, json=True, check=_check
    )


@router.post(
    "/check_liveness",
    response_model=Liveness,
    responses=reply("Judged", _EXAMPLE)
    | errors(
        IDLIVE,
        *("invalid_parameter", "missing_file", "malformed_body", "unauthorized", "wrong_format", "timeout"),
        *("payload_too_large", "unsupported_media_type", "idempotency_key_reused", "rate_limited", "internal"),
    ),
    openapi_extra=BASIC | creating(json_body(_SCHEMA, {"image": DOT, "pipelines": [{"pipeline_name": "default-sr"}]})),
)
async def check_liveness(request: Request) -> Response:
    """Asks the detectors for screens (sr), printed copies (pc) and exchanged portraits (ps) about one picture."""
    intake = intake_of(request)
    settings = intake.backend.settings.trustmatic
    account = await intake.authenticate(request)

    async def describe(form: Form) -> TaskSpec:
        front = replace(form.files["image"], role="front")
        options = {"pipelines": _pipelines(form), "errors_to_ignore": _ignored(form)}
        return TaskSpec(tenant=account, facade=IDLIVE.name, service=SERVICE, media=(front,), options=options)

    async def render(task: Task) -> StoredReply:
        if not task.state.terminal:
            # A reply rather than an error: the task goes on, and stays tied to the request's idempotency key.
            return json_reply(IDLIVE.shape(ApiError("timeout"), "", "", ""), 408)
        if task.state is State.FAILED:
            raise ApiError("internal" if task.error_code in OUR_FAULT else "wrong_format")
        return json_reply(liveness(task))

    principal = Principal(account, "", frozenset(SCOPES))
    return await intake.judge(request, principal, _form(settings), describe, render, settings.wait_s)


@router.get("/v3/api-docs", include_in_schema=False)
async def api_docs(request: Request) -> Response:
    """The OpenAPI document, where the vendor's server has it."""
    return await openapi_json(request)


@router.get("/swagger-ui/index.html", include_in_schema=False)
async def swagger_ui(request: Request) -> Response:
    """Leads to the page."""
    return RedirectResponse("../docs", 302)


def liveness(task: Task) -> Json:
    """The body of a successful reply; a picture that cannot be judged has neither probability nor score."""
    options = task.spec.options
    (side,) = sides_of(task.report or {}).values()
    invalid_as = _validation(side, options["errors_to_ignore"])
    results = [_result(side, invalid_as, **pipeline) for pipeline in options["pipelines"]]
    found = [result["probability"] for result in results]
    together = None if any(value is None for value in found) else min(found)
    warnings = [WARNINGS[side.error]] if side.error is not None and side.error in WARNINGS else []
    warnings += [word for word in side.warnings if word in QUALITY and word not in warnings]
    return {"results": results, "aggregate": {"probability": together}, "image_quality_warnings": warnings}


def _validation(side: Side, ignored: list[str]) -> str | None:
    if side.error in VALIDATION and side.error not in ignored:
        return side.error
    return COLORLESS if COLORLESS in side.warnings and COLORLESS not in ignored else None


def _result(side: Side, invalid_as: str | None, pipeline_name: str, calibration: str) -> Json:
    probability = side.score(DETECTORS[pipeline_name], CALIBRATIONS[calibration])
    if invalid_as is not None:
        probability = None
    status = invalid_as or ("OK" if probability is not None else "NOT_PERFORMED")
    return {
        "pipeline_name": pipeline_name,
        "status": status,
        "probability": None if probability is None else round(probability, 6),
        "score": None if probability is None else _log_odds(probability),
        "calibration": calibration,
    }


def _log_odds(probability: float) -> float:
    bounded = min(max(probability, 1e-6), 1 - 1e-6)
    return round(math.log(bounded / (1 - bounded)), 4)


async def _decoded(data: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    try:
        async for piece in image_from_text(data):
            yield piece
    except ApiError as error:
        raise ApiError("wrong_format" if error.code == "image_type" else error.code) from None


def _check(form: Form) -> None:
    if not form.problems:
        form.require("image")
        _pipelines(form)
        _ignored(form)


def _pipelines(form: Form) -> list[Json]:
    wanted = json.loads(form.texts.get("pipelines", "null"))
    if not isinstance(wanted, list) or not 0 < len(wanted) <= _MOST:
        raise invalid("pipelines", f"must be a list of 1 to {_MOST} objects")
    return [_pipeline(one) for one in wanted]


def _pipeline(wanted: Any) -> Json:
    name = wanted.get("pipeline_name") if isinstance(wanted, dict) else None
    if not isinstance(name, str) or name not in DETECTORS:
        raise invalid("pipelines", f"must name a pipeline_name of {', '.join(DETECTORS)}")
    calibration = wanted.get("calibration") or "REGULAR"
    if not isinstance(calibration, str) or calibration not in CALIBRATIONS:
        raise invalid("pipelines", f"must have a calibration of {', '.join(CALIBRATIONS)}")
    return {"pipeline_name": name, "calibration": calibration}


def _ignored(form: Form) -> list[str]:
    words = json.loads(form.texts.get("errors_to_ignore", "[]"))
    if not isinstance(words, list) or not all(word in IGNORABLE for word in words):
        raise invalid("errors_to_ignore", f"may only hold {', '.join(IGNORABLE)}")
    return words
