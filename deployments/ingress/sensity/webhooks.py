"""Registering webhook URLs for events (contracts 2.2 and 2.7)."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from deployments.ingress.errors import ApiError
from deployments.ingress.forms import FormRule, fingerprint_of, invalid
from deployments.ingress.intake import intake_of, json_reply, respond
from deployments.ingress.openapi import EXAMPLE_ID, creating, errors, form_body, reply
from deployments.ingress.sensity.errors import SENSITY
from deployments.ingress.sensity.schemas import Done, RegisteredUrl, WebhookUrls
from deployments.ingress.sensity.services import EVENTS
from deployments.ingress.uploads import FormReader
from deployments.tasks.idempotency import StoredReply
from deployments.tasks.webhooks import MAX_URL
from pipelines.media.fetch import UrlRefused

router = APIRouter(tags=["Sensity: webhooks"])

_FORM = FormRule(fields={"url": "Where results are posted; signed as Standard Webhooks asks."}, urlencoded=True)
_URL = "https://hooks.example.com/veriscope"
_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - the specification's own example
_ERRORS = errors(SENSITY, "unauthorized", "forbidden", "not_found")
_DONE = reply("Done", {"success": True}) | _ERRORS


@router.post(
    "/webhooks/{event}",
    response_model=RegisteredUrl,
    responses=reply("Registered", {"id": EXAMPLE_ID, "success": True, "secret": _SECRET})
    | errors(SENSITY, "invalid_parameter", "unauthorized", "forbidden", "not_found"),
    openapi_extra=creating(form_body(_FORM, {"url": _URL})),
)
async def register_webhook(request: Request, event: str) -> Response:
    """Posts the results of this event's tasks to the URL, also of those that ended within the last retries."""
    intake = intake_of(request)
    principal = await intake.authorise(request, "webhooks")
    _known(event)
    form = await FormReader(_FORM, intake.backend.blobs, principal.tenant).read(request)
    url = form.text("url", at_most=MAX_URL)
    if url is None:
        raise invalid("url", "is required")
    try:
        intake.urls.check_url(url)
    except UrlRefused as refused:
        raise invalid("url", f"is refused: {refused.message}") from None

    def register() -> StoredReply:
        endpoint = intake.backend.webhooks.register(principal.tenant, event, url)
        intake.backend.wake_deliverer()
        return json_reply({"id": endpoint.id, "success": True, "secret": endpoint.secret})

    return await intake.once(request, principal.tenant, fingerprint_of(event, url), register)


@router.get(
    "/webhooks/{event}",
    response_model=WebhookUrls,
    responses=reply("Registered URLs", {"success": True, "urls": [{"id": EXAMPLE_ID, "url": _URL}]}) | _ERRORS,
)
async def list_webhooks(request: Request, event: str) -> Response:
    """The URLs registered for the event."""
    intake = intake_of(request)
    found = await intake.ask(request, "webhooks", intake.backend.webhooks.list, _known(event))
    urls = [{"id": endpoint.id, "url": endpoint.url} for endpoint in found]
    return respond(json_reply({"success": True, "urls": urls}))


@router.delete("/webhooks/{event}", response_model=Done, responses=_DONE)
async def delete_webhooks(request: Request, event: str) -> Response:
    """Removes every URL of the event, and cancels what is still to be sent to them."""
    intake = intake_of(request)
    await intake.ask(request, "webhooks", intake.backend.webhooks.remove, _known(event))
    return respond(json_reply({"success": True}))


@router.delete("/webhooks/{event}/{id}", response_model=Done, responses=_DONE)
async def delete_webhook(request: Request, event: str, id: str) -> Response:
    """Removes one URL of the event."""
    intake = intake_of(request)
    if not await intake.ask(request, "webhooks", intake.backend.webhooks.remove, _known(event), id):
        raise ApiError("not_found")
    return respond(json_reply({"success": True}))


def _known(event: str) -> str:
    if event not in EVENTS:
        raise ApiError("not_found", "there is no such event")
    return event
