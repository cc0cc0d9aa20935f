"""Folders: made with or without media, read, listed and erased; judged at once where the payload asks for it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from fastapi import APIRouter
from python_multipart.multipart import parse_options_header
from starlette.requests import Request
from starlette.responses import Response
from uuid_utils import uuid7

from deployments.ingress.auth import Principal
from deployments.ingress.bodies import read_json
from deployments.ingress.errors import ApiError
from deployments.ingress.forms import Form, fingerprint_of
from deployments.ingress.idempotency import Attempt
from deployments.ingress.intake import Intake, intake_of, json_reply, respond
from deployments.ingress.openapi import creating, errors, form_body, reply
from deployments.ingress.oz import examples, payload
from deployments.ingress.oz.access import SECURITY, ask, need, signed_in
from deployments.ingress.oz.analyses import check_hook, commit, specs_of
from deployments.ingress.oz.errors import OZ
from deployments.ingress.oz.queries import flag, number
from deployments.ingress.oz.render import folder
from deployments.ingress.oz.schemas import FolderList, FolderObject
from deployments.ingress.oz.storing import described, form_rule, media_of
from deployments.ingress.threads import to_the_end
from deployments.ingress.uploads import FormReader
from deployments.settings import Settings
from deployments.tasks.case import Batch, Case
from deployments.tasks.idempotency import StoredReply

router = APIRouter(tags=["Oz: folders"])

INSTANT_GRACE_S = 600.0
_REFUSED = errors(
    OZ, *("invalid_parameter", "malformed_body", "not_authenticated", "unauthorized", "session_expired"), "not_found"
)
_FORM = described(Settings.model_construct(oz_max_file_mb=10, oz_max_files=10))
_PAYLOAD = {"selfie": "selfie.jpg", "payload": '{"folder:meta_data": {"transaction_id": "4711"}}'}


@router.post(
    "/api/folders",
    status_code=201,
    response_model=FolderObject,
    responses=reply("Created", examples.FOLDER, 201)
    | _REFUSED
    | errors(OZ, "payload_too_large", "invalid_type", "bad_archive", "rate_limited"),
    openapi_extra=SECURITY | creating(form_body(_FORM, _PAYLOAD)),
)
async def create_folder(request: Request) -> Response:
    """Makes a folder. With `analyses` in the payload it waits for their end; with `?instant=true` keeps nothing."""
    intake, principal = intake_of(request), await signed_in(request)
    instant = flag(request, "instant")
    kind, _ = parse_options_header(request.headers.get("content-type"))
    if kind not in (b"multipart/form-data", b"application/x-www-form-urlencoded"):
        if instant:
            raise ApiError("no_suitable_media", "an instant request needs files to judge")
        return await _without_files(request, intake, principal)
    if instant and "idempotency-key" in request.headers:
        raise ApiError("invalid_parameter", "what is not kept cannot be answered twice: send no Idempotency-Key")

    async def act(form: Form, attempt: Attempt, reader: FormReader) -> StoredReply:
        return await _create(form, attempt, reader, intake, principal, instant=instant)

    return await intake.receive(request, principal.tenant, form_rule(intake.backend.settings), act)


@router.get(
    "/api/folders",
    response_model=FolderList,
    responses=reply("Folders", {"items": [examples.FOLDER], "total": 1}) | _REFUSED,
    openapi_extra=SECURITY,
)
async def list_folders(request: Request) -> Response:
    """The account's folders, newest first: `limit` (1 to 100), `offset`, `with_analyses`."""
    settings, analyses = intake_of(request).backend.settings, flag(request, "with_analyses")
    limit, offset = number(request, "limit", 20, 1, 100), number(request, "offset", 0, 0, 1 << 31)
    found, total = await ask(request, intake_of(request).backend.cases.list, limit, offset)
    items = [folder(case, settings, with_analyses=analyses) for case in found]
    return respond(json_reply({"items": items, "total": total}))


@router.get(
    "/api/folders/{folder_id}",
    response_model=FolderObject,
    responses=reply("The folder", examples.FOLDER) | _REFUSED,
    openapi_extra=SECURITY,
)
async def get_folder(request: Request, folder_id: str) -> Response:
    """A folder with its media, and with its analyses where `with_analyses=true`."""
    backend, analyses = intake_of(request).backend, flag(request, "with_analyses")
    case = await need(request, backend.cases.get, folder_id)
    return respond(json_reply(folder(case, backend.settings, with_analyses=analyses)))


@router.delete(
    "/api/folders/{folder_id}", status_code=204, response_class=Response, responses=_REFUSED, openapi_extra=SECURITY
)
async def delete_folder(request: Request, folder_id: str) -> Response:
    """Erases a folder: its media, its analyses and everything they found."""
    backend = intake_of(request).backend
    keys = await need(request, backend.cases.erase, folder_id)
    await to_the_end(backend.blobs.delete(keys))
    return Response(status_code=204)


async def _without_files(request: Request, intake: Intake, principal: Principal) -> Response:
    value = await read_json(request)
    asked = payload.read(value)
    if asked.analyses:
        raise ApiError("no_suitable_media", "no suitable media")
    hook = check_hook(intake, asked.hook)
    case = Case(id=str(uuid7()), tenant=principal.tenant, meta_data=asked.meta)

    def create() -> StoredReply:
        made = intake.backend.cases.create(case, Batch(hook=hook))
        return json_reply(folder(made, intake.backend.settings, with_analyses=False), 201)

    fingerprint = fingerprint_of(repr(sorted(value.items())))
    return await intake.once(request, principal.tenant, fingerprint, create, case_id=case.id)


async def _create(
    form: Form, attempt: Attempt, reader: FormReader, intake: Intake, principal: Principal, *, instant: bool
) -> StoredReply:
    asked, backend = payload.read(payload.parse(form.text("payload"))), intake.backend

    def stored(made: Case) -> StoredReply:
        return json_reply(folder(made, backend.settings, with_analyses=bool(asked.analyses)), 201)

    # A gateway that died may have made it under the same key.
    case_id = attempt.claim.case_id if attempt.claim is not None else None
    if case_id is None:
        case, batch = await _described(form, asked, reader, intake, principal, instant=instant)
        # A reply that waits for results is stored when they are there.
        reply = None if asked.analyses else stored
        made = await commit(intake, reader, backend.cases.create, case, batch, key=attempt.claim, reply=reply)
    else:
        await reader.discard()
        made = _found(await intake.threads.call(backend.cases.get, principal.tenant, case_id))
    try:
        return await _judged(intake, attempt, made, stored, instant=instant) if asked.analyses else stored(made)
    finally:
        if instant:
            await to_the_end(_forget(intake, made))


async def _described(
    form: Form, asked: payload.Payload, reader: FormReader, intake: Intake, principal: Principal, *, instant: bool
) -> tuple[Case, Batch]:
    """The folder that a form describes, and what is to be judged at once."""
    case_id, hook, settings = str(uuid7()), check_hook(intake, asked.hook), intake.backend.settings
    media = await media_of(form, asked, case_id, intake, principal.tenant, reader)
    expires_at = intake.backend.cases.now() + settings.oz_wait_s + INSTANT_GRACE_S if instant else None
    case = Case(
        id=case_id,
        tenant=principal.tenant,
        meta_data=asked.meta,
        expires_at=expires_at,
        media=tuple(media.values()),
    )
    wanted = tuple(_by_id(one, media) for one in asked.analyses)
    specs = await specs_of(intake, wanted, case.media, case_id, principal.tenant)
    return case, Batch(specs=specs, hook=hook, limits=intake.limits)


async def _judged(
    intake: Intake, attempt: Attempt, made: Case, stored: Callable[[Case], StoredReply], *, instant: bool
) -> StoredReply:
    """The folder once its analyses have ended, or as it is when that takes too long."""
    await intake.wait(made.tenant, [task.id for task in made.tasks], intake.backend.settings.oz_wait_s)
    found = _found(await intake.threads.call(intake.backend.cases.get, made.tenant, made.id))
    done = all(task.state.terminal for task in found.tasks)
    if instant and not done:
        raise ApiError("analysis_timeout")
    reply = stored(replace(found, hook_secret=made.hook_secret))
    if done:
        await attempt.complete(reply, made.id)
    return reply


def _found(case: Case | None) -> Case:
    if case is None:
        raise ApiError("not_found", "it was erased meanwhile")
    return case


async def _forget(intake: Intake, case: Case) -> None:
    keys = await intake.threads.call(intake.backend.cases.erase, case.tenant, case.id)
    await intake.backend.blobs.delete(keys or ())


def _by_id(asked: payload.Analysis, media: dict[str, Any]) -> payload.Analysis:
    """Within a form, media are named by their keys."""
    if asked.sources is None:
        return asked
    return replace(asked, sources=tuple(media[key].id if key in media else key for key in asked.sources))
