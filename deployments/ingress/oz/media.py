"""Files of a folder: added, listed, fetched and erased."""

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from deployments.ingress.errors import ApiError
from deployments.ingress.forms import Form
from deployments.ingress.idempotency import Attempt
from deployments.ingress.intake import intake_of, json_reply, respond
from deployments.ingress.openapi import creating, errors, form_body, reply
from deployments.ingress.oz import examples, payload
from deployments.ingress.oz.access import SECURITY, need, signed_in
from deployments.ingress.oz.analyses import commit
from deployments.ingress.oz.errors import OZ
from deployments.ingress.oz.links import opens
from deployments.ingress.oz.render import media
from deployments.ingress.oz.schemas import MediaObject
from deployments.ingress.oz.storing import described, form_rule, media_of
from deployments.ingress.threads import to_the_end
from deployments.ingress.uploads import FormReader
from deployments.settings import Settings
from deployments.tasks.case import Case
from deployments.tasks.idempotency import StoredReply

router = APIRouter(tags=["Oz: media"])

_REFUSED = errors(OZ, "not_authenticated", "unauthorized", "session_expired", "not_found")
_BYTES: dict[int | str, Any] = {200: {"description": "The bytes", "content": {"application/octet-stream": {}}}}
_FORM = described(Settings.model_construct(oz_max_file_mb=10, oz_max_files=10))


@router.post(
    "/api/folders/{folder_id}/media",
    status_code=201,
    response_model=list[MediaObject],
    responses=reply("Added", [examples.MEDIA], 201)
    | _REFUSED
    | errors(OZ, "malformed_body", "missing_file", "payload_too_large", "invalid_type", "bad_archive"),
    openapi_extra=SECURITY | creating(form_body(_FORM, {"selfie": "selfie.jpg"})),
)
async def add_media(request: Request, folder_id: str) -> Response:
    """Adds files under names of the client's choice; the payload tags them by these names."""
    intake, principal = intake_of(request), await signed_in(request)
    backend = intake.backend

    async def act(form: Form, attempt: Attempt, reader: FormReader) -> StoredReply:
        asked = payload.read(payload.parse(form.text("payload")))
        if await intake.threads.call(backend.cases.get, principal.tenant, folder_id) is None:
            raise ApiError("not_found")
        if not form.files:
            raise ApiError("missing_file", "at least one file is required")
        added = list((await media_of(form, asked, folder_id, intake, principal.tenant, reader)).values())

        def stored(case: Case) -> StoredReply:
            ids = {one.id for one in added}
            return json_reply([media(one, backend.settings) for one in case.media if one.id in ids], 201)

        most = backend.settings.oz_max_files
        arguments = (principal.tenant, folder_id, added, most)
        return stored(
            await commit(intake, reader, backend.cases.add_media, *arguments, key=attempt.claim, reply=stored)
        )

    return await intake.receive(request, principal.tenant, form_rule(backend.settings), act)


@router.get(
    "/api/folders/{folder_id}/media",
    response_model=list[MediaObject],
    responses=reply("Media", [examples.MEDIA]) | _REFUSED,
    openapi_extra=SECURITY,
)
async def list_media(request: Request, folder_id: str) -> Response:
    """The files of the folder."""
    backend = intake_of(request).backend
    case = await need(request, backend.cases.get, folder_id)
    return respond(json_reply([media(one, backend.settings) for one in case.media]))


@router.get(
    "/api/media/{media_id}",
    response_model=MediaObject,
    responses=reply("The file's description", examples.MEDIA) | _REFUSED,
    openapi_extra=SECURITY,
)
async def get_media(request: Request, media_id: str) -> Response:
    """What is known of a file."""
    backend, principal = intake_of(request).backend, await signed_in(request)
    found = await intake_of(request).threads.call(backend.cases.medium, media_id)
    if found is None or found[0] != principal.tenant:
        raise ApiError("not_found")
    return respond(json_reply(media(found[1], backend.settings)))


@router.delete(
    "/api/media/{media_id}", status_code=204, response_class=Response, responses=_REFUSED, openapi_extra=SECURITY
)
async def delete_media(request: Request, media_id: str) -> Response:
    """Erases a file; what analyses found of it stays with the folder."""
    backend = intake_of(request).backend
    keys = await need(request, backend.cases.erase_medium, media_id)
    await to_the_end(backend.blobs.delete(keys))
    return Response(status_code=204)


@router.get(
    "/api/media/{media_id}/original", response_class=Response, responses=_BYTES | _REFUSED, openapi_extra=SECURITY
)
async def get_original(request: Request, media_id: str) -> Response:
    """The file as it was sent."""
    return await _content(request, media_id, "original")


@router.get("/api/media/{media_id}/thumb", response_class=Response, responses=_BYTES | _REFUSED, openapi_extra=SECURITY)
async def get_thumb(request: Request, media_id: str) -> Response:
    """A small JPEG of the file."""
    return await _content(request, media_id, "thumb")


async def _content(request: Request, media_id: str, what: str) -> Response:
    backend, query = intake_of(request).backend, request.query_params
    path = f"/api/media/{media_id}/{what}"
    signed = opens(backend.settings, path, query.get("expires", ""), query.get("signature", ""))
    tenant = None if signed else (await signed_in(request)).tenant
    found = await intake_of(request).threads.call(backend.cases.medium, media_id)
    if found is None or tenant not in (None, found[0]):
        raise ApiError("not_found")
    key = found[1].thumb if what == "thumb" else found[1].blob
    if not key:
        raise ApiError("not_found", "it is no longer stored")
    mime = "image/jpeg" if what == "thumb" else found[1].mime
    return Response(await backend.blobs.get(key), media_type=mime)
