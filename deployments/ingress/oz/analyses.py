"""Analyses: asked for in batches, each of them a task (contracts 4.1)."""

from collections.abc import Callable, Sequence
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from deployments.ingress.bodies import read_json
from deployments.ingress.errors import ApiError, rate_limited
from deployments.ingress.forms import fingerprint_of, invalid
from deployments.ingress.intake import Intake, intake_of, json_reply, respond
from deployments.ingress.openapi import creating, errors, json_body, reply
from deployments.ingress.oz import examples, payload
from deployments.ingress.oz.access import SECURITY, need, signed_in
from deployments.ingress.oz.collections import collection_of
from deployments.ingress.oz.errors import OZ
from deployments.ingress.oz.links import opens
from deployments.ingress.oz.render import analysis, secret
from deployments.ingress.oz.schemas import AnalysisObject
from deployments.ingress.threads import to_the_end
from deployments.ingress.uploads import FormReader
from deployments.tasks.case import Batch, Case, Medium
from deployments.tasks.cases import CaseFull, CaseUnknown
from deployments.tasks.idempotency import Conflict, StoredReply
from deployments.tasks.store import QueueFull
from deployments.tasks.task import TaskSpec
from deployments.tasks.webhooks import MAX_URL
from pipelines.media.fetch import UrlRefused

router = APIRouter(tags=["Oz: analyses"])

_REFUSED = errors(OZ, "not_authenticated", "unauthorized", "session_expired", "not_found")
_JPEG: dict[int | str, Any] = {200: {"description": "JPEG", "content": {"application/octet-stream": {}}}}
_SCHEMA = {
    "type": "object",
    "properties": {
        "analyses": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "type": {"type": "string", "description": "quality, biometry, documents, blacklist or collection"},
                    "source_media": {"type": "array", "items": {"type": "string"}},
                    "params": {"type": "object"},
                },
                "required": ["type"],
            },
        },
        "resolution_endpoint": {"type": "string"},
    },
    "required": ["analyses"],
}


@router.post(
    "/api/folders/{folder_id}/analyses",
    status_code=201,
    response_model=list[AnalysisObject],
    responses=reply("Accepted", [examples.ANALYSIS], 201)
    | _REFUSED
    | errors(OZ, "malformed_body", "invalid_parameter", "no_suitable_media", "rate_limited"),
    openapi_extra=SECURITY | creating(json_body(_SCHEMA, {"analyses": [{"type": "quality"}]})),
)
async def create_analyses(request: Request, folder_id: str) -> Response:
    """Judges media of the folder, all of them unless `source_media` names some."""
    intake, principal = intake_of(request), await signed_in(request)
    cases, settings = intake.backend.cases, intake.backend.settings
    value = await read_json(request)
    wanted, hook = payload.analyses_of(value), check_hook(intake, payload.hook_of(value))
    case = await intake.threads.call(cases.get, principal.tenant, folder_id)
    if case is None:
        raise ApiError("not_found")
    specs = await specs_of(intake, wanted, case.media, case.id, principal.tenant)

    def create() -> StoredReply:
        batch = Batch(specs=specs, hook=hook, limits=intake.limits)
        with_tasks = refusing(cases.analyse)(principal.tenant, folder_id, batch)
        made = with_tasks.tasks[-len(specs) :]
        intake.backend.wake()
        return json_reply([analysis(with_tasks, task, settings) | secret(with_tasks) for task in made], 201)

    fingerprint = fingerprint_of(repr(sorted(value.items())))
    return await intake.once(request, principal.tenant, fingerprint, create, case_id=case.id)


@router.get(
    "/api/folders/{folder_id}/analyses",
    response_model=list[AnalysisObject],
    responses=reply("Analyses", [examples.ANALYSIS]) | _REFUSED,
    openapi_extra=SECURITY,
)
async def list_analyses(request: Request, folder_id: str) -> Response:
    """Every analysis of the folder, in the order they were asked for."""
    backend = intake_of(request).backend
    case = await need(request, backend.cases.get, folder_id)
    return respond(json_reply([analysis(case, task, backend.settings) for task in case.tasks]))


@router.get(
    "/api/analyses/{analysis_id}",
    response_model=AnalysisObject,
    responses=reply("The analysis", examples.ANALYSIS) | _REFUSED,
    openapi_extra=SECURITY,
)
async def get_analysis(request: Request, analysis_id: str) -> Response:
    """An analysis; repeat until `resolution_status` is not PROCESSING."""
    backend = intake_of(request).backend

    def find(tenant: str) -> Any:
        task = backend.tasks.get(tenant, analysis_id)
        case = backend.cases.get(tenant, task.spec.case) if task is not None and task.spec.case else None
        fresh = next((one for one in case.tasks if one.id == analysis_id), None) if case is not None else None
        return None if case is None or fresh is None else analysis(case, fresh, backend.settings)

    found = await need(request, find)
    return respond(json_reply(found))


@router.get(
    "/api/analyses/{analysis_id}/images/{media_id}",
    response_class=Response,
    responses=_JPEG | _REFUSED,
    openapi_extra=SECURITY,
)
async def get_best_shot(request: Request, analysis_id: str, media_id: str) -> Response:
    """The best frame that a QUALITY analysis found in a medium."""
    backend, query = intake_of(request).backend, request.query_params
    path = f"/api/analyses/{analysis_id}/images/{media_id}"
    tenant = None
    if not opens(backend.settings, path, query.get("expires", ""), query.get("signature", "")):
        tenant = (await signed_in(request)).tenant

    def find() -> Any:
        owner = tenant or backend.tasks.tenant_of(analysis_id)
        return backend.tasks.get(owner, analysis_id) if owner else None

    task = await intake_of(request).threads.call(find)
    wanted = f"best_frame.{media_id}.jpg"
    artifact = next((a for a in task.artifacts if a.name == wanted), None) if task and task.spec.case else None
    if artifact is None:
        raise ApiError("not_found")
    return Response(await backend.blobs.get(artifact.blob), media_type=artifact.mime)


async def specs_of(
    intake: Intake, wanted: Sequence[payload.Analysis], media: Sequence[Medium], case_id: str, tenant: str
) -> list[TaskSpec]:
    """The tasks of the analyses. Raises ApiError, see `payload.spec`."""
    specs = []
    for one in wanted:
        named = None
        if one.type == "COLLECTION":
            named = await intake.threads.call(collection_of, intake.backend.galleries, tenant, one.params)
        specs.append(payload.spec(one, media, case_id, tenant, intake.backend.settings, named))
    return specs


async def commit(intake: Intake, reader: FormReader, write: Callable[..., Case], *args: Any, **options: Any) -> Case:
    """Writes a case or to one; the files of the form are its own from then on."""

    async def act() -> Case:
        made = await intake.threads.call(refusing(write), *args, **options)
        reader.stored.clear()
        intake.backend.wake()
        return made

    return await to_the_end(act())


def refusing(write: Callable[..., Case]) -> Callable[..., Case]:
    """The same call, with ApiError for what a client can be told."""

    def call(*args: Any, **options: Any) -> Case:
        try:
            return write(*args, **options)
        except CaseUnknown:
            raise ApiError("not_found") from None
        except CaseFull:
            raise ApiError("invalid_parameter", "the folder would hold more files than it may") from None
        except QueueFull as full:
            raise rate_limited(full.retry_after, "the queue is full") from None
        except Conflict:
            raise ApiError("request_in_progress", headers={"Retry-After": "1"}) from None

    return call


def check_hook(intake: Intake, url: str | None) -> str | None:
    """The URL, if requests may go there. Raises ApiError `invalid_parameter`."""
    if url is None:
        return None
    if len(url) > MAX_URL:
        raise invalid("resolution_endpoint", f"must have at most {MAX_URL} characters")
    try:
        intake.urls.check_url(url)
    except UrlRefused as refused:
        raise invalid("resolution_endpoint", f"is refused: {refused.message}") from None
    return url
