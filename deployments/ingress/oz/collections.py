"""Collections of persons: the galleries of the native API under ids, a blacklist among them from the start."""

import contextlib
from dataclasses import replace
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response
from uuid_utils import uuid7

from deployments.ingress.bodies import read_json
from deployments.ingress.errors import ApiError
from deployments.ingress.forms import FileRule, Form, FormRule, fingerprint_of, invalid
from deployments.ingress.intake import intake_of, json_reply, respond
from deployments.ingress.names import IDENTIFIER
from deployments.ingress.openapi import creating, errors, form_body, json_body, reply
from deployments.ingress.oz import examples
from deployments.ingress.oz.access import SECURITY, ask, signed_in
from deployments.ingress.oz.errors import OZ
from deployments.ingress.oz.payload import BLACKLIST, parse
from deployments.ingress.oz.schemas import CollectionList, CollectionObject, PersonList, PersonObject
from deployments.settings import MiB
from deployments.tasks.galleries import Galleries, GalleryExists
from deployments.tasks.idempotency import StoredReply
from deployments.tasks.task import State, Task, TaskSpec

router = APIRouter(tags=["Oz: collections"])

_REFUSED = errors(OZ, "not_authenticated", "unauthorized", "session_expired", "not_found")
_ENROL = FormRule(
    files=(FileRule("image", dict.fromkeys(("jpg", "png"), 10 * MiB), about="Photo.", unsupported="invalid_type"),),
    fields={"payload": "JSON: person_id, where the client names the person."},
)
_SCHEMA = {"type": "object", "properties": {"alias": {"type": "string"}}, "required": ["alias"]}


@router.post(
    "/api/collections",
    status_code=201,
    response_model=CollectionObject,
    responses=reply("Created", examples.COLLECTION, 201) | _REFUSED | errors(OZ, "malformed_body", "conflict"),
    openapi_extra=SECURITY | creating(json_body(_SCHEMA, {"alias": "staff"})),
)
async def create_collection(request: Request) -> Response:
    """Makes an empty collection."""
    intake, principal = intake_of(request), await signed_in(request)
    alias = (await read_json(request)).get("alias")
    if not isinstance(alias, str) or not IDENTIFIER.fullmatch(alias):
        raise invalid("alias", "must be letters, digits and . _ : @ -, at most 128")

    def create() -> StoredReply:
        try:
            intake.backend.galleries.create(principal.tenant, alias)
        except GalleryExists:
            raise ApiError("conflict", "there is a collection of that alias") from None
        return json_reply(collection_of(intake.backend.galleries, principal.tenant, {"alias": alias}), 201)

    return await intake.once(request, principal.tenant, fingerprint_of(alias), create)


@router.get(
    "/api/collections",
    response_model=CollectionList,
    responses=reply("Collections", {"items": [examples.COLLECTION], "total": 1}) | _REFUSED,
    openapi_extra=SECURITY,
)
async def list_collections(request: Request) -> Response:
    """The account's collections."""
    found = await ask(request, lambda tenant: _all(intake_of(request).backend.galleries, tenant))
    return respond(json_reply({"items": found, "total": len(found)}))


@router.delete(
    "/api/collections/{collection_id}",
    status_code=204,
    response_class=Response,
    responses=_REFUSED,
    openapi_extra=SECURITY,
)
async def delete_collection(request: Request, collection_id: str) -> Response:
    """Deletes a collection with every face in it."""
    galleries = intake_of(request).backend.galleries
    await ask(request, lambda tenant: galleries.drop(tenant, _named(galleries, tenant, collection_id)["alias"]))
    return Response(status_code=204)


@router.post(
    "/api/collections/{collection_id}/persons",
    status_code=201,
    response_model=PersonObject,
    responses=reply("Added", examples.PERSON, 201) | _REFUSED | errors(OZ, "missing_file", "invalid_parameter"),
    openapi_extra=SECURITY | creating(form_body(_ENROL, {"image": "portrait.jpg"})),
)
async def add_person(request: Request, collection_id: str) -> Response:
    """Puts the person of a photo on the collection; waits until that is done."""
    intake, principal = intake_of(request), await signed_in(request)
    galleries, tenant = intake.backend.galleries, principal.tenant
    found = await intake.threads.call(_named, galleries, tenant, collection_id)

    async def describe(form: Form) -> TaskSpec:
        person = parse(form.text("payload")).get("person_id") or str(uuid7())
        if not isinstance(person, str) or not IDENTIFIER.fullmatch(person):
            raise invalid("person_id", "must be letters, digits and . _ : @ -, at most 128")
        (ref,) = form.media()
        options = {"gallery_id": found["alias"], "subject_id": person}
        media = (replace(ref, role="file"),)
        return TaskSpec(tenant=tenant, facade="oz", service="gallery_enrol", media=media, options=options)

    async def render(task: Task) -> StoredReply:
        if task.state is State.FAILED:
            raise ApiError("no_suitable_media", task.error)
        if not task.state.terminal:
            raise ApiError("analysis_timeout")
        person = {"person_id": task.spec.options["subject_id"], "collection_id": found["collection_id"]}
        return json_reply(person, 201)

    return await intake.judge(request, principal, _ENROL, describe, render, intake.backend.settings.oz_wait_s)


@router.get(
    "/api/collections/{collection_id}/persons",
    response_model=PersonList,
    responses=reply("Persons", {"items": [examples.PERSON], "total": 1}) | _REFUSED,
    openapi_extra=SECURITY,
)
async def list_persons(request: Request, collection_id: str) -> Response:
    """Who is on the collection."""
    galleries = intake_of(request).backend.galleries

    def find(tenant: str) -> Any:
        named = _named(galleries, tenant, collection_id)
        subjects = galleries.subjects(tenant, named["alias"])
        return [{"person_id": subject, "collection_id": named["collection_id"]} for subject in subjects]

    found = await ask(request, find)
    return respond(json_reply({"items": found, "total": len(found)}))


@router.delete(
    "/api/collections/{collection_id}/persons/{person_id}",
    status_code=204,
    response_class=Response,
    responses=_REFUSED,
    openapi_extra=SECURITY,
)
async def remove_person(request: Request, collection_id: str, person_id: str) -> Response:
    """Takes a person off the collection."""
    galleries = intake_of(request).backend.galleries

    def remove(tenant: str) -> int:
        return galleries.remove(tenant, _named(galleries, tenant, collection_id)["alias"], person_id)

    if not await ask(request, remove):
        raise ApiError("not_found")
    return Response(status_code=204)


def collection_of(galleries: Galleries, tenant: str, params: dict[str, Any]) -> dict[str, Any]:
    """The collection that an analysis' params name, by default the blacklist. Raises ApiError `invalid_parameter`."""
    wanted = params.get("collection_id"), params.get("alias")
    for one in _all(galleries, tenant):
        named = one["collection_id"] == wanted[0] if wanted[0] else one["alias"] == (wanted[1] or BLACKLIST)
        if named:
            return one
    raise ApiError("invalid_parameter", "there is no such collection")


def _named(galleries: Galleries, tenant: str, collection_id: str) -> dict[str, Any]:
    found = next((one for one in _all(galleries, tenant) if one["collection_id"] == collection_id), None)
    if found is None:
        raise ApiError("not_found")
    return found


def _all(galleries: Galleries, tenant: str) -> list[dict[str, Any]]:
    entries = galleries.entries(tenant)
    if BLACKLIST not in (alias for _, alias in entries):
        with contextlib.suppress(GalleryExists):
            galleries.create(tenant, BLACKLIST)
        entries = galleries.entries(tenant)
    return [{"collection_id": gallery_id, "alias": alias} for gallery_id, alias in entries]
